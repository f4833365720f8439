// Still curves for kept runs: one or several runs in one Plotly chart, with a cursor at a step.

import { colour } from "./theme.js";

const ROLES = { d: "d", g: "fake", real: "real", fake: "fake", "": "muted" };
const DASHES = { d: "solid", g: "6px,2px", real: "solid", fake: "6px,2px", "": "2px,2px" };
const MUTED = 0.1;

/** Plotly is loaded by the charts of the Train view; wait for it. */
async function plotly() {
  for (let tries = 0; !window.Plotly && tries < 200; tries += 1) await new Promise((resolve) => setTimeout(resolve, 50));
  return window.Plotly;
}

/** The same exponential smoothing as the live chart. */
export function smooth(values) {
  let last = null;
  return values.map((value) => {
    if (value == null) return last;
    last = last == null ? value : last + MUTED * (value - last);
    return last;
  });
}

/** Draw `runs`: [{columns, series, name?, tone?, dash?}]. With `tone` (a CSS colour) a run has one colour, else each role its own. */
export async function curves(plot, runs) {
  const Plotly = await plotly();
  if (!Plotly) return;
  const ink = colour("muted");
  const axis = { gridcolor: colour("gridline"), zeroline: false, tickfont: { size: 11, color: ink }, linecolor: colour("line") };
  const traces = runs.flatMap(({ columns, series, name, tone, dash }) => series.filter((one) => columns[one.name]).map((one) => ({
    type: "scatter", mode: "lines", x: columns.step, y: smooth(columns[one.name]), connectgaps: true,
    line: { color: tone ?? colour(ROLES[one.colour] ?? "muted"), dash: dash ?? DASHES[one.colour] ?? "solid", width: 1.7 },
    hovertemplate: `${name ? "%{meta} " : ""}${one.label} %{y:.3f}<extra></extra>`, meta: name,
  })));
  await Plotly.react(plot, traces, {
    margin: { l: 40, r: 8, t: 6, b: 24 }, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", showlegend: false,
    font: { family: getComputedStyle(document.body).fontFamily, color: ink, size: 11 }, hovermode: "x unified",
    hoverlabel: { bgcolor: colour("card"), bordercolor: colour("line"), font: { color: colour("ink"), size: 12 } },
    xaxis: { ...axis, showgrid: false, tickformat: ",d", nticks: 6 }, yaxis: { ...axis, nticks: 5 },
  }, { displayModeBar: false, responsive: false, showTips: false });
  if (!plot.gvSized) {
    plot.gvSized = new ResizeObserver(() => { if (plot.clientWidth && plot.layout) Plotly.Plots.resize(plot); });
    plot.gvSized.observe(plot);
  }
}

/** A vertical line at `step`: drawn as an element, so that moving it redraws no curve. */
export function cursor(plot, step) {
  const axis = plot._fullLayout?.xaxis;
  let line = plot.querySelector(".gv-cursor");
  if (!line) {
    line = document.createElement("i");
    line.className = "gv-cursor";
    plot.append(line);
  }
  line.hidden = !axis;
  if (axis) line.style.left = `${axis._offset + axis.l2p(step)}px`;
  line.dataset.step = step;
}
