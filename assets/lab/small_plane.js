// @ts-check
// A small plane of points: of a side of a duel, or of one seed.

import { clean, drawCrosses, drawRings, projection } from "../train/plane.js";

/** @typedef {import("../lib/plane_data.js").Points} Points */

/** Of the reals' extent, the room around them. */
const ROOM = 0.35;

/**
 * What a plane shows: the reals with some room around them.
 * @param {Points} real
 */
export function boxAround(real) {
  const around = (/** @type {number[]} */ values) => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const room = ROOM * (high - low || 1);
    return [low - room, high + room];
  };
  return { x: around(real.x), y: around(real.y) };
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Points} real
 * @param {Points} fake
 * @param {number} side CSS px
 */
export function paintSmall(canvas, real, fake, side) {
  const pen = clean(canvas, side);
  const at = projection(boxAround(real), side);
  drawRings(pen, real, at);
  drawCrosses(pen, fake, at);
}
