// @ts-check
// Small charts drawn as SVG: their colours come from the style sheet, so they follow the theme.

import { path, scale } from "./axes.js";
import { draw } from "./schedule.js";

export { decades, path, scale } from "./axes.js";

const NS = "http://www.w3.org/2000/svg";
/** Below this many pixels there is nothing to see. */
const SMALLEST = 20;
/** Points of a small line: more would be a smear. */
const SPARK = 32;

/**
 * An SVG element; children are elements or text.
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Node | string)} children
 */
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value != null && value !== false) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/**
 * Keep `box` filled with what `paint` returns, at the size that it has; returns the refresher.
 * @param {HTMLElement} box
 * @param {() => string} label what a screen reader says
 * @param {(width: number, height: number) => Node[]} paint
 */
export function chart(box, label, paint) {
  const refresh = () => draw(`svg-${box.id}`, () => {
    const [width, height] = [box.clientWidth, box.clientHeight];
    if (width < SMALLEST || height < SMALLEST) return;
    const size = { viewBox: `0 0 ${width} ${height}`, width, height };
    const words = label();
    // before there is a word to say of it, a screen reader passes it by
    const role = words ? { role: "img", "aria-label": words } : { "aria-hidden": "true" };
    const picture = svg("svg", { ...size, ...role });
    picture.append(...paint(width, height));
    box.replaceChildren(picture);
  });
  new ResizeObserver(refresh).observe(box);
  return refresh;
}

/**
 * A small line without axes: how a figure went.
 * @param {(number | null)[]} all
 */
export function spark(all, width = 64, height = 18) {
  const values = binned(all, SPARK);
  const known = values.filter((value) => value != null);
  const size = { width, height, "aria-hidden": "true" };
  if (known.length < 2) return svg("svg", size);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const x = scale(0, values.length - 1, 1, width - 2);
  const y = high > low ? scale(low, high, height - 2, 2) : () => height / 2;
  const points = values.flatMap((value, i) => (value == null ? [] : [[x(i), y(value)]]));
  return svg("svg", { ...size, class: "gv-spark" }, svg("path", { d: path(points) }));
}

/**
 * At most `most` means of neighbouring values; what was not measured is left out.
 * @param {(number | null)[]} values
 * @param {number} most
 */
function binned(values, most) {
  if (values.length <= most) return values;
  return Array.from({ length: most }, (_, i) => {
    const [from, to] = [i, i + 1].map((part) => Math.floor((part * values.length) / most));
    const known = values.slice(from, to).filter((value) => value != null);
    return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
  });
}
