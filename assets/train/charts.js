// The curves: Plotly, fed with deltas. Zoom, hidden curves and toggles survive every update.

import { $, address, draw, el, figure, keep, text } from "../lib/dom.js";
import { askForHistory, emit, now, on, stats } from "../lib/stream.js";
import { colour } from "../lib/theme.js";
import { known } from "../lib/tips.js";

const MOST_POINTS = 3000; // beyond this the server's downsampled history replaces what is held here
const REST = 8; // a drawing that took t ms is followed by at least 8 t ms without one: the processor may be training as well
const PATIENCE = 300; // ms; the next message will probably come before, and one frame can then show all that it brings
const SMOOTHING = 0.1;
const DASHES = { d: "solid", g: "6px,2px", real: "solid", fake: "6px,2px", "": "2px,2px" };
const NAMES = { d: "d", g: "fake", real: "real", fake: "fake", "": "muted" };

const options = { smooth: true, log: false, hidden: [], ...(keep.get("charts") ?? {}) };
const charts = { loss: make("loss"), score: make("score") };
let pending = [];
let lookback = null;
let drawn = 0; // when and how long the last drawing was
let cost = 0; // of the last two drawings' times the shorter: one hiccup is no slow machine
let took = 0;
let timer = 0;
let asked = false;
let missed = false;

function make(group) {
  return { group, plot: null, series: [], x: [], raw: {}, smooth: {}, zoomed: false, unit: true };
}

export function start() {
  on("hello", hello);
  document.body.dataset.gvPoints = 0;
  on("rows", rows);
  on("theme", () => draw("charts-all", redraw));
  on("lookback", (step) => { lookback = step; draw("charts-shapes", shapesOnly); });
  toggle("gv-smooth", "smooth");
  toggle("gv-log", "log");
  $("gv-zoom-out").addEventListener("click", zoomOut);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    if (missed) askForHistory();
    else schedule();
  });
  loadPlotly();
}

function loadPlotly() {
  const source = document.querySelector("meta[name=gv-plotly]").content;
  document.head.append(el("script", { src: address(source), onload: ready, onerror: failed }));
}

function failed() {
  text($("gv-plot-empty"), "The chart library did not load; reload the page to try again.");
}

function ready() {
  for (const chart of Object.values(charts)) {
    chart.plot = $(`gv-plot-${chart.group}`);
    new ResizeObserver(() => draw(`resize-${chart.group}`, () => {
      if (chart.plot.layout && chart.plot.clientWidth && chart.plot.clientHeight) Plotly.Plots.resize(chart.plot);
    })).observe(chart.plot);
  }
  redraw();
}

/** Which curves there are. A run that prepares knows none yet; its next hello does. */
function hello({ run, sameRun }) {
  for (const chart of Object.values(charts)) {
    chart.series = (run?.series ?? []).filter((series) => series.group === chart.group);
    if (!sameRun) Object.assign(chart, { zoomed: false, revision: `${run?.id}` });
    legend(chart);
  }
  if (!sameRun) $("gv-zoom-out").hidden = true;
  const scores = charts.score.series.length > 0 || !charts.loss.series.length;
  $("gv-score-head").hidden = $("gv-plot-score").hidden = !scores;
  const judged = !charts.score.series.length || charts.score.series.some(({ name }) => name === "d_real");
  text($("gv-score-title"), judged ? "What D believes" : "Measures");
}

/** New rows of scalars; `fresh` replaces everything (a hello). */
function rows({ columns, fresh }) {
  if (fresh) {
    pending = [];
    asked = missed = false;
    for (const chart of Object.values(charts)) {
      Object.assign(chart, { x: [], raw: {}, smooth: {}, unit: true });
      append(chart, columns);
    }
    draw("charts-all", redraw);
  } else {
    pending.push(columns);
    if (pending.length > MOST_POINTS) { // long unseen: a thinned history will do when somebody looks again
      pending = [];
      missed = true;
    }
    schedule();
  }
  const empty = !charts.loss.x.length && !pending.length;
  $("gv-plot-empty").hidden = !empty;
}

/** Add rows to the columns held here; returns what was added, trace by trace. */
function append(chart, columns) {
  const steps = columns.step ?? [];
  for (const step of steps) chart.x.push(step);
  return chart.series.map(({ name }) => {
    const raw = (chart.raw[name] ??= []);
    const smooth = (chart.smooth[name] ??= []);
    const values = columns[name] ?? steps.map(() => null);
    const calm = [];
    for (const value of values) {
      const before = smooth.at(-1) ?? null;
      const pull = Math.max(SMOOTHING, 1 / (raw.length + 1)); // a plain mean at first: no memory of an arbitrary start
      const next = value == null ? before : before == null ? value : before + pull * (value - before);
      if (value != null && (value < 0 || value > 1)) chart.unit = false;
      raw.push(value);
      smooth.push(next);
      calm.push(next);
    }
    return { values, calm };
  });
}

/** Draw with this message where the last drawing is long enough ago, or with a later one. */
function schedule() {
  clearTimeout(timer);
  if (document.hidden) return;
  const rest = drawn + REST * cost - performance.now();
  if (rest <= 0) draw("charts", extend);
  else timer = setTimeout(() => draw("charts", extend), rest + PATIENCE);
}

function extend() {
  if (!window.Plotly || !charts.loss.plot?.data) return;
  const begun = performance.now();
  const news = pending;
  pending = [];
  if (!news.length) return;
  const columns = Object.fromEntries(Object.keys(news.at(-1)).map((name) => [name, news.flatMap((part) => part[name] ?? [])]));
  for (const chart of Object.values(charts)) extendChart(chart, columns);
  values();
  const before = took;
  took = performance.now() - begun;
  cost = Math.min(took, before);
  drawn = performance.now();
  stats.chart = { step: columns.step.at(-1), time: columns.time?.at(-1), at: Date.now() / 1000, cost };
  if (charts.loss.x.length > MOST_POINTS && !asked) {
    asked = true;
    askForHistory();
  }
}

function extendChart(chart, columns) {
  const wasUnit = chart.unit;
  const added = append(chart, columns);
  if (!chart.series.length) return;
  const y = added.flatMap(({ values: raw, calm }) => [raw, calm]);
  const indices = y.map((_, index) => index);
  Plotly.extendTraces(chart.plot, { x: y.map(() => columns.step), y }, indices);
  if (wasUnit !== chart.unit) Plotly.react(chart.plot, traces(chart), layout(chart), SETTINGS);
}

const SETTINGS = { displayModeBar: false, responsive: false, doubleClick: "reset+autosize", showTips: false };

function redraw() {
  if (!window.Plotly || !charts.loss.plot) return;
  for (const columns of pending) for (const chart of Object.values(charts)) append(chart, columns);
  pending = [];
  for (const chart of Object.values(charts)) {
    if (chart.plot.hidden) continue;
    Plotly.react(chart.plot, traces(chart), layout(chart), SETTINGS);
    if (!chart.wired) wire(chart);
  }
  values();
}

function wire(chart) {
  chart.wired = true;
  chart.plot.on("plotly_relayout", (change) => {
    if (change["xaxis.autorange"]) chart.zoomed = false;
    else if ("xaxis.range[0]" in change || "yaxis.range[0]" in change) chart.zoomed = true;
    $("gv-zoom-out").hidden = !Object.values(charts).some((one) => one.zoomed);
  });
}

function zoomOut() {
  for (const chart of Object.values(charts)) {
    if (!chart.zoomed) continue;
    chart.zoomed = false;
    chart.revision += "'";
    Plotly.react(chart.plot, traces(chart), layout(chart), SETTINGS);
  }
  $("gv-zoom-out").hidden = true;
}

/** Two traces a series: as measured (faint where smoothed), and smoothed. */
function traces(chart) {
  return chart.series.flatMap((series) => {
    const line = { color: colour(NAMES[series.colour] ?? "muted"), dash: DASHES[series.colour] ?? "solid", width: 1.8, simplify: true };
    const seen = !options.hidden.includes(series.name);
    const common = { type: "scatter", mode: "lines", x: chart.x.slice(), connectgaps: true, showlegend: false };
    const raw = chart.raw[series.name] ?? [];
    const hover = `${series.label} %{y:.3f}<extra></extra>`;
    return [
      { ...common, y: raw.slice(), visible: seen, opacity: options.smooth ? 0.22 : 1, hovertemplate: hover,
        hoverinfo: options.smooth ? "skip" : undefined, ...(options.smooth ? { hovertemplate: undefined } : {}),
        line: options.smooth ? { ...line, dash: "solid", width: 1 } : line },
      { ...common, y: (chart.smooth[series.name] ?? []).slice(), visible: seen && options.smooth, line, hovertemplate: hover },
    ];
  });
}

function layout(chart) {
  const ink = colour("muted");
  const axis = { gridcolor: colour("gridline"), zeroline: false, tickfont: { size: 11, color: ink }, automargin: false,
    linecolor: colour("line"), fixedrange: false, ticklabeloverflow: "allow" }; // to hide some, Plotly measures all, each time
  const log = chart.group === "loss" && options.log;
  const unit = chart.group === "score" && chart.unit;
  const spans = unit ? { range: [-0.03, 1.03], autorange: false, dtick: 0.25, uirevision: `${chart.revision} unit` }
    : { autorange: true, type: log ? "log" : "linear", nticks: 6, uirevision: `${chart.revision} ${log}` };
  return {
    margin: { l: 40, r: 18, t: 6, b: 26 }, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: getComputedStyle(document.body).fontFamily, color: ink, size: 11 },
    xaxis: { ...axis, showgrid: false, rangemode: "tozero", nticks: 7, tickformat: ",d", uirevision: chart.revision },
    yaxis: { ...axis, ...spans },
    hovermode: "x unified", dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
    hoverlabel: { bgcolor: colour("card"), bordercolor: colour("line"), font: { color: colour("ink"), size: 12 } },
    uirevision: chart.revision, showlegend: false, ...marks(chart, log),
  };
}

/** Equilibrium lines with their words, and the step that the pictures look back at. */
function marks(chart, log) {
  const shapes = [];
  const annotations = [];
  for (const { value, words, tone } of balance(chart)) {
    if (log && value <= 0) continue;
    shapes.push({ type: "line", xref: "paper", x0: 0, x1: 1, y0: value, y1: value,
      line: { color: colour(tone), width: 1, dash: "4px,4px" }, opacity: 0.75, layer: "below" });
    annotations.push({ xref: "paper", x: 1, xanchor: "right", y: log ? Math.log10(value) : value, yanchor: "bottom",
      text: words, showarrow: false, font: { size: 10.5, color: colour(tone) }, bgcolor: colour("card-veil"), borderpad: 1 });
  }
  if (lookback != null) {
    shapes.push({ type: "line", yref: "paper", x0: lookback, x1: lookback, y0: 0, y1: 1, line: { color: colour("ink"), width: 1 } });
  }
  return { shapes, annotations };
}

function balance(chart) {
  if (chart.group === "score") {
    // a relativistic D compares: only the gap between its two curves means something, not their height
    const compares = now.run?.config?.objective?.startsWith("relativistic");
    const judged = chart.series.some(({ name }) => name === "d_real");
    return chart.unit && judged && !compares ? [{ value: 0.5, words: "0.5: D cannot tell", tone: "muted" }] : [];
  }
  const table = now.run?.equilibrium ?? {};
  const lines = [];
  for (const { name, label, colour: role } of chart.series) {
    const value = table[name];
    if (typeof value !== "number") continue;
    const who = label.split(" ")[0];
    const twin = lines.find((line) => line.value === value);
    if (twin) Object.assign(twin, { who: `${twin.who} and ${who}`, tone: "muted" });
    else lines.push({ value, who, tone: NAMES[role] ?? "muted" });
  }
  return lines.map(({ value, who, tone }) => ({ value, tone, words: `${who} at equilibrium ${figure(value)}` }));
}

function shapesOnly() {
  if (!window.Plotly) return;
  for (const chart of Object.values(charts)) {
    if (chart.plot?.data) Plotly.relayout(chart.plot, marks(chart, chart.group === "loss" && options.log));
  }
}

/** Own legend: each entry shows the line's look and newest value, explains itself, and hides its curve. */
function legend(chart) {
  $(`gv-legend-${chart.group}`).replaceChildren(...chart.series.map((series) => {
    const role = NAMES[series.colour] ?? "muted";
    const key = known(series.name) ? series.name : "loss";
    return el("button", {
      type: "button", class: "gv-key", "data-series": series.name, "data-role": role, "data-dash": DASHES[series.colour] ?? "",
      "aria-pressed": !options.hidden.includes(series.name), "data-tip": key,
      onclick: (event) => hide(series.name, event.currentTarget),
    }, el("i"), series.label.split(",")[0], el("b", {}, "–"));
  }));
}

function hide(name, button) {
  const hidden = !options.hidden.includes(name);
  options.hidden = hidden ? [...options.hidden, name] : options.hidden.filter((one) => one !== name);
  button.setAttribute("aria-pressed", !hidden);
  keep.set("charts", options);
  redraw();
}

function values() {
  for (const chart of Object.values(charts)) {
    for (const button of $(`gv-legend-${chart.group}`).children) {
      const column = (options.smooth ? chart.smooth : chart.raw)[button.dataset.series];
      text(button.lastElementChild, figure(column?.at(-1)));
    }
  }
  document.body.dataset.gvChartStep = charts.loss.x.at(-1) ?? "";
  document.body.dataset.gvPoints = charts.loss.x.length;
  emit("charts-drawn");
}

function toggle(id, name) {
  const button = $(id);
  button.setAttribute("aria-pressed", options[name]);
  button.addEventListener("click", () => {
    options[name] = !options[name];
    button.setAttribute("aria-pressed", options[name]);
    keep.set("charts", options);
    redraw();
  });
}
