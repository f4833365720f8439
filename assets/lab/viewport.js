// @ts-check
// What part of the plane the lab's canvas shows: the whole, magnified and moved.

import { projection } from "../train/plane.js";

/** @typedef {import("../train/plane.js").Box} Box */
/** @typedef {{zoom: number, x: number, y: number}} View how often magnified, and px moved */

export const WHOLE = { zoom: 1, x: 0, y: 0 };
const MOST = 64;

/**
 * From the plane to the canvas (px, py) and back (ux, uy).
 * @param {Box} box
 * @param {number} side
 * @param {View} view
 */
export function viewport(box, side, { zoom, x, y }) {
  const whole = projection(box, side);
  const middle = side / 2;
  const unit = whole.px(1) - whole.px(0);
  const px = (/** @type {number} */ at) => middle + (whole.px(at) - middle) * zoom + x;
  const py = (/** @type {number} */ at) => middle + (whole.py(at) - middle) * zoom + y;
  return {
    side,
    px, py,
    ux: (/** @type {number} */ at) => (at - px(0)) / (unit * zoom),
    uy: (/** @type {number} */ at) => (py(0) - at) / (unit * zoom),
    /** Pixels of one unit. */
    unit: unit * zoom,
  };
}

/** @typedef {ReturnType<typeof viewport>} Viewport */

/**
 * The view after magnifying by `factor` about a place of the canvas, which stays where it is.
 * @param {View} view
 * @param {number} factor
 * @param {number} side
 * @param {{x: number, y: number}} place
 * @returns {View}
 */
export function zoomed(view, factor, side, place) {
  const zoom = Math.max(1, Math.min(MOST, view.zoom * factor));
  const share = zoom / view.zoom;
  const keep = (/** @type {number} */ at, /** @type {number} */ moved) =>
    at - side / 2 - (at - side / 2 - moved) * share;
  return moved({ zoom, x: keep(place.x, view.x), y: keep(place.y, view.y) }, side, 0, 0);
}

/**
 * The view after moving; the plane's edges stay outside of the canvas.
 * @param {View} view
 * @param {number} side
 * @param {number} dx
 * @param {number} dy
 * @returns {View}
 */
export function moved({ zoom, x, y }, side, dx, dy) {
  const most = ((zoom - 1) * side) / 2;
  const within = (/** @type {number} */ at) => Math.max(-most, Math.min(most, at));
  return { zoom, x: within(x + dx), y: within(y + dy) };
}
