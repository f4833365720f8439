// @ts-check
// The curves, drawn by Plotly, with a cursor at the step that the pictures show. A click on them
// moves the replay.

import { on } from "../lib/bus.js";
import { $, el, text } from "../lib/dom.js";
import { figure } from "../lib/format.js";
import { indexAt } from "../lib/pictures.js";
import {
  baseLayout, curvePair, dashOf, equilibriumLevels, marks, PLOT_SETTINGS, roleOf, UNIT_AXIS,
} from "../lib/plot.js";
import { smooth } from "../lib/smoothing.js";
import { data } from "./data.js";

/** @typedef {import("../lib/plot.js").Series} Series */
/**
 * @typedef {object} Chart
 * @property {string} group
 * @property {any} plot its element
 * @property {Series[]} series
 * @property {[string, Element][]} values where the legend shows each column's value
 */

const { columns } = data;
const steps = /** @type {number[]} */ (columns.step ?? []);
const means = Object.fromEntries(data.series
  .filter(({ name }) => columns[name]).map(({ name }) => [name, smooth(columns[name])]));

/** @param {import("./replay.js").Replay} replay */
export function startCurves(replay) {
  const charts = ["loss", "score"].map(chartOf);
  const drawn = charts.filter((chart) => chart.series.length && window.Plotly);
  for (const chart of charts) {
    if (drawn.includes(chart)) startChart(chart, replay);
    else chart.plot.hidden = chart.plot.previousElementSibling.hidden = true;
  }
  $("curves-note").hidden = drawn.length > 0;
  showValues(drawn, replay.step);
  if (!drawn.length) return;
  let frame = 0;
  on("step", () => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      showValues(drawn, replay.step);
      for (const chart of drawn) window.Plotly.relayout(chart.plot, marksOf(chart, replay.step));
    });
  });
  on("theme", () => drawn.forEach((chart) => drawChart(chart, replay.step)));
}

/** @returns {Chart} */
function chartOf(group) {
  const measured = ({ name }) => columns[name]?.some((value) => value != null);
  const series = data.series.filter((one) => one.group === group && measured(one));
  return { group, plot: $(`plot-${group}`), series, values: [] };
}

function startChart(chart, replay) {
  chart.values = chart.series.map(({ name }) => [name, el("b")]);
  $(`legend-${chart.group}`).replaceChildren(...chart.series.map((series, index) =>
    el("span", { style: `--tone: var(--gv-${roleOf(series)})` },
      el("i", { class: dashOf(series) === "solid" ? "" : "dashed" }),
      series.label.split(",")[0], chart.values[index][1])));
  drawChart(chart, replay.step);
  new ResizeObserver(() => window.Plotly.Plots.resize(chart.plot)).observe(chart.plot);
  chart.plot.on("plotly_click", ({ points }) => replay.seek(points[0].x));
}

function drawChart(chart, step) {
  const { yaxis, ...layout } = baseLayout();
  const unit = chart.group === "score" && chart.series.every(({ name }) =>
    columns[name].every((value) => value == null || (value >= 0 && value <= 1)));
  const traces = chart.series.flatMap((series) =>
    curvePair(series, { x: steps, raw: columns[series.name], mean: means[series.name] }));
  window.Plotly.react(chart.plot, traces, {
    ...layout, yaxis: { ...yaxis, ...(unit ? UNIT_AXIS : {}) }, ...marksOf(chart, step),
  }, PLOT_SETTINGS);
}

function marksOf(chart, step) {
  const levels = chart.group === "loss" ? equilibriumLevels(chart.series, data.equilibrium) : [];
  return marks(levels, { cursor: data.moments.length ? step : null });
}

/** The legend gives the values at the cursor, or the last ones where there is none. */
function showValues(charts, step) {
  const row = data.moments.length ? indexAt(steps, step) : steps.length - 1;
  for (const chart of charts) {
    for (const [name, node] of chart.values) text(node, figure(means[name][row]));
  }
  document.body.dataset.cursor = String(step);
}
