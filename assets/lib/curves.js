// @ts-check
// Still curves for kept runs, with a cursor at a step: several runs in one Plotly chart, or one run,
// sketched until somebody wants to read the chart.

import { figure } from "./format.js";
import { baseLayout, curvePair, lineOf, PLOT_SETTINGS } from "./plot.js";
import { plotly, plotlyOnInterest } from "./plotly.js";
import { drawSketch, removeSketch, stepPlace } from "./sketch.js";
import { smooth } from "./smoothing.js";

/** @typedef {import("./plot.js").Series} Series */
/** @typedef {HTMLElement & Record<string, any>} Plot */
/**
 * @typedef {object} Curves of one run
 * @property {import("./plot.js").Columns} columns
 * @property {Series[]} series
 * @property {string} [name] said at the cursor
 * @property {string} [tone] a CSS colour: the run has one colour, else each role its own
 * @property {string} [dash]
 */

/**
 * @param {Plot} plot
 * @param {Curves[]} runs
 */
export async function curves(plot, runs) {
  const Plotly = await plotly();
  if (!Plotly) return;
  await Plotly.react(plot, runs.flatMap(traces), baseLayout(), PLOT_SETTINGS);
  followSize(plot);
}

/**
 * The curves of one run: at once, and without Plotly until somebody points at them.
 * @param {Plot} plot
 * @param {Curves} run
 */
export async function curvesOfOne(plot, run) {
  const first = !plot.gvRun;
  plot.gvRun = run;
  if (plot.layout) return curves(plot, [run]);
  sketch(plot);
  if (!first) return;
  followSize(plot);
  plotlyOnInterest([plot], async () => {
    await curves(plot, [plot.gvRun]);
    if (!plot.layout) return;
    removeSketch(plot);
    place(plot);
  });
}

/** @param {Plot} plot */
function sketch(plot) {
  const { columns, series } = plot.gvRun;
  const known = series.filter((/** @type {Series} */ one) => columns[one.name]);
  drawSketch(plot, {
    x: columns.step, levels: [], smoothed: true, log: false, unit: false, cursor: null,
    label: known.map(({ name, label }) => `${label} ${figure(columns[name].at(-1))}`).join(", "),
    curves: known.map((/** @type {Series} */ one) =>
      ({ series: one, raw: columns[one.name], mean: smooth(columns[one.name]) })),
  });
}

/** @param {Plot} plot */
function followSize(plot) {
  if (plot.gvSized) return;
  plot.gvSized = new ResizeObserver(() => {
    if (!plot.clientWidth) return;
    if (plot.layout) window.Plotly.Plots.resize(plot);
    else if (plot.gvRun) sketch(plot);
    place(plot);
  });
  plot.gvSized.observe(plot);
}

/**
 * @param {Curves} run
 * @returns {object[]}
 */
function traces({ columns, series, name, tone, dash }) {
  const known = series.filter((one) => columns[one.name]);
  if (!tone) {
    return known.flatMap((one) => curvePair(one, { x: columns.step, raw: columns[one.name] }));
  }
  return known.map((one) => ({
    type: "scatter", mode: columns.step.length < 2 ? "markers" : "lines",
    x: columns.step, y: smooth(columns[one.name]), connectgaps: true, meta: name,
    line: { ...lineOf(one), color: tone, dash }, marker: { color: tone },
    hovertemplate: `%{meta}: ${one.label} %{y:.4~g}<extra></extra>`,
  }));
}

/**
 * A vertical line at `step`: drawn as an element, so that moving it redraws no curve.
 * @param {Plot} plot
 * @param {number} step
 */
export function cursor(plot, step) {
  let line = lineIn(plot);
  if (!line) {
    line = document.createElement("i");
    line.className = "gv-cursor";
    plot.append(line);
  }
  line.dataset.step = String(step);
  place(plot);
}

/** @param {Plot} plot */
const lineIn = (plot) => /** @type {HTMLElement | null} */ (plot.querySelector(".gv-cursor"));

/** Put the line where its step stands. @param {Plot} plot */
function place(plot) {
  const line = lineIn(plot);
  if (!line) return;
  const axis = plot._fullLayout?.xaxis;
  const [step, last] = [Number(line.dataset.step), plot.gvRun?.columns.step.at(-1)];
  line.hidden = !axis && !last;
  if (line.hidden) return;
  line.style.left = `${axis ? axis._offset + axis.l2p(step) : stepPlace(step, last, plot.clientWidth)}px`;
}
