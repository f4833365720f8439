// @ts-check
// The plane of a two-dimensional run, frame by frame: the newest, or one that was looked back at.

import { $, el, find, findAll, text } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { asOf, newest } from "../lib/measured.js";
import { GLIDE, GLIDE_AFTER } from "../lib/pacing.js";
import { readPlane } from "../lib/plane_data.js";
import { isGone, send } from "../lib/request.js";
import { retrying } from "../lib/retry.js";
import { scaleOf } from "../lib/diverging.js";
import { figure } from "../lib/format.js";
import { draw, whileLoading } from "../lib/schedule.js";
import { storage } from "../lib/storage.js";
import { emit, now, on, stats } from "../lib/stream.js";
import { BETWEEN } from "../latent/strip.js";
import { showModes } from "./mode_tiles.js";
import { clean, countOutside, drawCrosses, drawMarker, drawPath, drawRings, drawVerdict, extent, makeVerdict, markAt, projection } from "./plane.js";

const LEAST_SIDE = 40;
const LAYERS = [
  ["real", "Real", "Samples of the data, as rings."],
  ["fake", "Generated", "What G makes of the same latent vectors, again and again, as crosses."],
  ["d", "D's verdict", "Green where D takes samples for real, purple where it takes them for generated; the line is where it cannot tell."],
];

/** @typedef {import("../lib/plane_data.js").Plane} Plane */
/** @typedef {import("../lib/plane_data.js").Points} Points */

/** @type {Record<string, boolean>} */
const visible = { real: true, fake: true, d: true, ...(storage.get("scatter") ?? {}) };
/** The plane that is shown. @type {Plane | null} */
let plane = null;
/** A kept picture of a run from before pictures carried their points. @type {ImageBitmap | null} */
let picture = null;
/** D's verdict as a picture, made when it is drawn. @type {import("./plane.js").Verdict | null} */
let verdict = null;
/** The fakes' places before this plane, from which they glide. @type {Points | null} */
let from = null;
let moved = 0;
/** Where the latent explorer's z lies. @type {{x: number, y: number} | null} */
let marker = null;
/** The way between the two z of the latent explorer. @type {[number, number][] | null} */
let path = null;
/** The earlier step that is looked back at. @type {number | null} */
let lookback = null;
/** The newest plane wanted while another loads. @type {{url: string, step: number} | null} */
let wanted = null;
let busy = false;
const retry = retrying((/** @type {{url: string, step: number}} */ frame) => void load(frame));

export function start() {
  const canvas = el("canvas", { role: "img", "aria-label": "No points yet" });
  $("gv-stage").append(el("div", { id: "gv-scatter", hidden: true }, canvas, foot()));
  $("gv-stage").after(el("div", { id: "gv-modes", hidden: true }));
  find(document, ".gv-grid-card .gv-switch").before(legend());
  new ResizeObserver(() => draw("scatter", paint)).observe($("gv-stage"));
  on("hello", ({ run, sameRun }) => {
    document.body.dataset.gvKind = run?.spec?.kind ?? "images";
    if (sameRun) return;
    plane = from = verdict = picture = marker = null;
    retry.asked(null);
    delete canvas.dataset.step;
  });
  on("plane", load);
  on("latent-point", (point) => { marker = point; draw("scatter", paint); });
  on("latent-path", (way) => { path = way?.points ?? null; draw("scatter", paint); });
  on("lookback", (/** @type {number | null} */ step) => {
    lookback = step;
    if (isPoints()) draw("scatter-modes", tiles);
  });
  on("measured", measured);
  on("theme", () => draw("scatter", () => { judge(); paint(); }));
  show();
}

const isPoints = () => now.run?.spec?.kind === "points";

/** The key of the verdict's colours, and what the plane does not show. */
function foot() {
  return el("div", { id: "gv-plane-foot" },
    el("div", { id: "gv-plane-key", hidden: true }, el("span", {}, "generated"),
      el("b", {}, "0"), el("i", {}, el("u")), el("b", {}, "1"), el("span", {}, "real")),
    el("span", { id: "gv-plane-outside", "data-tip": "Generated points beyond the edges of the plane." }));
}

function legend() {
  return el("div", {
    id: "gv-scatter-legend", class: "gv-legend", role: "group", "aria-label": "Show or hide parts of the plane",
  }, ...LAYERS.map(([name, label, words]) => {
    const button = el("button", {
      type: "button", class: "gv-key", "data-layer": name, "aria-pressed": String(visible[name]), "data-tip": words,
      onclick: () => {
        visible[name] = !visible[name];
        button.setAttribute("aria-pressed", String(visible[name]));
        storage.set("scatter", visible);
        draw("scatter", paint);
      },
    }, el("i"), label);
    return button;
  }));
}

/** @param {string | null} kind */
function measured(kind) {
  show();
  if (!isPoints()) return;
  if (kind === null || kind === "modes") draw("scatter-modes", tiles);
  if (kind === "scatter" || kind === null) draw("scatter", paint);
}

const tiles = () => showModes(asOf("modes", lookback));

function show() {
  const ready = isPoints() && Boolean((plane || picture) && newest("scatter"));
  $("gv-scatter").hidden = $("gv-modes").hidden = !ready;
  if (ready) $("gv-grid-empty").hidden = true;
}

/** Fetch a plane; of several wanted meanwhile only the newest. @param {{url: string, step: number}} frame */
async function load(frame) {
  wanted = frame;
  retry.asked(frame);
  if (busy) return;
  busy = true;
  while (wanted) {
    const want = wanted;
    wanted = null;
    const run = now.run?.id;
    const bytes = await whileLoading(fetchBytes(want.url));
    if (run !== now.run?.id) continue;
    if (bytes) await take(bytes, want.step);
    // a plane that did not come leaves that before it in place
    else if (!(await isGone(want.url))) retry.missed(want);
  }
  busy = false;
}

/** The bytes at an address, or null. @param {string} url */
const fetchBytes = (url) => send(url)
  .then(async (response) => new Uint8Array(await response.arrayBuffer())).catch(() => null);

/**
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {number} step
 */
async function take(bytes, step) {
  const before = plane;
  const moving = performance.now() - moved < GLIDE_AFTER;
  plane = readPlane(bytes);
  picture = plane ? null : await createImageBitmap(new Blob([bytes]));
  plane ??= { step, fake: { x: [], y: [] }, surface: null, manifold: null, arrows: null };
  const still = moving || document.hidden || matchMedia("(prefers-reduced-motion: reduce)").matches;
  from = still ? null : before?.fake ?? null;
  moved = performance.now();
  judge();
  show();
  draw("scatter", paint);
  emit("plane-taken", plane);
}

/** The plane that was fetched last, or null. */
export const takenPlane = () => plane;

/** D's verdict is to be drawn in the present colours; their key. */
function judge() {
  const surface = plane?.surface;
  verdict = null;
  $("gv-plane-key").hidden = !surface;
  // an autoencoder has no D
  find($("gv-scatter-legend"), "[data-layer=d]").hidden = !surface;
  if (!surface) return;
  const { low, high } = scaleOf(surface);
  const [least, most] = findAll("#gv-plane-key b");
  text(least, surface.unit === "probability" ? "0" : figure(low));
  text(most, surface.unit === "probability" ? "1" : figure(high));
  $("gv-plane-key").dataset.unit = surface.unit;
}

function paint() {
  const real = newest("scatter")?.real;
  const stage = $("gv-stage");
  const side = Math.floor(Math.min(stage.clientWidth, stage.clientHeight - $("gv-plane-foot").offsetHeight));
  if (!plane || !real || !isPoints() || side < LEAST_SIDE) return;
  const canvas = find($("gv-scatter"), "canvas", HTMLCanvasElement);
  const pen = clean(canvas, side);
  const at = projection(extent(real, plane.surface), side);
  if (picture) pen.drawImage(picture, 0, 0, side, side);
  else paintPoints(pen, real, at);
  const outside = countOutside(plane.fake, at);
  text($("gv-grid-caption"), `step ${count(plane.step)}`);
  text($("gv-plane-outside"), outside ? `${count(outside)} outside` : "");
  canvas.setAttribute("aria-label", words(real, outside, at));
  canvas.dataset.step = String(plane.step);
  canvas.dataset.path = path ? "yes" : "no";
  stats.frame = { step: plane.step, at: Date.now() / 1000 };
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Points} real
 * @param {import("./plane.js").Projection} at
 */
function paintPoints(pen, real, at) {
  if (!plane) return;
  const share = Math.min(1, (performance.now() - moved) / GLIDE);
  if (visible.d) paintVerdict(pen, plane, at);
  if (visible.real) drawRings(pen, real, at);
  if (visible.fake) drawCrosses(pen, between(from, plane.fake, share), at);
  if (marker) drawMarker(pen, marker, at);
  if (path) drawPath(pen, path, BETWEEN, at);
  if (from && share < 1) requestAnimationFrame(paint);
  else from = null;
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Plane} of
 * @param {import("./plane.js").Projection} at
 */
function paintVerdict(pen, { surface }, at) {
  if (!surface) return;
  verdict ??= makeVerdict(surface);
  drawVerdict(pen, verdict, at);
}

/**
 * On the way from `a` to `b`.
 * @param {Points | null} a
 * @param {Points} b
 * @param {number} share of the way
 */
function between(a, b, share) {
  if (!a || share >= 1 || a.x.length !== b.x.length) return b;
  const far = 1 - (1 - share) ** 3;
  const mix = (/** @type {number[]} */ then, /** @type {number[]} */ next) =>
    next.map((value, i) => then[i] + (value - then[i]) * far);
  return { x: mix(a.x, b.x), y: mix(a.y, b.y) };
}

/**
 * The plane in words.
 * @param {Points} real
 * @param {number} outside how many generated points the plane does not show
 * @param {import("./plane.js").Projection} at
 */
function words(real, outside, at) {
  const modes = newest("modes");
  const found = modes ? ` ${modes.captured} of ${modes.total} modes captured, `
    + `${(100 * modes.quality).toFixed(1)} per cent of high quality.` : "";
  const way = path ? " A line shows the path from A to B." : "";
  const beyond = outside ? ` ${count(outside)} of the generated ones lie outside of the plane.` : "";
  const isBeyond = marker && markAt([at.px(marker.x), at.py(marker.y)], at.side).beyond !== null;
  const z = marker && isBeyond
    ? ` An arrow shows where the latent explorer's G(z) lies, at ${figure(marker.x)}, ${figure(marker.y)}.` : "";
  return `${real.x.length} real and ${plane?.fake.x.length} generated points at step ${plane?.step}.`
    + found + beyond + way + z;
}
