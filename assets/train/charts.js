// @ts-check
// The live curves: Plotly, fed with deltas. Zoom, hidden curves and toggles survive every update.

import { $, text } from "../lib/dom.js";
import { changeInWords } from "../lib/changes.js";
import { figure } from "../lib/format.js";
import { CHART_IDLE_RATIO, CHART_WAIT } from "../lib/pacing.js";
import {
  baseLayout, curvePair, equilibriumLevels, marks, PLOT_SETTINGS, UNIT_AXIS,
} from "../lib/plot.js";
import { indexAt } from "../lib/pictures.js";
import { plotly, plotlyOnInterest } from "../lib/plotly.js";
import { draw } from "../lib/schedule.js";
import { drawSketch, removeSketch } from "../lib/sketch.js";
import { smoothNext } from "../lib/smoothing.js";
import { emit, now, on, requestHistory, stats } from "../lib/stream.js";
import { current, onTab } from "../lib/tabs.js";
import { legend, legendValues, levelKey } from "./legend.js";
import { options, optionToggle } from "./options.js";
import { refreshTable, startTable } from "./table.js";

/** Beyond this the server's downsampled history replaces what is held here. */
const MOST_POINTS = 3000;

/** @typedef {import("../lib/plot.js").Series} Series */
/** @typedef {import("../lib/plot.js").Columns} Columns */
/**
 * @typedef {object} Chart
 * @property {string} group of the series that it shows
 * @property {any} plot its element
 * @property {Series[]} series
 * @property {number[]} x steps
 * @property {Columns} raw
 * @property {Columns} mean the smoothed columns
 * @property {boolean} [wired]
 * @property {boolean} zoomed
 * @property {boolean} unit whether all values lie between 0 and 1
 * @property {boolean} positive whether all values have a logarithm
 * @property {string} revision Plotly keeps a person's zoom while it stays the same
 */

const charts = { loss: make("loss"), score: make("score") };
/** @type {any} */
let Plotly = null;
/** @type {Columns[]} rows that came and are not drawn yet */
let pending = [];
/** @type {number | null} the step that the pictures look back at */
let lookback = null;
/** What a person changed while the run trained. @type {{step: number, words: string}[]} */
let changes = [];
/** When the last drawing was, how long it took, and the shorter of the last two: one hiccup is no
 * slow machine. */
let drawn = 0;
let took = 0;
let cost = 0;
let timer = 0;
let requested = false;
let missed = false;

/** @returns {Chart} */
function make(group) {
  return {
    group, plot: null, series: [], x: [], raw: {}, mean: {}, zoomed: false, unit: true,
    positive: true, revision: "",
  };
}

export function start() {
  on("hello", hello);
  document.body.dataset.gvPoints = "0";
  on("rows", rows);
  on("theme", () => draw("charts-all", redraw));
  on("lookback", (step) => {
    lookback = step;
    draw("charts-marks", () => { drawMarks(); values(); });
  });
  on("event", settingChanged);
  optionToggle($("gv-smooth"), "smooth", redraw);
  optionToggle($("gv-log"), "log", redraw);
  startTable(() => Object.values(charts));
  $("gv-zoom-out").addEventListener("click", zoomOut);
  document.addEventListener("visibilitychange", catchUp);
  onTab(catchUp);
  for (const chart of Object.values(charts)) {
    chart.plot = $(`gv-plot-${chart.group}`);
    new ResizeObserver(() => draw(`resize-${chart.group}`, () => resize(chart)))
      .observe(chart.plot);
  }
  plotlyOnInterest(Object.values(charts).map(({ plot }) => plot), (found) => {
    usePlotly(found);
    if (Plotly) draw("charts-all", redraw);
  });
}

/** Where it did not load, the sketches stay: they show the same curves. */
function usePlotly(found) {
  Plotly ??= found;
}

/** @param {Chart} chart */
function resize(chart) {
  const { layout, clientWidth, clientHeight } = chart.plot;
  if (!clientWidth || !clientHeight) return;
  if (!Plotly) sketch(chart);
  else if (layout) Plotly.Plots.resize(chart.plot);
}

/** Which curves there are. A run that prepares knows none yet; its next hello does. */
function hello({ run, sameRun }) {
  for (const chart of Object.values(charts)) {
    chart.series = (run?.series ?? []).filter((series) => series.group === chart.group);
    if (!sameRun) Object.assign(chart, { zoomed: false, unit: true, revision: `${run?.id}` });
    legend($(`gv-legend-${chart.group}`), chart.series, redraw);
    levelKey($(`gv-legend-${chart.group}`), levels(chart));
  }
  // those of before follow with the hello
  changes = [];
  if (!sameRun) $("gv-zoom-out").hidden = true;
  const scores = charts.score.series.length > 0 || !charts.loss.series.length;
  $("gv-score-head").hidden = $("gv-plot-score").hidden = !scores;
  const believes = !charts.score.series.length || showsBelief(charts.score);
  text($("gv-score-title"), believes ? "What D believes" : "Measures");
}

/** @param {Chart} chart */
const showsBelief = (chart) => chart.series.some(({ name }) => name === "d_real");

/** New rows of scalars; `fresh` replaces everything (a hello). */
function rows({ columns, fresh }) {
  if (fresh) {
    pending = [];
    requested = missed = false;
    for (const chart of Object.values(charts)) {
      Object.assign(chart, { x: [], raw: {}, mean: {}, unit: true, positive: true });
      append(chart, columns);
    }
    draw("charts-all", redraw);
  } else {
    pending.push(columns);
    // long unseen: a thinned history will do when somebody looks again
    if (pending.length > MOST_POINTS) {
      pending = [];
      missed = true;
    }
    schedule();
  }
  $("gv-plot-empty").hidden = charts.loss.x.length > 0 || pending.length > 0;
}

/**
 * Add rows to the columns held here; returns what was added, series by series.
 * @param {Chart} chart
 * @param {Columns} columns
 */
function append(chart, columns) {
  const steps = /** @type {number[]} */ (columns.step ?? []);
  for (const step of steps) chart.x.push(step);
  return chart.series.map(({ name }) => {
    const values = columns[name] ?? steps.map(() => null);
    return { raw: values, mean: appendColumn(chart, name, values) };
  });
}

/** Returns the smoothed values of what was added. */
function appendColumn(chart, name, values) {
  const raw = (chart.raw[name] ??= []);
  const mean = (chart.mean[name] ??= []);
  const from = mean.length;
  for (const value of values) {
    mean.push(smoothNext(mean.at(-1) ?? null, value, raw.length));
    raw.push(value);
    if (value != null && (value < 0 || value > 1)) chart.unit = false;
    if (value != null && value <= 0) chart.positive = false;
  }
  return mean.slice(from);
}

/** Whether anybody sees the curves: these, or the lab's drawing of them. */
const inSight = () => !document.hidden && ["train", "lab"].includes(current());

/** Somebody looks again. */
function catchUp() {
  if (!inSight()) return;
  if (missed) requestHistory();
  else if (current() === "train") draw("charts-all", redraw); // with what the lab has shown
  else schedule();
}

/** Draw with this message where the last drawing is long enough ago, or with a later one. */
function schedule() {
  clearTimeout(timer);
  if (!inSight()) return;
  const wait = drawn + CHART_IDLE_RATIO * cost - performance.now();
  if (wait <= 0) draw("charts", extend);
  else timer = setTimeout(() => draw("charts", extend), wait + CHART_WAIT);
}

function extend() {
  if (!pending.length) return;
  const begun = performance.now();
  const columns = joined(pending);
  pending = [];
  for (const chart of Object.values(charts)) extendChart(chart, columns);
  values();
  const before = took;
  took = performance.now() - begun;
  cost = Math.min(took, before);
  drawn = performance.now();
  const { step, time } = columns;
  stats.chart = { step: step?.at(-1), time: time?.at(-1), at: Date.now() / 1000, cost };
  if (charts.loss.x.length > MOST_POINTS && !requested) {
    requested = true;
    requestHistory();
  }
}

/**
 * The rows of several messages as one table.
 * @param {Columns[]} parts at least one
 */
function joined(parts) {
  const names = Object.keys(parts[parts.length - 1]);
  return Object.fromEntries(names.map((name) => [name, parts.flatMap((part) => part[name] ?? [])]));
}

function extendChart(chart, columns) {
  const { unit, positive } = chart;
  const single = chart.x.length < 2;
  const added = append(chart, columns);
  if (!chart.series.length || chart.plot.hidden || current() !== "train") return;
  const same = unit === chart.unit && positive === chart.positive;
  if (single || !same || !chart.plot.data) return drawChart(chart);
  const y = added.flatMap(({ raw, mean }) => [raw, mean]);
  Plotly.extendTraces(chart.plot, { x: y.map(() => columns.step), y }, y.map((_, index) => index));
}

function redraw() {
  for (const columns of pending) {
    for (const chart of Object.values(charts)) append(chart, columns);
  }
  pending = [];
  for (const chart of Object.values(charts)) if (!chart.plot.hidden) drawChart(chart);
  values();
}

/** @param {Chart} chart */
function drawChart(chart) {
  if (!Plotly) return sketch(chart);
  removeSketch(chart.plot);
  Plotly.react(chart.plot, traces(chart), layout(chart), PLOT_SETTINGS);
  if (!chart.wired) wire(chart);
}

/** The same curves, until Plotly has come. @param {Chart} chart */
function sketch(chart) {
  const visible = chart.series.filter(({ name }) => !options.hidden.includes(name));
  drawSketch(chart.plot, {
    x: chart.x, levels: levels(chart), smoothed: options.smooth, log: isLog(chart),
    unit: chart.group === "score" && chart.unit, cursor: lookback, label: described(chart),
    curves: visible.map((series) =>
      ({ series, raw: chart.raw[series.name] ?? [], mean: chart.mean[series.name] ?? [] })),
  });
}

/** A group's curves, as "charts-drawn" told last. @param {"loss" | "score"} group */
export const curvesOf = (group) => charts[group];

/** What a screen reader says of a chart. @param {Chart} chart */
function described(chart) {
  const columns = options.smooth ? chart.mean : chart.raw;
  const values = chart.series.map(({ name, label }) => `${label} ${figure(columns[name]?.at(-1))}`);
  return `${values.join(", ")} at step ${chart.x.at(-1) ?? 0}`;
}

function wire(chart) {
  chart.wired = true;
  chart.plot.on("plotly_clickannotation", ({ annotation }) => {
    if (annotation.captureevents) emit("go-to-step", annotation.x);
  });
  chart.plot.on("plotly_relayout", (change) => {
    if (change["xaxis.autorange"]) chart.zoomed = false;
    else if ("xaxis.range[0]" in change || "yaxis.range[0]" in change) chart.zoomed = true;
    $("gv-zoom-out").hidden = !Object.values(charts).some((one) => one.zoomed);
    sendZoom();
  });
}

/** What part of the charts others are to see, too. */
function sendZoom() {
  const part = (/** @type {Chart} */ { zoomed, plot: { layout } }) =>
    (zoomed ? [...layout.xaxis.range, ...layout.yaxis.range] : null);
  emit("showing", {
    zoom: Object.fromEntries(Object.values(charts).map((chart) => [chart.group, part(chart)])),
  });
}

/**
 * Show the same part of the charts as the presenter: by group the ends of x and y, null all of it.
 * @param {Record<string, number[] | null>} zoom
 */
export async function zoomTo(zoom) {
  if (!Plotly && Object.values(zoom).some(Boolean)) {
    usePlotly(await plotly());
    if (Plotly) redraw();
  }
  const all = Object.values(charts).filter(({ group, zoomed }) => zoomed && !zoom[group]);
  if (all.length) zoomOut();
  for (const { group, plot } of Object.values(charts)) {
    const range = zoom[group];
    if (!range || !plot.data) continue;
    Plotly.relayout(plot, {
      "xaxis.range[0]": range[0], "xaxis.range[1]": range[1],
      "yaxis.range[0]": range[2], "yaxis.range[1]": range[3],
    });
  }
}

function zoomOut() {
  for (const chart of Object.values(charts)) {
    if (!chart.zoomed) continue;
    chart.zoomed = false;
    chart.revision += "'";
    drawChart(chart);
  }
  $("gv-zoom-out").hidden = true;
  sendZoom();
}

/** @param {Chart} chart */
const traces = (chart) => chart.series.flatMap((series) => curvePair(series, {
  x: chart.x.slice(), raw: (chart.raw[series.name] ?? []).slice(),
  mean: (chart.mean[series.name] ?? []).slice(), smoothed: options.smooth,
  visible: !options.hidden.includes(series.name),
}));

/** @param {Chart} chart */
const isLog = (chart) => chart.group === "loss" && options.log && chart.positive;

/** @param {Chart} chart */
function layout(chart) {
  const log = isLog(chart);
  const unit = chart.group === "score" && chart.unit;
  const range = unit ? { ...UNIT_AXIS, uirevision: `${chart.revision} unit` }
    : { autorange: true, type: log ? "log" : "linear", uirevision: `${chart.revision} ${log}` };
  const { xaxis, yaxis, ...base } = baseLayout();
  return {
    ...base, uirevision: chart.revision, xaxis: { ...xaxis, uirevision: chart.revision },
    yaxis: { ...yaxis, ...range }, ...marks(levels(chart), { ...marksOf(chart), log }),
  };
}

/**
 * The horizontal lines of a chart, with their words.
 * @param {Chart} chart
 */
function levels(chart) {
  if (chart.group === "loss") return equilibriumLevels(chart.series, now.run?.equilibrium ?? {});
  // a relativistic D compares: only the gap between its two curves means something
  const compares = window.gvFacts.fields.objective.entries[now.run?.config?.objective]?.pairs;
  if (!chart.unit || compares || !showsBelief(chart)) return [];
  return [{ value: 0.5, words: "At 0.5 D cannot tell real from fake", role: "muted" }];
}

/** @param {Chart} chart */
const marksOf = (chart) => ({ cursor: lookback, changes: chart.group === "loss" ? changes : [] });

/** What was changed while the run trains leaves a mark where it was. */
function settingChanged({ kind, step, data }) {
  if (kind !== "setting" && kind !== "turn") return;
  const words = changeInWords(kind, data);
  const same = changes.find((one) => one.step === step);
  if (same) same.words += `<br>${words}`;
  else changes.push({ step, words });
  draw("charts-marks", drawMarks);
}

function drawMarks() {
  for (const chart of Object.values(charts)) {
    if (!Plotly) sketch(chart);
    if (!chart.plot.data) continue;
    Plotly.relayout(chart.plot, marks(levels(chart), { ...marksOf(chart), log: isLog(chart) }));
  }
}

function values() {
  for (const chart of Object.values(charts)) {
    const columns = options.smooth ? chart.mean : chart.raw;
    const at = lookback === null ? chart.x.length - 1 : indexAt(chart.x, lookback);
    legendValues($(`gv-legend-${chart.group}`), columns, at);
  }
  const log = $("gv-log", HTMLButtonElement);
  log.disabled = !charts.loss.positive;
  log.title = charts.loss.positive ? ""
    : "A loss of this run is zero or below, where a logarithm does not exist.";
  document.body.dataset.gvChartStep = String(charts.loss.x.at(-1) ?? "");
  document.body.dataset.gvPoints = String(charts.loss.x.length);
  refreshTable();
  emit("charts-drawn");
}
