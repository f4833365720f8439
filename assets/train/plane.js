// @ts-check
// Drawing the plane: D's verdict beneath, the real points as rings, the generated ones as crosses.

import { contour } from "../lib/contour.js";
import { position, scaleOf } from "../lib/diverging.js";
import { colour } from "../lib/theme.js";

const MARGIN = 10;
/** How near to the edge a mark is drawn whose place lies beyond it. */
const EDGE = 24;
/** Of 255: how strongly the ends of the scale colour the plane. */
const STRENGTH = 105;

/** @typedef {import("../lib/plane_data.js").Points} Points */
/** @typedef {import("../lib/plane_data.js").Surface} Surface */
/** @typedef {{image: OffscreenCanvas, lines: number[][], surface: Surface}} Verdict */
/** @typedef {{x: number[], y: number[]}} Box */

/** @param {string} hex */
const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

/**
 * D's verdict as a small picture that the canvas enlarges smoothly, and the line along which D
 * cannot tell.
 * @param {Surface} surface
 * @param {import("../lib/diverging.js").Scale} [scale]
 * @returns {Verdict}
 */
export function makeVerdict(surface, scale = scaleOf(surface)) {
  const { size, z, level } = surface;
  const image = new OffscreenCanvas(size, size);
  const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (image.getContext("2d"));
  const pixels = pen.createImageData(size, size);
  const ends = [rgb(colour("fake")), rgb(colour("real"))];
  for (let index = 0; index < z.length; index += 1) {
    const at = position(z[index], scale);
    const place = 4 * ((size - 1 - Math.floor(index / size)) * size + (index % size));
    pixels.data.set([...ends[at < 0 ? 0 : 1], STRENGTH * Math.abs(at)], place);
  }
  pen.putImageData(pixels, 0, 0);
  return { image, lines: level === null ? [] : contour(z, size, level), surface };
}

/**
 * What the view shows: D's grid where there is one, else the data with some room around it.
 * @param {Points} real
 * @param {Surface | null} surface
 * @returns {Box}
 */
export function extent(real, surface) {
  if (surface) return surface;
  const around = (/** @type {number[]} */ values) => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return [low - 0.2 * (high - low), high + 0.2 * (high - low)];
  };
  return { x: around(real.x), y: around(real.y) };
}

/**
 * From the plane to the canvas of that side: px and py.
 * @param {Box} box
 * @param {number} side
 */
export function projection({ x, y }, side) {
  const span = Math.max(x[1] - x[0], y[1] - y[0]);
  const scale = (side - 2 * MARGIN) / span;
  return {
    side,
    px: (/** @type {number} */ at) => MARGIN + (at - (x[0] + x[1] - span) / 2) * scale,
    py: (/** @type {number} */ at) => side - MARGIN - (at - (y[0] + y[1] - span) / 2) * scale,
  };
}

/** @typedef {ReturnType<typeof projection>} Projection */

/**
 * A clean canvas of `side` CSS px, and its pen in those.
 * @param {HTMLCanvasElement} canvas
 * @param {number} side
 */
export function clean(canvas, side) {
  const dense = devicePixelRatio;
  if (canvas.width !== Math.round(side * dense)) {
    canvas.width = canvas.height = Math.round(side * dense);
    canvas.style.width = canvas.style.height = `${side}px`;
  }
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.setTransform(dense, 0, 0, dense, 0, 0);
  pen.clearRect(0, 0, side, side);
  return pen;
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Verdict} verdict
 * @param {Projection} at
 */
export function drawVerdict(pen, { image, lines, surface }, { px, py }) {
  const [left, top] = [px(surface.x[0]), py(surface.y[1])];
  const [width, height] = [px(surface.x[1]) - left, py(surface.y[0]) - top];
  const cell = [width / (surface.size - 1), height / (surface.size - 1)];
  pen.imageSmoothingEnabled = true;
  pen.imageSmoothingQuality = "high";
  pen.drawImage(image, left - cell[0] / 2, top - cell[1] / 2, width + cell[0], height + cell[1]);
  pen.beginPath();
  for (const [x1, y1, x2, y2] of lines) {
    pen.moveTo(left + x1 * cell[0], top + height - y1 * cell[1]);
    pen.lineTo(left + x2 * cell[0], top + height - y2 * cell[1]);
  }
  stroke(pen, "d", 1.4, 0.85);
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Points} points
 * @param {Projection} at
 */
export function drawRings(pen, { x, y }, { px, py }) {
  pen.beginPath();
  x.forEach((value, i) => {
    const [across, up] = [px(value), py(y[i])];
    pen.moveTo(across + 3, up);
    pen.arc(across, up, 3, 0, 2 * Math.PI);
  });
  stroke(pen, "real", 1.3, 0.7);
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Points} points
 * @param {Projection} at
 */
export function drawCrosses(pen, { x, y }, { px, py }) {
  pen.beginPath();
  x.forEach((value, i) => {
    const [across, up] = [px(value), py(y[i])];
    pen.moveTo(across - 2.5, up - 2.5);
    pen.lineTo(across + 2.5, up + 2.5);
    pen.moveTo(across - 2.5, up + 2.5);
    pen.lineTo(across + 2.5, up - 2.5);
  });
  stroke(pen, "fake", 1.4, 0.8);
}

/**
 * Where a mark is drawn: at its place, or, of one beyond the canvas, where the way there leaves it.
 * `beyond`: which way the place lies from there, in radians.
 * @param {[number, number]} place
 * @param {number} side
 * @returns {{place: [number, number], beyond: number | null}}
 */
export function markAt(place, side) {
  if (place.every((at) => at >= 0 && at <= side)) return { place, beyond: null };
  const middle = side / 2;
  const [across, up] = [place[0] - middle, place[1] - middle];
  const far = Math.max(Math.abs(across), Math.abs(up)) / Math.max(1, middle - EDGE);
  return { place: [middle + across / far, middle + up / far], beyond: Math.atan2(up, across) };
}

/**
 * How many of the points lie beyond the canvas.
 * @param {Points} points
 * @param {Projection} at
 */
export function countOutside({ x, y }, { px, py, side }) {
  const outside = (/** @type {number} */ at) => at < 0 || at > side;
  return x.filter((value, i) => outside(px(value)) || outside(py(y[i]))).length;
}

/**
 * The point of the latent explorer: a disc with a ring around it; with an arrow where it lies beyond
 * the canvas.
 * @param {CanvasRenderingContext2D} pen
 * @param {{x: number, y: number}} point
 * @param {Projection} at
 */
export function drawMarker(pen, { x, y }, { px, py, side }) {
  const { place: [across, up], beyond } = markAt([px(x), py(y)], side);
  pen.fillStyle = colour("fake");
  disc(pen, across, up, 5);
  pen.strokeStyle = colour("card");
  pen.lineWidth = 2;
  pen.stroke();
  if (beyond === null) {
    pen.beginPath();
    pen.arc(across, up, 10, 0, 2 * Math.PI);
    return stroke(pen, "ink", 1.6, 0.9);
  }
  pen.save();
  pen.translate(across, up);
  pen.rotate(beyond);
  pen.fillStyle = colour("ink");
  pen.beginPath();
  for (const [along, aside] of [[8, -5], [20, 0], [8, 5]]) pen.lineTo(along, aside);
  pen.fill();
  pen.restore();
}

/**
 * The way from A to B, evenly in latent space: a dot at every `every`th of its points, so that leaps
 * show.
 * @param {CanvasRenderingContext2D} pen
 * @param {[number, number][]} points
 * @param {number} every
 * @param {Projection} at
 */
export function drawPath(pen, points, every, { px, py, side }) {
  const places = points.map(([x, y]) => /** @type {[number, number]} */ ([px(x), py(y)]));
  for (const [name, width] of /** @type {[string, number][]} */ ([["card", 4], ["ink", 1.6]])) {
    pen.beginPath();
    for (const [across, up] of places) pen.lineTo(across, up);
    stroke(pen, name, width, 0.9);
  }
  pen.fillStyle = colour("ink");
  places.forEach(([across, up], index) => {
    if (index % every === 0) disc(pen, across, up, 2.6);
  });
  drawEnd(pen, "A", markAt(places[0], side).place);
  drawEnd(pen, "B", markAt(places[places.length - 1], side).place);
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {string} letter
 * @param {[number, number]} place
 */
function drawEnd(pen, letter, [across, up]) {
  pen.fillStyle = colour("ink");
  disc(pen, across, up, 8);
  pen.fillStyle = colour("card");
  Object.assign(pen, { font: "600 11px sans-serif", textAlign: "center", textBaseline: "middle" });
  pen.fillText(letter, across, up + 0.5);
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {number} across
 * @param {number} up
 * @param {number} radius
 */
function disc(pen, across, up, radius) {
  pen.beginPath();
  pen.arc(across, up, radius, 0, 2 * Math.PI);
  pen.fill();
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {string} name of a colour
 * @param {number} width
 * @param {number} alpha
 */
export function stroke(pen, name, width, alpha) {
  pen.strokeStyle = colour(name);
  pen.globalAlpha = alpha;
  pen.lineWidth = width;
  pen.stroke();
  pen.globalAlpha = 1;
}
