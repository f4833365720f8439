// @ts-check
// The layers of the lab's plane that Train has not: trails, densities, the bent grid of latents, and
// arrows.

import { contour } from "../lib/contour.js";
import { valueAt } from "../lib/diverging.js";
import { LAB_UNFOLD } from "../lib/pacing.js";
import { colour } from "../lib/theme.js";
import { stroke } from "../train/plane.js";

/** @typedef {import("../lib/plane_data.js").Points} Points */
/** @typedef {import("./viewport.js").Viewport} Viewport */

/** Fakes that leave a trail: more would be a carpet. */
const TRAILS = 160;
/** Of the side, the square that the grid of latents begins as. */
const SQUARE = 0.7;
/** px: the arrow of the usual push, and the longest. */
const USUAL = 26;
const LONGEST = 70;
const HEAD = 4;
/** px of the blob that one point adds to a density. */
const BLOB = 26;
/** Positions on D's scale at which further contours are drawn. */
const CONTOURS = [-0.75, -0.4, 0.4, 0.75];

/**
 * Further contours of D's verdict, thin.
 * @param {CanvasRenderingContext2D} pen
 * @param {import("../lib/plane_data.js").Surface} surface
 * @param {import("../lib/diverging.js").Scale} scale
 * @param {Viewport} at
 */
export function drawContours(pen, surface, scale, { px, py }) {
  const cell = (surface.x[1] - surface.x[0]) / (surface.size - 1);
  const rise = (surface.y[1] - surface.y[0]) / (surface.size - 1);
  pen.beginPath();
  for (const position of CONTOURS) {
    for (const [x1, y1, x2, y2] of contour(surface.z, surface.size, valueAt(position, scale))) {
      pen.moveTo(px(surface.x[0] + x1 * cell), py(surface.y[0] + y1 * rise));
      pen.lineTo(px(surface.x[0] + x2 * cell), py(surface.y[0] + y2 * rise));
    }
  }
  stroke(pen, "d", 0.8, 0.35);
}

/**
 * Where the fakes came from.
 * @param {CanvasRenderingContext2D} pen
 * @param {Points[]} past the planes before, oldest first, and the present one
 * @param {Viewport} at
 */
export function drawTrails(pen, past, { px, py }) {
  const count = Math.min(TRAILS, ...past.map(({ x }) => x.length));
  pen.beginPath();
  for (let i = 0; i < count; i += 1) {
    past.forEach(({ x, y }, row) => {
      if (row) pen.lineTo(px(x[i]), py(y[i]));
      else pen.moveTo(px(x[i]), py(y[i]));
    });
  }
  stroke(pen, "fake", 1, 0.3);
}

/**
 * How dense points lie.
 * @param {CanvasRenderingContext2D} pen
 * @param {Points} points
 * @param {string} role
 * @param {Viewport} at
 */
export function drawDensity(pen, { x, y }, role, { px, py }) {
  const blob = blobOf(colour(role));
  pen.globalAlpha = Math.min(1, 40 / Math.max(1, x.length));
  x.forEach((value, i) => pen.drawImage(blob, px(value) - BLOB, py(y[i]) - BLOB));
  pen.globalAlpha = 1;
}

/** @type {Map<string, OffscreenCanvas>} */
const blobs = new Map();

/** @param {string} ink */
function blobOf(ink) {
  const known = blobs.get(ink);
  if (known) return known;
  const blob = new OffscreenCanvas(2 * BLOB, 2 * BLOB);
  const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (blob.getContext("2d"));
  const fade = pen.createRadialGradient(BLOB, BLOB, 0, BLOB, BLOB, BLOB);
  fade.addColorStop(0, ink);
  fade.addColorStop(1, `${ink}00`);
  pen.fillStyle = fade;
  pen.fillRect(0, 0, 2 * BLOB, 2 * BLOB);
  blobs.set(ink, blob);
  return blob;
}

/** How far a grid of latents is on its way to its image. @param {number} began as performance.now() */
export function unfoldedShare(began) {
  const share = Math.min(1, (performance.now() - began) / LAB_UNFOLD);
  return share * share * (3 - 2 * share);
}

/**
 * The grid of latents on its way (`share` 0 to 1) from a square to its image. Every cell holds the
 * same share of the latents, so that small cells are dark.
 * @param {CanvasRenderingContext2D} pen
 * @param {Points} image row by row; of one latent number a curve
 * @param {number} share
 * @param {Pick<Viewport, "px" | "py">} at
 * @param {number} side px
 */
export function drawManifold(pen, image, share, { px, py }, side) {
  const size = Math.round(Math.sqrt(image.x.length));
  const flat = size * size !== image.x.length;
  const place = flat ? lineOf(image.x.length, side) : squareOf(size, side);
  const mix = (/** @type {number} */ from, /** @type {number} */ to) => from + (to - from) * share;
  const at = image.x.map((value, i) => [mix(place[i][0], px(value)), mix(place[i][1], py(image.y[i]))]);
  if (flat) return drawCurve(pen, at);
  const usual = ((SQUARE * side) / (size - 1)) ** 2;
  pen.fillStyle = colour("fake");
  for (let row = 0; row < size - 1; row += 1) {
    for (let col = 0; col < size - 1; col += 1) {
      const i = row * size + col;
      drawCell(pen, [at[i], at[i + 1], at[i + size + 1], at[i + size]], usual);
    }
  }
  pen.globalAlpha = 1;
}

/** @param {CanvasRenderingContext2D} pen @param {number[][]} at */
function drawCurve(pen, at) {
  pen.beginPath();
  at.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  stroke(pen, "fake", 3, 0.6);
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {number[][]} corners
 * @param {number} usual its area in the square
 */
function drawCell(pen, corners, usual) {
  pen.globalAlpha = opacity(areaOf(corners), usual);
  pen.beginPath();
  corners.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  pen.closePath();
  pen.fill();
}

/** How dark a cell is that holds a fixed share of the latents. @param {number} area @param {number} usual */
export const opacity = (area, usual) =>
  Math.max(0.06, Math.min(0.75, 0.28 * Math.sqrt(usual / Math.max(area, 1e-6))));

/** Of a quadrangle, by the shoelace formula. @param {number[][]} corners */
export function areaOf(corners) {
  let sum = 0;
  corners.forEach(([x, y], i) => {
    const [nextX, nextY] = corners[(i + 1) % corners.length];
    sum += x * nextY - nextX * y;
  });
  return Math.abs(sum) / 2;
}

/** @param {number} size @param {number} side @returns {number[][]} */
function squareOf(size, side) {
  const at = (/** @type {number} */ i) => side * ((1 - SQUARE) / 2 + (SQUARE * i) / (size - 1));
  return Array.from({ length: size * size }, (_, i) => [at(i % size), side - at(Math.floor(i / size))]);
}

/** @param {number} count @param {number} side @returns {number[][]} */
const lineOf = (count, side) => Array.from({ length: count }, (_, i) =>
  [side * ((1 - SQUARE) / 2 + (SQUARE * i) / (count - 1)), side / 2]);

/**
 * Arrows at the fakes; `usual` is the push that is drawn as long as `USUAL` px.
 * @param {CanvasRenderingContext2D} pen
 * @param {Points} from
 * @param {Points} push
 * @param {number} usual
 * @param {string} role
 * @param {Viewport} at
 */
export function drawArrows(pen, from, push, usual, role, { px, py }) {
  pen.beginPath();
  from.x.forEach((x, i) => {
    const length = Math.hypot(push.x[i], push.y[i]);
    const drawn = Math.min(LONGEST, (USUAL * length) / usual);
    if (!(drawn > 0.5)) return;
    const [dx, dy] = [push.x[i] / length, -push.y[i] / length];
    const [left, top] = [px(x), py(from.y[i])];
    const [right, bottom] = [left + dx * drawn, top + dy * drawn];
    pen.moveTo(left, top);
    pen.lineTo(right, bottom);
    const head = Math.min(HEAD, drawn / 2);
    pen.moveTo(right - head * (dx + dy * 0.6), bottom - head * (dy - dx * 0.6));
    pen.lineTo(right, bottom);
    pen.lineTo(right - head * (dx - dy * 0.6), bottom - head * (dy + dx * 0.6));
  });
  stroke(pen, role, 1.3, 0.85);
}

/** The length that nine of ten arrows do not reach. @param {Points} push */
export function usualLength({ x, y }) {
  const lengths = x.map((value, i) => Math.hypot(value, y[i])).sort((a, b) => a - b);
  return lengths[Math.floor(0.9 * (lengths.length - 1))] || 1;
}

/** @param {Points} push */
export const meanLength = ({ x, y }) =>
  x.reduce((sum, value, i) => sum + Math.hypot(value, y[i]), 0) / Math.max(1, x.length);
