// @ts-check
// A light drawing of curves, as SVG. It stands where Plotly has not come: a page over a slow line
// shows its curves at once, and a page on which nobody asks for a value needs no more.

import { decades, path, scale, thin, ticks } from "./axes.js";
import { count, figure, power } from "./format.js";
import { dashOf, roleOf } from "./plot.js";
import { svg } from "./svg.js";

const MARGIN = { left: 44, right: 40, top: 8, bottom: 26 };
const SMALLEST = 60;
const FAINT = 0.22;

/**
 * @typedef {object} Curve
 * @property {import("./plot.js").Series} series
 * @property {(number | null)[]} raw
 * @property {(number | null)[]} mean
 */
/**
 * @typedef {object} Sketch
 * @property {number[]} x steps
 * @property {Curve[]} curves the visible ones
 * @property {import("./plot.js").Level[]} levels
 * @property {boolean} smoothed
 * @property {boolean} log
 * @property {boolean} unit whether the axis shows 0 to 1
 * @property {number | null} cursor
 * @property {string} label what a screen reader says
 */

/**
 * Draw into `box`, which has a size.
 * @param {HTMLElement} box
 * @param {Sketch} sketch
 */
export function drawSketch(box, sketch) {
  const [width, height] = [box.clientWidth, box.clientHeight];
  const old = box.querySelector(".gv-sketch");
  if (width < SMALLEST || height < SMALLEST || !sketch.x.length) return old?.remove();
  const map = axes(sketch, width, height);
  const picture = svg("svg", {
    class: "gv-sketch", viewBox: `0 0 ${width} ${height}`, width, height, role: "img",
    "aria-label": sketch.label,
  }, ...grid(map, width, height), ...levelLines(sketch, map), ...sketch.curves.flatMap((curve) =>
    lines(curve, sketch, map)), ...cursorLine(sketch, map));
  if (old) old.replaceWith(picture);
  else box.append(picture);
}

/**
 * Where a step stands in a drawing of that width, in px from its left edge.
 * @param {number} step
 * @param {number} last of the drawing's steps
 * @param {number} width
 */
export const stepPlace = (step, last, width) => scale(0, last, MARGIN.left, width - MARGIN.right)(step);

/** @param {HTMLElement} box */
export const removeSketch = (box) => box.querySelector(".gv-sketch")?.remove();

/**
 * Lowest and highest of what is drawn.
 * @param {Sketch} sketch
 */
export function extent({ curves, levels, smoothed, log }) {
  let low = Infinity;
  let high = -Infinity;
  const see = (/** @type {number | null} */ value) => {
    if (value == null || (log && value <= 0)) return;
    low = Math.min(low, value);
    high = Math.max(high, value);
  };
  for (const { raw, mean } of curves) {
    raw.forEach(see);
    if (smoothed) mean.forEach(see);
  }
  for (const { value } of levels) see(value);
  return low > high ? { low: 0, high: 1 } : { low, high };
}

/** px that a step needs below the axis, "100,000" with some room. */
const TICK_WIDTH = 64;

/**
 * Maps from values to pixels, and the ticks.
 * @param {Sketch} sketch
 * @param {number} width
 * @param {number} height
 */
function axes(sketch, width, height) {
  const { x: steps, log, unit } = sketch;
  const [left, right] = [MARGIN.left, width - MARGIN.right];
  const [top, bottom] = [MARGIN.top, height - MARGIN.bottom];
  const last = steps[steps.length - 1];
  const x = scale(0, last, left, right);
  const most = Math.max(2, Math.min(6, Math.floor((right - left) / TICK_WIDTH)));
  const xTicks = ticks(0, last, most).map((value) => ({ at: x(value), words: count(value) }));
  const { low, high } = unit ? { low: 0, high: 1 } : extent(sketch);
  const value = log ? Math.log10 : (/** @type {number} */ v) => v;
  const room = 0.05 * (value(high) - value(low) || 1);
  const y = scale(value(low) - room, value(high) + room, bottom, top);
  const marks = log ? decades(value(low) - room, value(high) + room, 5)
    : ticks(low - room, high + room, unit ? 4 : 5);
  const yTicks = marks.map((mark) => ({ at: y(mark), words: log ? power(mark) : label(mark) }));
  return { x, y: (/** @type {number} */ v) => y(value(v)), xTicks, yTicks, left, right, top, bottom };
}

/** A tick's number, as short as it is. @param {number} value */
const label = (value) => (Math.abs(value) >= 10_000 ? figure(value) : String(value));

/**
 * @param {ReturnType<typeof axes>} map
 * @param {number} width
 * @param {number} height
 */
function grid({ xTicks, yTicks, left, right, top, bottom }, width, height) {
  const rows = yTicks.flatMap(({ at, words }) => [
    svg("line", { x1: left, x2: right, y1: at, y2: at, class: "gv-svg-grid" }),
    svg("text", { x: left - 7, y: at + 4, "text-anchor": "end", class: "gv-svg-text" }, words),
  ]);
  const columns = xTicks.map(({ at, words }) => svg("text", {
    x: at, y: height - 8, "text-anchor": at > width - 60 ? "end" : "middle", class: "gv-svg-text",
  }, words));
  return [...rows, ...columns,
    svg("path", { d: `M${left} ${top}V${bottom}H${right}`, class: "gv-svg-axis", fill: "none" })];
}

/**
 * @param {Sketch} sketch
 * @param {ReturnType<typeof axes>} map
 */
const levelLines = ({ levels, log }, { y, left, right }) =>
  levels.filter(({ value }) => !log || value > 0).flatMap(({ value, role }) => [
    svg("line", {
      x1: left, x2: right, y1: y(value), y2: y(value), class: "gv-sketch-level", "data-role": role,
    }),
    svg("text", { x: right + 5, y: y(value) + 4, class: "gv-sketch-words", "data-role": role },
      figure(value)),
  ]);

/**
 * @param {Curve} curve
 * @param {Sketch} sketch
 * @param {ReturnType<typeof axes>} map
 */
function lines({ series, raw, mean }, { x, smoothed, log }, map) {
  const role = roleOf(series);
  const dash = dashOf(series).replaceAll("px", "");
  const strong = { "data-role": role, "stroke-dasharray": dash === "solid" ? null : dash };
  const points = (/** @type {(number | null)[]} */ values) => thin(values.flatMap((value, row) =>
    (value == null || (log && value <= 0) ? [] : [[map.x(x[row]), map.y(value)]])), map.right);
  if (x.length === 1) {
    return points(raw).map(([cx, cy]) =>
      svg("circle", { cx, cy, r: 3.5, class: "gv-sketch-dot", "data-role": role }));
  }
  const curve = (/** @type {number[][]} */ at, attributes) =>
    svg("path", { d: path(at), class: "gv-sketch-line", ...attributes });
  if (!smoothed) return [curve(points(raw), strong)];
  return [curve(points(raw), { "data-role": role, opacity: FAINT, "stroke-width": 1 }),
    curve(points(mean), strong)];
}

/**
 * @param {Sketch} sketch
 * @param {ReturnType<typeof axes>} map
 */
const cursorLine = ({ cursor }, { x, top, bottom }) => (cursor === null ? [] : [
  svg("line", { x1: x(cursor), x2: x(cursor), y1: top, y2: bottom, class: "gv-sketch-cursor" }),
]);
