// Small charts drawn as SVG: their colours come from the style sheet, so they follow the theme.

import { draw } from "./schedule.js";

const NS = "http://www.w3.org/2000/svg";

/** An SVG element; children are elements or text. */
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) if (value != null && value !== false) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** Keep `place` filled with what `paint(width, height)` returns (a list of nodes), at the size it has; returns the refresher. */
export function chart(place, label, paint) {
  const key = `svg-${place.id}`;
  const refresh = () => draw(key, () => {
    const [width, height] = [place.clientWidth, place.clientHeight];
    if (width < 20 || height < 20) return;
    const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label() });
    picture.append(...paint(width, height));
    place.replaceChildren(picture);
  });
  new ResizeObserver(refresh).observe(place);
  return refresh;
}

/** A straight map from [a, b] to [from, to]. */
export const scale = (a, b, from, to) => (value) => from + ((value - a) / (b - a || 1)) * (to - from);

export const path = (points) => points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

/** Whole powers of ten from 10^low to 10^high, at most about `most`. */
export function decades(low, high, most) {
  const step = Math.max(1, Math.ceil((high - low) / most));
  const ticks = [];
  for (let power = Math.ceil(low / step) * step; power <= high; power += step) ticks.push(power);
  return ticks;
}

const SPARK = 32; // points: more would be a smear

/** A small line without axes: how a figure went. */
export function spark(all, width = 64, height = 18) {
  const values = binned(all, SPARK);
  const known = values.filter((value) => value != null);
  if (known.length < 2) return svg("svg", { width, height, "aria-hidden": "true" });
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const x = scale(0, values.length - 1, 1, width - 2);
  const y = scale(low, high, height - 2, 2);
  const points = values.map((value, i) => [x(i), value]).filter(([, value]) => value != null).map(([at, value]) => [at, high > low ? y(value) : height / 2]);
  return svg("svg", { width, height, class: "gv-spark", "aria-hidden": "true" }, svg("path", { d: path(points) }));
}

/** At most `most` means of neighbouring values; what was not measured is left out. */
function binned(values, most) {
  if (values.length <= most) return values;
  return Array.from({ length: most }, (_, i) => {
    const part = values.slice(Math.floor((i * values.length) / most), Math.floor(((i + 1) * values.length) / most)).filter((value) => value != null);
    return part.length ? part.reduce((sum, value) => sum + value, 0) / part.length : null;
  });
}
