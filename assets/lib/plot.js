// @ts-check
// How curves look in Plotly, wherever they are drawn: live, of kept runs, on exported pages.

import { figure } from "./format.js";
import { smooth } from "./smoothing.js";
import { colour } from "./theme.js";

/**
 * @typedef {object} Series a curve, as the server declares it
 * @property {string} name of the column
 * @property {string} label
 * @property {string} group which chart it belongs to
 * @property {string} colour the role whose colour it has: d, g, real, fake or none
 * @property {string} [why] a sentence that explains it
 */
/** @typedef {Record<string, (number | null)[]>} Columns */
/** @typedef {{value: number, role: string, words: string}} Level a horizontal line with its words */

/** @type {Record<string, string>} */
const ROLES = { d: "d", g: "fake", real: "real", fake: "fake" };
/** @type {Record<string, string>} */
const DASHES = { d: "solid", g: "6px,2px", real: "solid", fake: "6px,2px", "": "2px,2px" };

export const PLOT_SETTINGS = {
  displayModeBar: false, responsive: false, doubleClick: "reset+autosize", showTips: false,
};

/**
 * The colour's name of a series; each role has a dash of its own as well, for colour-blind eyes.
 * @param {{colour: string}} series
 */
export const roleOf = (series) => ROLES[series.colour] ?? "muted";

/** @param {{colour: string}} series */
export const dashOf = (series) => DASHES[series.colour] ?? "solid";

/** @param {{colour: string}} series */
export const lineOf = (series) =>
  ({ color: colour(roleOf(series)), dash: dashOf(series), width: 1.8, simplify: true });

/**
 * Two traces a series: as measured (faint where smoothed), and smoothed.
 * @param {Series} series
 * @param {object} values
 * @param {(number | null)[]} values.x
 * @param {(number | null)[]} values.raw
 * @param {(number | null)[]} [values.mean] the smoothed ones, where they are known already
 * @param {boolean} [values.smoothed] whether the smoothed ones are drawn
 * @param {boolean} [values.visible]
 */
export function curvePair(series, { x, raw, mean = smooth(raw), smoothed = true, visible = true }) {
  const line = lineOf(series);
  const mode = x.length < 2 ? "markers" : "lines";
  const marker = { color: line.color, size: 7 };
  const common = { type: "scatter", mode, marker, x, connectgaps: true, showlegend: false };
  const hovertemplate = `${series.label} %{y:.4~g}<extra></extra>`;
  const faint = {
    ...common, y: raw, visible, opacity: 0.22, hoverinfo: "skip",
    line: { ...line, dash: "solid", width: 1 },
  };
  return [
    smoothed ? faint : { ...common, y: raw, visible, line, hovertemplate },
    { ...common, y: mean, visible: visible && smoothed, line, hovertemplate },
  ];
}

/** What both axes have in common. */
export function axisStyle() {
  return {
    gridcolor: colour("gridline"), zeroline: false, linecolor: colour("line"),
    tickfont: { size: 11, color: colour("muted") },
    // to hide some, Plotly measures all, each time
    automargin: false, ticklabeloverflow: "allow",
  };
}

/** The layout of every chart: no frame, the page's font, one label for all curves at a step. */
export function baseLayout() {
  return {
    margin: { l: 44, r: 40, t: 8, b: 26 },
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", showlegend: false,
    font: { family: getComputedStyle(document.body).fontFamily, color: colour("muted"), size: 11 },
    hovermode: "x unified",
    hoverlabel: {
      bgcolor: colour("card"), bordercolor: colour("line"),
      font: { color: colour("ink"), size: 12 },
    },
    dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
    xaxis: { ...axisStyle(), showgrid: false, rangemode: "tozero", nticks: 5, tickformat: ",d" },
    yaxis: { ...axisStyle(), nticks: 6 },
  };
}

/** The axis of values between 0 and 1. */
export const UNIT_AXIS = { range: [-0.03, 1.03], autorange: false, dtick: 0.25 };

/**
 * Where the losses stand when neither side can gain. Networks with the same level share a line.
 * @param {Series[]} series
 * @param {Record<string, number | null>} equilibrium the loss of each column at equilibrium
 * @returns {Level[]}
 */
export function equilibriumLevels(series, equilibrium) {
  /** @type {Map<number, {names: string[], role: string}>} */
  const levels = new Map();
  for (const one of series) {
    const value = equilibrium[one.name];
    if (typeof value !== "number") continue;
    const name = one.label.split(" ")[0];
    const same = levels.get(value);
    if (same) levels.set(value, { names: [...same.names, name], role: "muted" });
    else levels.set(value, { names: [name], role: roleOf(one) });
  }
  return [...levels].map(([value, { names, role }]) =>
    ({ value, role, words: `${names.join(" and ")} at equilibrium ${figure(value)}` }));
}

/**
 * Shapes and annotations: levels, and the step that a cursor stands at.
 * @param {Level[]} levels
 * @param {{log?: boolean, cursor?: number | null, changes?: {step: number, words: string}[]}} [options]
 */
export function marks(levels, { log = false, cursor = null, changes = [] } = {}) {
  const drawn = levels.filter(({ value }) => !log || value > 0);
  /** @type {object[]} */
  const shapes = drawn.map(({ value, role }) => ({
    type: "line", xref: "paper", x0: 0, x1: 1, y0: value, y1: value, layer: "below",
    line: { color: colour(role), width: 1, dash: "4px,4px" }, opacity: 0.75,
  }));
  /** @type {object[]} */
  const annotations = drawn.map(({ value, role, words }) => ({
    // beside the plot: the curves meet at these lines, and words there would cover them
    xref: "paper", x: 1, xanchor: "left", xshift: 3, y: log ? Math.log10(value) : value,
    yanchor: "middle", text: figure(value), hovertext: words, showarrow: false,
    font: { size: 11, color: colour(role) },
  }));
  for (const { step, words } of changes) {
    shapes.push({
      type: "line", yref: "paper", x0: step, x1: step, y0: 0, y1: 1, layer: "below",
      line: { color: colour("muted"), width: 1, dash: "1px,3px" },
    });
    annotations.push({
      x: step, xanchor: "left", yref: "paper", y: 1, yanchor: "top", text: words, showarrow: false,
      borderpad: 1, captureevents: true, bgcolor: colour("card-veil"), font: { size: 10.5, color: colour("muted") },
    });
  }
  if (cursor !== null) {
    shapes.push({
      type: "line", yref: "paper", x0: cursor, x1: cursor, y0: 0, y1: 1,
      line: { color: colour("ink"), width: 1 },
    });
  }
  return { shapes, annotations };
}
