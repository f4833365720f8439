// Eight pictures that lead from A to B.

import { $, draw, keep, text } from "../lib/dom.js";
import { now, on } from "../lib/stream.js";
import { asRequest, fetchPicture, info, putPicture, z } from "./latent.js";

const STEPS = 8;
const GAP = 1; // px of the pictures' own, between them
const REFRESH = 3000; // ms between strips that only follow the training

const ends = { a: null, b: null, path: "slerp" };
let busy = false;
let wanted = false;
let visible = true;
let last = 0;
let shown = 0;
let timer = 0;

export function start() {
  Object.assign(ends, keep.get("ends", sessionStorage) ?? {});
  $("gv-set-a").addEventListener("click", () => set({ a: structuredClone(asRequest(z)) }));
  $("gv-set-b").addEventListener("click", () => set({ b: structuredClone(asRequest(z)) }));
  for (const button of document.querySelectorAll("[data-path]")) {
    button.addEventListener("click", () => set({ path: button.dataset.path }));
  }
  new IntersectionObserver(([entry]) => {
    visible = entry.isIntersecting;
    if (visible) follow();
  }).observe($("gv-strip"));
  on("hello", ({ sameRun }) => { if (!sameRun) shown = 0; });
  on("latent-ready", () => ask());
  on("snapshot", follow);
  show();
}

function set(part) {
  Object.assign(ends, part);
  keep.set("ends", ends, sessionStorage);
  show();
  ask();
}

/** Until a person sets them, the ends are two neighbours of the seed, so that there is something to see. */
function requests() {
  const classOf = (index) => (info.conditional ? Math.min(index, info.classes.length - 1) : null);
  const fits = (end) => end && (end.class == null) === !info.conditional && (end.class ?? 0) < Math.max(1, info.classes.length);
  const first = { seed: 3, class: classOf(3), directions: {}, raw: {} };
  const second = { seed: 8, class: classOf(8), directions: {}, raw: {} };
  return { a: fits(ends.a) ? ends.a : first, b: fits(ends.b) ? ends.b : second };
}

function follow() {
  clearTimeout(timer);
  if (!info.ready || !visible || document.hidden || now.snapshot === shown) return;
  const rest = last + REFRESH - performance.now();
  if (rest > 0) timer = setTimeout(follow, rest);
  else ask();
}

async function ask() {
  wanted = true;
  if (busy || !info.ready) return;
  busy = true;
  while (wanted) {
    wanted = false;
    last = performance.now();
    const version = now.snapshot;
    try {
      const picture = await fetchPicture("gv/strip", { ...requests(), path: ends.path, steps: STEPS, run: now.run.id });
      shown = version;
      draw("strip", () => paint(picture));
    } catch (problem) {
      if (problem.message) text($("gv-strip-caption"), problem.message);
    }
  }
  busy = false;
}

function paint(picture) {
  const canvas = $("gv-strip");
  fold(canvas, picture);
  canvas.classList.toggle("gv-smooth", picture.height > 40);
  canvas.setAttribute("aria-label", `Eight generated pictures from A to B by ${ends.path}, step ${picture.step}`);
  canvas.dataset.shown = (Number(canvas.dataset.shown) || 0) + 1;
  show();
}

/** The server's one row, in two: pictures twice the size in the same place. */
function fold(canvas, picture) {
  const row = document.createElement("canvas");
  putPicture(row, picture);
  const side = picture.width / STEPS;
  const across = STEPS / 2;
  Object.assign(canvas, { width: across * side + (across - 1) * GAP, height: 2 * picture.height + GAP });
  const pen = canvas.getContext("2d");
  for (let index = 0; index < STEPS; index += 1) {
    const x = (index % across) * (side + GAP);
    const y = index < across ? 0 : picture.height + GAP;
    pen.drawImage(row, index * side, 0, side, picture.height, x, y, side, picture.height);
  }
}

function show() {
  for (const button of document.querySelectorAll("[data-path]")) {
    button.setAttribute("aria-pressed", button.dataset.path === ends.path);
  }
  if (!ends.a && !ends.b) return;
  const name = (end) => (info.conditional && end.class != null ? `${info.classes[end.class]}, seed ${end.seed}` : `seed ${end.seed}`);
  const { a, b } = requests();
  text($("gv-strip-caption"), `${name(a)}  →  ${name(b)}`);
}
