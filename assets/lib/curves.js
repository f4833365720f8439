// @ts-check
// Still curves for kept runs: one or several runs in one Plotly chart, with a cursor at a step.

import { baseLayout, curvePair, lineOf, PLOT_SETTINGS } from "./plot.js";
import { plotly } from "./plotly.js";
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
  if (plot.gvSized) return;
  plot.gvSized = new ResizeObserver(() => {
    if (plot.clientWidth && plot.layout) Plotly.Plots.resize(plot);
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
  const axis = plot._fullLayout?.xaxis;
  let line = /** @type {HTMLElement | null} */ (plot.querySelector(".gv-cursor"));
  if (!line) {
    line = document.createElement("i");
    line.className = "gv-cursor";
    plot.append(line);
  }
  line.hidden = !axis;
  if (axis) line.style.left = `${axis._offset + axis.l2p(step)}px`;
  line.dataset.step = String(step);
}
