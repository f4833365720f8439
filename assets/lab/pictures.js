// @ts-check
// The fakes of a recorded step as pictures: what D says of each, and which way the loss of G would
// push each pixel.

import { on } from "../lib/bus.js";
import { $, el, findAll, mark, text } from "../lib/dom.js";
import { brief, count, figure } from "../lib/format.js";
import { draw } from "../lib/schedule.js";
import { colour, rgb } from "../lib/theme.js";
import { tileOf } from "./miniatures.js";

/** @typedef {import("./recordings.js").Recording} Recording */

const MODES = { signed: "Which way", size: "How strongly" };
/** The middle of the bytes that a push is sent as. */
const NONE = 128;

/** @type {Recording | null} */
let recording = null;
/** @type {keyof typeof MODES} */
let mode = "signed";
let sorted = false;

export function start() {
  const section = $("gv-lab-pictures");
  section.dataset.recorded = "no";
  section.append(
    el("header", { class: "gv-card-head" }, el("h2", { id: "gv-lab-pictures-title" }, "Where G's loss pushes the pixels"), el("span", { class: "gv-spring" }),
      el("div", { class: "gv-switch", role: "group", "aria-label": "What is drawn of the gradient" }, ...Object.entries(MODES).map(([name, label]) => el("button", {
        type: "button", "data-mode": name, "aria-pressed": String(name === mode), onclick: () => choose(name),
      }, label))),
      el("button", { type: "button", class: "gv-chip", id: "gv-lab-sort", "aria-pressed": "false", onclick: sort }, "Sort by score")),
    el("p", { class: "gv-say", id: "gv-lab-pictures-say" }),
    el("div", { class: "gv-lab-tiles", id: "gv-lab-tiles", role: "list" }));
  on("lab-shown", (shown) => {
    dimTiles(shown.sub?.parts ?? null);
    if (shown.recording === recording) return;
    recording = shown.recording;
    section.dataset.recorded = recording ? "yes" : "no";
    if (recording) draw("lab-pictures", paint);
  });
  on("theme", () => draw("lab-pictures", paint));
}

/** What takes no part in a sub-step is dimmed. @param {string[] | null} parts null: all take part */
function dimTiles(parts) {
  const dims = parts ? Object.entries({ fake: "fakes", push: "fakes-back", score: "fakes-discriminator" })
    .filter(([, part]) => !parts.includes(part)).map(([name]) => name) : [];
  $("gv-lab-tiles").dataset.dims = dims.join(" ");
}

/** @param {string} name */
function choose(name) {
  mode = /** @type {keyof typeof MODES} */ (name);
  for (const button of findAll("[data-mode]", $("gv-lab-pictures"))) mark(button, "aria-pressed", button.dataset.mode === mode);
  paint();
}

function sort() {
  sorted = !sorted;
  mark($("gv-lab-sort"), "aria-pressed", sorted);
  paint();
}

function paint() {
  if (recording?.kind !== "images") return;
  const move = recording.moves.generator;
  if (!move?.push) {
    text($("gv-lab-pictures-say"), "G did not move in this step, so its loss pushed nothing.");
    return $("gv-lab-tiles").replaceChildren();
  }
  text($("gv-lab-pictures-say"), mode === "signed"
    ? `Below each fake of step ${count(recording.step)}: orange pixels should be brighter and blue ones darker, says the gradient of G's loss.`
    : `Below each fake of step ${count(recording.step)}: the brighter, the more this pixel matters to G's loss.`);
  const { step } = recording;
  $("gv-lab-tiles").replaceChildren(...order(move.fake_scores, move.n, recording.pac).map((index) => tile(index, step)));
}

/**
 * In which order the tiles stand: as they were drawn, or the most real one first.
 * @param {ArrayLike<number> | undefined} scores
 * @param {number} n
 * @param {number} pac
 */
export function order(scores, n, pac, bySize = sorted) {
  const all = Array.from({ length: n }, (_, index) => index);
  const of = (/** @type {number} */ index) => scores?.[Math.floor(index / pac)] ?? 0;
  return bySize ? all.sort((a, b) => of(b) - of(a)) : all;
}

/** @param {number} index @param {number} step */
function tile(index, step) {
  const { moves, shape, pac, unit } = /** @type {Recording} */ (recording);
  const { fake, push, fake_scores: scores, push_scale: scales } = moves.generator;
  const score = figure(scores?.[Math.floor(index / pac)]);
  const picture = canvasWith(tileOf(/** @type {Uint8Array} */ (fake), index, shape), shape, `Fake ${index + 1} of step ${step}`);
  const map = canvasWith(pushPixels(/** @type {Uint8Array} */ (push), index, shape), shape, `Where G's loss pushes fake ${index + 1}; its largest gradient is ${brief(scales?.[index])}`);
  return el("figure", { role: "listitem" }, picture, map, el("figcaption", { title: unit === "raw" ? "D's output" : "D's score" }, `D ${score}`));
}

/** @param {ImageData} pixels @param {number[]} shape @param {string} label */
function canvasWith(pixels, [height, width], label) {
  const canvas = el("canvas", { width, height, role: "img", "aria-label": label });
  /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).putImageData(pixels, 0, 0);
  return canvas;
}

/**
 * The push of one fake as pixels: towards orange where brighter is wanted, towards blue where darker.
 * @param {Uint8Array} push
 * @param {number} index
 * @param {number[]} shape
 */
function pushPixels(push, index, [height, width]) {
  const pixels = new ImageData(width, height);
  const [middle, up, down, strong] = ["well", "warn", "d", "ink"].map((name) => rgb(colour(name)));
  for (let at = 0; at < height * width; at += 1) {
    const value = (push[index * height * width + at] - NONE) / (NONE - 1);
    const end = mode === "size" ? strong : value > 0 ? up : down;
    const share = Math.sqrt(Math.min(1, Math.abs(value)));
    for (let part = 0; part < 3; part += 1) {
      pixels.data[4 * at + part] = middle[part] + share * (end[part] - middle[part]);
    }
    pixels.data[4 * at + 3] = 255;
  }
  return pixels;
}
