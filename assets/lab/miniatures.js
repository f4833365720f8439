// @ts-check
// The small pictures in the parts of the graph: latents, samples, scores and losses of a recorded step.

import { colour } from "../lib/theme.js";
import { now } from "../lib/stream.js";

/** @typedef {import("./recordings.js").Recording} Recording */
/** @typedef {import("./recordings.js").Move} Move */

const BINS = 20;
/** Beyond this many points a miniature is a smear. */
const MOST_POINTS = 256;
const MOST_ARROWS = 60;

/**
 * A pen for a canvas at the size that it is shown at, in CSS pixels, wiped.
 * @param {HTMLCanvasElement} canvas
 */
export function penOf(canvas) {
  const scale = Math.min(2, devicePixelRatio || 1);
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  const size = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, width, height);
  return { pen, width, height };
}

/** @param {Recording} recording */
const anyMove = ({ moves }) => moves.discriminator ?? moves.generator;

/**
 * Latents: two numbers of each as a point, else all numbers of the first ones as rows.
 * @param {HTMLCanvasElement} canvas
 * @param {Recording} recording
 */
export function drawNoise(canvas, recording) {
  const { pen, width, height } = penOf(canvas);
  const { z, n } = anyMove(recording);
  const size = recording.latent_numbers;
  if (!z?.length) return;
  if (size === 1) return drawBars(pen, width, height, [histogram(z, -3, 3)], ["muted"]);
  if (size > 3) return drawRows(pen, width, height, z, size, n);
  pen.fillStyle = colour("muted");
  for (let index = 0; index < Math.min(n, MOST_POINTS); index += 1) {
    dot(pen, width * (0.5 + z[index * size] / 6), height * (0.5 - z[index * size + 1] / 6), 1.3);
  }
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {number} width
 * @param {number} height
 * @param {ArrayLike<number>} z
 * @param {number} size
 * @param {number} n
 */
function drawRows(pen, width, height, z, size, n) {
  const rows = Math.min(n, 16);
  const ends = [colour("d"), colour("warn")];
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < size; column += 1) {
      const value = z[row * size + column];
      pen.globalAlpha = Math.min(1, Math.abs(value) / 2.5);
      pen.fillStyle = ends[value < 0 ? 0 : 1];
      pen.fillRect((column * width) / size, (row * height) / rows, width / size + 0.5, height / rows - 0.5);
    }
  }
  pen.globalAlpha = 1;
}

/**
 * Fakes or reals; `pushed`: with where G's loss would have the fakes go.
 * @param {HTMLCanvasElement} canvas
 * @param {Recording} recording
 * @param {"fake" | "real"} which
 * @param {boolean} [pushed]
 */
export function drawSamples(canvas, recording, which, pushed = false) {
  const { pen, width, height } = penOf(canvas);
  const move = which === "real" ? recording.moves.discriminator : anyMove(recording);
  const samples = move?.[which];
  if (!samples) return;
  if (recording.kind === "images") {
    return drawTiles(pen, width, height, /** @type {Uint8Array} */ (samples), recording.shape);
  }
  const { x, y } = extentOf(recording, width, height);
  pen.fillStyle = colour(which);
  const count = Math.min(samples.length / 2, MOST_POINTS);
  for (let at = 0; at < 2 * count; at += 2) dot(pen, x(samples[at]), y(samples[at + 1]), 1.5);
  const push = recording.moves.generator?.push;
  if (pushed && push) drawPushes(pen, samples, push, x, y);
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {ArrayLike<number>} samples
 * @param {ArrayLike<number>} push
 * @param {(value: number) => number} x
 * @param {(value: number) => number} y
 */
function drawPushes(pen, samples, push, x, y) {
  const count = Math.min(samples.length / 2, push.length / 2, MOST_ARROWS);
  let longest = 0;
  for (let at = 0; at < 2 * count; at += 2) longest = Math.max(longest, Math.hypot(push[at], push[at + 1]));
  if (!longest) return;
  pen.strokeStyle = colour("ink");
  pen.lineWidth = 1;
  for (let index = 0; index < count; index += 1) {
    const [px, py] = [x(samples[2 * index]), y(samples[2 * index + 1])];
    const [dx, dy] = [push[2 * index], push[2 * index + 1]].map((part) => (14 * part) / longest);
    stroke(pen, px, py, px + dx, py - dy);
  }
}

/**
 * From the plane to a miniature: the reals with some room around them, else the fakes.
 * @param {Recording} recording
 * @param {number} width
 * @param {number} height
 */
function extentOf(recording, width, height) {
  const points = recording.moves.discriminator?.real ?? recording.moves.generator?.fake ?? [];
  let reach = 0;
  for (let index = 0; index < points.length; index += 1) reach = Math.max(reach, Math.abs(points[index]));
  const scale = Math.min(width, height) / (2.5 * (reach || 1));
  return {
    x: (/** @type {number} */ value) => width / 2 + scale * value,
    y: (/** @type {number} */ value) => height / 2 - scale * value,
  };
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {number} width
 * @param {number} height
 * @param {Uint8Array} samples
 * @param {number[]} shape
 */
function drawTiles(pen, width, height, samples, shape) {
  const [rows, columns] = shape;
  const side = Math.floor(Math.min(width, height) / 4);
  const left = (width - 4 * side) / 2;
  pen.imageSmoothingEnabled = false;
  for (let index = 0; index < Math.min(16, samples.length / (shape[0] * shape[1] * shape[2])); index += 1) {
    const tile = tileOf(samples, index, shape);
    const sheet = new OffscreenCanvas(columns, rows);
    /** @type {OffscreenCanvasRenderingContext2D} */ (sheet.getContext("2d")).putImageData(tile, 0, 0);
    pen.drawImage(sheet, left + (index % 4) * side, Math.floor(index / 4) * side, side - 1, side - 1);
  }
}

/**
 * One picture as pixels.
 * @param {Uint8Array} samples
 * @param {number} index
 * @param {number[]} shape height, width, channels
 */
export function tileOf(samples, index, [rows, columns, channels]) {
  const pixels = new ImageData(columns, rows);
  const from = index * rows * columns * channels;
  for (let at = 0; at < rows * columns; at += 1) {
    for (let part = 0; part < 3; part += 1) {
      pixels.data[4 * at + part] = samples[from + at * channels + (channels === 1 ? 0 : part)];
    }
    pixels.data[4 * at + 3] = 255;
  }
  return pixels;
}

/**
 * D's scores of reals and fakes as two histograms.
 * @param {HTMLCanvasElement} canvas
 * @param {Recording} recording
 * @param {string[] | null} active
 */
export function drawScores(canvas, recording, active) {
  const { pen, width, height } = penOf(canvas);
  // G's move comes after D's: its scores are those of a D that has moved
  const { discriminator: d, generator: g } = recording.moves;
  const move = (active?.includes("g-loss") ? g : d) ?? d ?? g;
  const { real_scores: real = new Float32Array(), fake_scores: fake = new Float32Array() } = move;
  const known = [...real, ...fake].filter(Number.isFinite);
  if (!known.length) return;
  const unit = recording.unit !== "raw";
  const [low, high] = unit ? [0, 1] : [Math.min(...known), Math.max(...known) + 1e-6];
  drawBars(pen, width, height, [histogram(real, low, high), histogram(fake, low, high)], ["real", "fake"]);
}

/**
 * A loss as a bar, beside where it stands at equilibrium.
 * @param {HTMLCanvasElement} canvas
 * @param {Recording} recording
 * @param {string} player
 */
export function drawLosses(canvas, recording, player) {
  const { pen, width, height } = penOf(canvas);
  const loss = recording.moves[player]?.loss;
  if (loss == null) return;
  const rest = now.run?.equilibrium?.[player === "discriminator" ? "loss_d" : "loss_g"];
  const all = [loss, rest ?? 0];
  const most = Math.max(Math.abs(loss), 2 * Math.abs(all[1]), 1e-6);
  const zero = Math.min(...all) < 0 ? width / 2 : 0;
  const scale = (width - zero) / most;
  pen.fillStyle = colour(player === "discriminator" ? "d" : "fake");
  pen.fillRect(Math.min(zero, zero + loss * scale), 0.25 * height, Math.abs(loss * scale), 0.5 * height);
  if (typeof rest !== "number") return;
  pen.strokeStyle = colour("ink");
  pen.setLineDash([3, 2]);
  stroke(pen, zero + rest * scale, 0, zero + rest * scale, height);
  pen.setLineDash([]);
}

/**
 * Shares of `values` in bins from `low` to `high`; what lies outside counts at the ends.
 * @param {ArrayLike<number>} values
 * @param {number} low
 * @param {number} high
 */
export function histogram(values, low, high) {
  const bins = Array(BINS).fill(0);
  for (let index = 0; index < values.length; index += 1) {
    const at = Math.floor((BINS * (values[index] - low)) / (high - low));
    if (Number.isFinite(at)) bins[Math.max(0, Math.min(BINS - 1, at))] += 1 / values.length;
  }
  return bins;
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {number} width
 * @param {number} height
 * @param {number[][]} kinds
 * @param {string[]} colours
 */
function drawBars(pen, width, height, kinds, colours) {
  const highest = Math.max(...kinds.flat(), 1e-9);
  kinds.forEach((bins, kind) => {
    pen.fillStyle = colour(colours[kind]);
    pen.globalAlpha = kinds.length > 1 ? 0.65 : 1;
    bins.forEach((share, at) => {
      const tall = ((height - 2) * share) / highest;
      pen.fillRect((at * width) / BINS, height - tall, width / BINS - 0.5, tall);
    });
  });
  pen.globalAlpha = 1;
}

/** @param {CanvasRenderingContext2D} pen @param {number} x @param {number} y @param {number} radius */
function dot(pen, x, y, radius) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fill();
}

/** @param {CanvasRenderingContext2D} pen @param {number} x @param {number} y @param {number} toX @param {number} toY */
function stroke(pen, x, y, toX, toY) {
  pen.beginPath();
  pen.moveTo(x, y);
  pen.lineTo(toX, toY);
  pen.stroke();
}
