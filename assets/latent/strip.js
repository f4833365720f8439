// @ts-check
// What lies between A and B: eight pictures, or, of points, a path in the plane.

import { $, findAll, text } from "../lib/dom.js";
import { ASK_AGAIN, STRIP_REFRESH } from "../lib/pacing.js";
import { context, paintRgb } from "../lib/pictures.js";
import { post } from "../lib/request.js";
import { draw } from "../lib/schedule.js";
import { storage } from "../lib/storage.js";
import { emit, now, on } from "../lib/stream.js";
import { asRequest, fetchPicture, info, z } from "./latent.js";

const STEPS = 8;
/** Of a path in the plane, from one of the eight to the next. */
export const BETWEEN = 4;
/** px of the pictures' own, between them */
const GAP = 1;

/** @typedef {import("./latent.js").Latent} End */
const ends = {
  a: /** @type {End | null} */ (null), b: /** @type {End | null} */ (null), path: "slerp",
};
let busy = false;
let wanted = false;
let visible = true;
let lastRequest = 0;
let shownVersion = 0;
let timer = 0;

export function start() {
  Object.assign(ends, storage.get("ends", sessionStorage) ?? {});
  $("gv-set-a").addEventListener("click", () => set({ a: structuredClone(z) }));
  $("gv-set-b").addEventListener("click", () => set({ b: structuredClone(z) }));
  for (const button of findAll("[data-path]")) {
    button.addEventListener("click", () => set({ path: button.dataset.path }));
  }
  new IntersectionObserver(([entry]) => {
    visible = entry.isIntersecting;
    if (visible) followTraining();
  }).observe($("gv-strip"));
  on("hello", ({ sameRun }) => {
    if (!sameRun) clearStrip();
    showControls();
  });
  on("latent-ready", requestStrip);
  on("snapshot", followTraining);
  showControls();
}

/** The strip of an earlier run says nothing about this one. */
function clearStrip() {
  shownVersion = 0;
  const canvas = $("gv-strip", HTMLCanvasElement);
  Object.assign(canvas, { width: 1, height: 1 });
  canvas.setAttribute("aria-label", "No pictures yet");
  emit("latent-path", null);
}

function set(part) {
  Object.assign(ends, part);
  storage.set("ends", ends, sessionStorage);
  showControls();
  requestStrip();
}

/** Until a person sets them, the ends are two neighbours of the seed, so that there is a path. */
function requests() {
  const most = info.classes.length - 1;
  const classOf = (index) => (info.conditional ? Math.min(index, most) : null);
  const fits = (/** @type {End} */ end) => (end.class == null) === !info.conditional
    && (end.class ?? 0) <= Math.max(0, most);
  const first = { seed: 3, class: classOf(3), directions: {}, raw: {} };
  const second = { seed: 8, class: classOf(8), directions: {}, raw: {} };
  return { a: ends.a && fits(ends.a) ? ends.a : first, b: ends.b && fits(ends.b) ? ends.b : second };
}

/** The ends as the server needs them: of an earlier run, without what this generator lacks. */
function asBody() {
  const { a, b } = requests();
  return { a: asRequest(a), b: asRequest(b), path: ends.path };
}

function followTraining() {
  clearTimeout(timer);
  if (!info.ready || !visible || document.hidden || now.snapshot === shownVersion) return;
  const wait = lastRequest + STRIP_REFRESH - performance.now();
  if (wait > 0) timer = setTimeout(followTraining, wait);
  else requestStrip();
}

async function requestStrip() {
  wanted = true;
  if (busy || !info.ready) return;
  busy = true;
  while (wanted && info.ready) {
    wanted = false;
    lastRequest = performance.now();
    await (info.kind === "points" ? updatePath : updateStrip)(now.snapshot, now.run?.id);
  }
  busy = false;
}

/** Of points there are no pictures: the plane shows the way, once somebody has set an end. */
async function updatePath(version, run) {
  shownVersion = version;
  if (!ends.a && !ends.b) return;
  const steps = BETWEEN * (STEPS - 1) + 1;
  const answer = await post("gv/strip", { ...asBody(), steps, run });
  if (now.run?.id !== run) return;
  if (!answer.ok) return askAgain(answer.sentence);
  emit("latent-path", { points: answer.points });
  showControls();
}

async function updateStrip(version, run) {
  try {
    const body = { ...asBody(), steps: STEPS };
    const picture = await fetchPicture("gv/strip", body);
    if (now.run?.id !== run) return;
    shownVersion = version;
    draw("strip", () => { if (now.run?.id === run) paint(picture); });
  } catch (problem) {
    if (now.run?.id === run) askAgain(/** @type {Error} */ (problem).message);
  }
}

/** Say why there is nothing new. A run that is paused sends no news that would ask again. @param {string} why */
function askAgain(why) {
  if (why) text($("gv-strip-caption"), why);
  shownVersion = 0;
  clearTimeout(timer);
  timer = setTimeout(followTraining, ASK_AGAIN);
}

/** @param {import("./latent.js").Picture} picture */
function paint(picture) {
  const canvas = $("gv-strip", HTMLCanvasElement);
  fold(canvas, picture);
  canvas.classList.toggle("gv-smooth", picture.height > 40);
  canvas.setAttribute("aria-label",
    `Eight generated pictures from A to B by ${ends.path}, step ${picture.step}`);
  canvas.dataset.shown = String((Number(canvas.dataset.shown) || 0) + 1);
  showControls();
}

/** The server's one row, in two: pictures twice the size on the same room. */
function fold(canvas, picture) {
  const row = document.createElement("canvas");
  paintRgb(row, picture);
  const side = picture.width / STEPS;
  const across = STEPS / 2;
  Object.assign(canvas, {
    width: across * side + (across - 1) * GAP, height: 2 * picture.height + GAP,
  });
  const pen = context(canvas);
  for (let index = 0; index < STEPS; index += 1) {
    const x = (index % across) * (side + GAP);
    const y = index < across ? 0 : picture.height + GAP;
    pen.drawImage(row, index * side, 0, side, picture.height, x, y, side, picture.height);
  }
}

function showControls() {
  const points = info.kind === "points";
  text($("gv-strip-title"), `Between two ${points ? "points" : "pictures"}`);
  for (const button of findAll("[data-path]")) {
    button.setAttribute("aria-pressed", String(button.dataset.path === ends.path));
  }
  if (!ends.a && !ends.b) {
    return text($("gv-strip-caption"), points ? "Set A or B: the plane shows the path"
      : "Eight pictures from A to B");
  }
  const { a, b } = requests();
  text($("gv-strip-caption"), `${nameOf(a)}  →  ${nameOf(b)}`);
}

const nameOf = (end) => (info.conditional && end.class != null
  ? `${info.classes[end.class]}, ${sourceOf(end)}` : sourceOf(end));
const sourceOf = (end) => {
  const { tile = null, seed } = asRequest(end);
  return tile === null ? `seed ${seed}` : `tile ${tile + 1}`;
};
