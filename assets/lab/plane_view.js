// @ts-check
// What the lab's plane holds, and its drawing: one frame of it.

import { nearScaleOf } from "../lib/diverging.js";
import { newest } from "../lib/measured.js";
import { GLIDE, LAB_UNFOLD } from "../lib/pacing.js";
import { clean, drawCrosses, drawRings, drawVerdict, extent, makeVerdict } from "../train/plane.js";
import { drawArrows, drawContours, drawDensity, drawManifold, drawTrails, unfoldedShare, usualLength } from "./layers.js";
import { lay, sheetOf } from "./sheets.js";
import { WHOLE, viewport } from "./viewport.js";

/** @typedef {import("../lib/plane_data.js").Plane} Plane */
/** @typedef {import("../lib/plane_data.js").Points} Points */
/** @typedef {{parts: string[], step: number, real: Points | null, fake: Points, push: Points | null}} Replayed */

/** Planes that a trail reaches back. */
const PAST = 8;
/** Of a layer that takes no part in the sub-step. */
const FAINT = 0.16;
/** Arrows of a replayed step. */
const MOST_ARROWS = 160;
/** The parts of the game that a layer shows. @type {Record<string, string[]>} */
const PARTS = {
  real: ["reals"], fake: ["fakes"], trail: ["fakes"], d: ["discriminator"], arrows: ["fakes-back"],
  manifold: ["noise-generator"], density: ["fakes", "reals"],
};
/** Colours of the losses' arrows: the run's own in ink. */
export const ARROW_ROLES = ["ink", "warn", "accent", "d"];

export const held = {
  /** @type {Plane | null} */
  plane: null,
  /** The fakes of the planes before, oldest first. @type {Points[]} */
  past: [],
  /** When the newest plane came, and when the grid of latents began to unfold. */
  came: 0, unfolded: -LAB_UNFOLD,
  view: WHOLE,
  /** @type {import("../train/plane.js").Verdict | null} */
  verdict: null,
  /** @type {import("../lib/diverging.js").Scale | null} */
  scale: null,
  /** @type {import("./viewport.js").Viewport | null} */
  at: null,
  /** The samples of the step that is replayed, and the parts that take part. @type {Replayed | null} */
  replayed: null,
  /** Which losses' arrows are drawn: null is the run's own. @type {string | null} */
  loss: null,
};

/** Take a plane in; one that is not the next step begins new trails. @param {Plane | null} plane */
export function take(plane) {
  const { plane: before } = held;
  const next = before && plane && plane.step > before.step && plane.fake.x.length === before.fake.x.length;
  held.past = next ? [...held.past, before.fake].slice(-PAST) : [];
  held.plane = plane;
  held.came = performance.now();
  judge();
}

/** D's verdict in the present colours. */
export function judge() {
  const surface = held.plane?.surface;
  held.scale = surface ? nearScaleOf(surface) : null;
  held.verdict = surface && held.scale ? makeVerdict(surface, held.scale) : null;
}

/**
 * Show the samples of a sub-step, or the newest ones again.
 * @param {import("./recordings.js").Recording | null} recording
 * @param {import("./moves.js").SubStep | null} sub
 */
export function replay(recording, sub) {
  held.replayed = null;
  if (!recording || !sub || recording.kind !== "points") return;
  const move = recording.moves[sub.player];
  const { discriminator: d } = recording.moves;
  const pushed = sub.parts.includes("fakes-back") && move.push;
  held.replayed = {
    parts: sub.parts, step: recording.step, fake: asPoints(move.fake),
    real: d?.real ? asPoints(d.real) : null, push: pushed ? asPoints(pushed) : null,
  };
}

/** Pairs of numbers as points. @param {ArrayLike<number>} values @returns {Points} */
function asPoints(values) {
  const all = Array.from(values);
  return { x: all.filter((_, at) => at % 2 === 0), y: all.filter((_, at) => at % 2) };
}

/** Whether the next drawing would differ from this one. */
export const moving = () => {
  const now = performance.now();
  return now - held.came < GLIDE || now - held.unfolded < LAB_UNFOLD;
};

/** The fakes on their way from the plane before. @returns {Points} */
export function fakesNow() {
  const fake = /** @type {Plane} */ (held.plane).fake;
  const from = held.past.at(-1);
  const share = Math.min(1, (performance.now() - held.came) / GLIDE);
  if (!from || share >= 1) return fake;
  const mix = (/** @type {number[]} */ a, /** @type {number[]} */ b) =>
    b.map((value, i) => a[i] + (value - a[i]) * share);
  return { x: mix(from.x, fake.x), y: mix(from.y, fake.y) };
}

/** The losses whose arrows are drawn, the run's own first. */
export function shownLosses() {
  const arrows = held.plane?.arrows;
  if (!arrows) return [];
  if (held.loss === "all") return Object.keys(arrows.pushes);
  return [held.loss && arrows.pushes[held.loss] ? held.loss : arrows.own];
}

/**
 * @typedef {{pen: CanvasRenderingContext2D, at: import("./viewport.js").Viewport, plane: Plane, real: Points,
 *   fakes: Points, side: number}} Drawing
 */

/**
 * What draws each layer, from the lowest up.
 * @type {Record<string, (drawing: Drawing) => void>}
 */
const PAINT = {
  d: ({ pen, at }) => {
    const { verdict, scale } = held;
    if (!verdict || !scale) return;
    drawVerdict(pen, verdict, at);
    drawContours(pen, verdict.surface, scale, at);
  },
  density: ({ pen, real, fakes, at }) => {
    drawDensity(pen, real, "real", at);
    drawDensity(pen, fakes, "fake", at);
  },
  manifold: ({ pen, plane, at, side }) => {
    if (plane.manifold) drawManifold(pen, plane.manifold, unfoldedShare(held.unfolded), at, side);
  },
  trail: ({ pen, fakes, at }) => {
    if (held.past.length && !held.replayed) drawTrails(pen, [...held.past, fakes], at);
  },
  real: ({ pen, real, at }) => drawRings(pen, real, at),
  fake: ({ pen, fakes, at }) => drawCrosses(pen, fakes, at),
  arrows: ({ pen, at }) => paintArrows(pen, at),
};

/**
 * Of the layers that stand still from one plane to the next, what they show beside the view.
 * @type {Record<string, (drawing: Drawing) => unknown[]>}
 */
const STILL = {
  d: () => [held.verdict],
  real: ({ real }) => [real],
  arrows: ({ plane }) => [plane.arrows, held.loss],
};

/**
 * @param {HTMLCanvasElement} canvas
 * @param {number} side CSS px
 * @param {Record<string, boolean>} layers which are drawn
 */
export function paint(canvas, side, layers) {
  const { plane, view } = held;
  const reals = newest("scatter")?.real;
  if (!plane || !reals) return false;
  const pen = clean(canvas, side);
  const box = extent(reals, plane.surface);
  const at = viewport(box, side, view);
  held.at = at;
  const drawing = { pen, at, plane, side, ...samplesInSight(reals) };
  const place = [...box.x, ...box.y, view.zoom, view.x, view.y];
  for (const [name, draw] of Object.entries(PAINT)) {
    if (!layers[name]) continue;
    const shows = standsStill(name, drawing);
    if (!shows) draw(drawing);
    else {
      const sheet = sheetOf(name, side, [...shows, ...place], (its) => draw({ ...drawing, pen: its }));
      lay(pen, sheet, opacityOf(name));
    }
  }
  return true;
}

/** The samples of the step that is replayed, or the newest. @param {Points} reals */
const samplesInSight = (reals) =>
  ({ real: held.replayed?.real ?? reals, fakes: held.replayed?.fake ?? fakesNow() });

/** What a layer shows beside the view, where it stands still. @param {string} name @param {Drawing} drawing */
const standsStill = (name, drawing) => (held.replayed
  ? [held.replayed, held.verdict, drawing.plane, unfoldedShare(held.unfolded)] : STILL[name]?.(drawing));

/** A layer that takes no part in the sub-step can just be seen. @param {string} layer */
const opacityOf = (layer) =>
  (!held.replayed || PARTS[layer].some((part) => held.replayed?.parts.includes(part)) ? 1 : FAINT);

/** @param {CanvasRenderingContext2D} pen @param {import("./viewport.js").Viewport} at */
function paintArrows(pen, at) {
  if (held.replayed) return paintPush(pen, at, held.replayed);
  const arrows = held.plane?.arrows;
  if (!arrows) return;
  const usual = usualLength(arrows.pushes[arrows.own]);
  const names = Object.keys(arrows.pushes);
  for (const name of shownLosses()) {
    drawArrows(pen, arrows.at, arrows.pushes[name], usual, ARROW_ROLES[names.indexOf(name)], at);
  }
}

/**
 * The push that the step had in truth.
 * @param {CanvasRenderingContext2D} pen
 * @param {import("./viewport.js").Viewport} at
 * @param {Replayed} step
 */
function paintPush(pen, at, { fake, push }) {
  if (!push) return;
  const first = (/** @type {Points} */ { x, y }) => ({ x: x.slice(0, MOST_ARROWS), y: y.slice(0, MOST_ARROWS) });
  drawArrows(pen, first(fake), first(push), usualLength(push), ARROW_ROLES[0], at);
}

/** What D says at a place of the plane: between the points of its grid, or null outside. @param {number} x @param {number} y */
export function verdictAt(x, y) {
  const surface = held.plane?.surface;
  if (!surface) return null;
  const { size, z } = surface;
  const place = (/** @type {number} */ value, /** @type {number[]} */ [low, high]) => ((value - low) / (high - low)) * (size - 1);
  const [col, row] = [place(x, surface.x), place(y, surface.y)];
  if (!(col >= 0 && row >= 0 && col <= size - 1 && row <= size - 1)) return null;
  const [left, low] = [Math.min(size - 2, Math.floor(col)), Math.min(size - 2, Math.floor(row))];
  const [across, up] = [col - left, row - low];
  const value = (/** @type {number} */ r, /** @type {number} */ c) => z[r * size + c];
  return (1 - up) * ((1 - across) * value(low, left) + across * value(low, left + 1))
    + up * ((1 - across) * value(low + 1, left) + across * value(low + 1, left + 1));
}

/** The fake nearest to a place of the canvas, within `near` px, or -1. @param {number} x @param {number} y */
export function fakeAt(x, y, near = 9) {
  const { at, plane, replayed } = held;
  if (!at || !plane || replayed) return -1; // what is drawn of a replayed step has other latents
  let [best, least] = [-1, near * near];
  plane.fake.x.forEach((value, i) => {
    const far = (at.px(value) - x) ** 2 + (at.py(plane.fake.y[i]) - y) ** 2;
    if (far < least) [best, least] = [i, far];
  });
  return best;
}
