// @ts-check
// Find this picture: draw one, open one or take one of the training, and see how near the generator
// comes. The browser decodes and fits what somebody opens; the server gets plain pixels.

import { el, text } from "../lib/dom.js";
import { count, stoppedAt } from "../lib/format.js";
import { showNotice } from "../lib/library.js";
import { context, resize } from "../lib/pictures.js";
import { postForLines } from "../lib/request.js";
import { fromText } from "../latent/vectors.js";
import { differenceOf, drawSamples, fetchPictures, paintSample } from "./draw.js";
import { className, current, explored, randomSeed, toVector } from "./state.js";

export const label = "Find";
export const why = "Which z makes this picture? Draw, open or choose one";
export const fits = () => (explored.source?.kind === "points" ? "points" : "");

const MOST_BYTES = 32 * 2 ** 20;
const NO_PICTURE = "This file is no picture that a browser can read: try a PNG or a JPEG.";

/** @type {Record<string, any>} */
let parts = {};
/** Where the training picture stands in the data; null for one that was drawn or opened. @type {number | null} */
let chosen = null;
/** @type {AbortController | null} */
let searching = null;
/** What was explored when the panel was opened last. */
let opened = { size: "", run: "" };
/** @typedef {{z: string, y: number | null, error: number, step: number, steps: number, done?: boolean}} Found */
/** @type {Found | null} */
let best = null;
let pressed = false;
let erasing = false;

export function make() {
  const figure = (/** @type {string} */ name, /** @type {HTMLElement} */ canvas) => el("figure", {}, canvas, el("figcaption", { class: "gv-caption" }, name));
  parts = {
    pad: el("canvas", {
      width: 28, height: 28, class: "gv-find-pad", tabindex: 0, role: "img", "aria-label": "Draw here what shall be found",
      onpointerdown: begin, onpointermove: stroke, onpointerup: end, onpointercancel: end,
    }),
    found: el("canvas", { width: 28, height: 28, role: "img", "aria-label": "What was found" }),
    apart: el("canvas", { width: 28, height: 28, role: "img", "aria-label": "Where the two differ" }),
    file: el("input", { type: "file", accept: "image/*", hidden: true, onchange: () => openFile(parts.file.files?.[0]) }),
    say: el("p", { class: "gv-caption", role: "status" }), note: el("p", { class: "gv-note", role: "alert", hidden: true }),
    one: el("input", { type: "checkbox" }), bar: el("progress", { max: 1, value: 0, hidden: true, "aria-label": "How far the search is" }),
    erase: el("button", { type: "button", class: "gv-button gv-small", "aria-pressed": "false", onclick: toggleEraser }, "Erase"),
    search: el("button", { type: "button", class: "gv-button gv-small gv-strong", "data-act": "find", onclick: () => (searching ? searching.abort() : find()) }, "Find"),
    go: el("button", { type: "button", class: "gv-button gv-small", "data-act": "go", hidden: true, onclick: goThere }, "Go on from it"),
  };
  // its pixels are read again and again
  parts.pad.getContext("2d", { willReadFrequently: true });
  parts.oneLabel = el("label", { class: "gv-inline" }, parts.one, "only of the class chosen left");
  return el("div", { class: "gv-find" },
    el("p", { class: "gv-say" }, "Draw with the pointer, open a picture of your own, or take one of the training pictures. An encoder trained on the generator's own samples guesses a beginning, and many descents at once go on from there."),
    el("div", { class: "gv-explore-bar" },
      el("button", { type: "button", class: "gv-button gv-small", onclick: clear }, "Clear"), parts.erase,
      el("button", { type: "button", class: "gv-button gv-small", onclick: () => parts.file.click() }, "Open a picture"), parts.file,
      el("button", { type: "button", class: "gv-button gv-small", "data-act": "training", onclick: takeTraining }, "A training picture"),
      parts.oneLabel, parts.search, parts.go),
    parts.note, parts.bar,
    el("div", { class: "gv-find-body" }, figure("wanted", parts.pad), figure("found", parts.found), figure("where they differ", parts.apart)),
    parts.say);
}

export function open() {
  const { source } = explored;
  if (!source) return;
  parts.oneLabel.hidden = !source.conditional;
  const before = opened;
  opened = { size: `${source.width}x${source.height}`, run: source.run };
  if (before.size !== opened.size) {
    for (const canvas of [parts.pad, parts.found, parts.apart]) resize(canvas, source.width, source.height);
    clear();
  } else if (before.run !== opened.run) forget();
}

function clear() {
  forget();
  const pen = context(parts.pad);
  pen.fillStyle = "#000";
  pen.fillRect(0, 0, parts.pad.width, parts.pad.height);
}

export const rest = forget;

/** End the search, and drop what was found: it is not of this picture, or not of this generator. The
 * data of another run may have another picture where this one's was chosen. */
function forget() {
  searching?.abort();
  searching = chosen = best = null;
  parts.bar.hidden = true;
  text(parts.search, "Find");
  for (const canvas of [parts.found, parts.apart]) {
    context(canvas).clearRect(0, 0, canvas.width, canvas.height);
  }
  parts.go.hidden = true;
  text(parts.say, "");
}

// -- what is wanted --------------------------------------------------------------------------------

function toggleEraser() {
  erasing = !erasing;
  parts.erase.setAttribute("aria-pressed", String(erasing));
}

/** @param {PointerEvent} event @returns {[number, number]} */
const placeOf = (event) => [
  (event.offsetX * parts.pad.width) / parts.pad.clientWidth,
  (event.offsetY * parts.pad.height) / parts.pad.clientHeight,
];

/** @param {PointerEvent} event */
function begin(event) {
  pressed = true;
  chosen = null;
  parts.pad.setPointerCapture(event.pointerId);
  const pen = context(parts.pad);
  Object.assign(pen, { lineCap: "round", lineJoin: "round", lineWidth: parts.pad.width / 12, strokeStyle: erasing ? "#000" : "#fff" });
  pen.beginPath();
  pen.moveTo(...placeOf(event));
  stroke(event);
}

/** @param {PointerEvent} event */
function stroke(event) {
  if (!pressed) return;
  const pen = context(parts.pad);
  const [x, y] = placeOf(event);
  pen.lineTo(x + 0.01, y);
  pen.stroke();
  pen.beginPath();
  pen.moveTo(x, y);
}

function end() { pressed = false; }

/** @param {File | undefined} file */
async function openFile(file) {
  if (!file) return;
  parts.file.value = "";
  if (file.size > MOST_BYTES) {
    showNotice(parts.note, "That file is larger than 32 MB: make the picture smaller first.", true);
    return;
  }
  try {
    const picture = await createImageBitmap(file);
    const { width, height } = parts.pad;
    const times = Math.max(width / picture.width, height / picture.height);
    const pen = context(parts.pad);
    pen.imageSmoothingQuality = "high";
    const [across, down] = [times * picture.width, times * picture.height];
    pen.drawImage(picture, (width - across) / 2, (height - down) / 2, across, down);
    picture.close();
    chosen = null;
    showNotice(parts.note, "");
  } catch {
    showNotice(parts.note, NO_PICTURE, true);
  }
}

async function takeTraining() {
  const mine = current();
  try {
    const { pictures, header } = await fetchPictures("reals", { run: explored.source?.run, seed: randomSeed() });
    if (mine !== current()) return;
    paintSample(parts.pad, pictures[0]);
    chosen = Number(header("Indices"));
    showNotice(parts.note, "");
  } catch (problem) {
    showNotice(parts.note, /** @type {Error} */ (problem).message, true);
  }
}

/** The pad's pixels as the server takes them. */
function pixels() {
  const { data, width, height } = context(parts.pad).getImageData(0, 0, parts.pad.width, parts.pad.height);
  const channels = explored.source?.channels ?? 1;
  let binary = "";
  for (let at = 0; at < 4 * width * height; at += 4) {
    const rgb = [data[at], data[at + 1], data[at + 2]];
    const own = channels === 3 ? rgb : [Math.round(0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2])];
    binary += String.fromCharCode(...own);
  }
  return btoa(binary);
}

// -- the search ------------------------------------------------------------------------------------

async function find() {
  const { source, y } = explored;
  const target = chosen === null ? { pixels: pixels() } : { index: chosen };
  const body = { run: source?.run, y: parts.one.checked ? y : null, ...target };
  const mine = (searching = new AbortController());
  let newest = /** @type {Found | null} */ (null);
  let problem = "";
  showNotice(parts.note, "");
  text(parts.search, "Stop");
  text(parts.say, "Getting ready: an encoder learns from the generator's own samples.");
  Object.assign(parts.bar, { hidden: false, value: 0 });
  try {
    await postForLines("gv/explore/find", body, (line) => {
      if (typeof line.error === "string") problem = line.error;
      else newest = show(line, mine.signal) ?? newest;
    }, mine.signal);
  } catch (error) {
    if (!mine.signal.aborted) problem = /** @type {Error} */ (error).message;
  }
  if (mine !== searching) return;
  searching = null;
  parts.bar.hidden = true;
  text(parts.search, "Find");
  showNotice(parts.note, problem, true);
  if (!newest?.done) text(parts.say, outcome(newest, best !== null) + (newest ? ` ${measured(newest)}` : ""));
}

/**
 * How a search stands that did not come to its end, and what is left of it.
 * @param {{step: number, steps: number} | null} newest of its own lines
 * @param {boolean} earlier whether an earlier search found something
 */
export const outcome = (newest, earlier) => (!newest && earlier
  ? "Stopped before anything was found; what an earlier search found stands."
  : stoppedAt(newest, "found", newest?.steps));

/**
 * Show what a line of the search says; the line, or null where it has no latent of this generator.
 * @param {Found} line
 * @param {AbortSignal} signal of the search
 */
function show(line, signal) {
  const vector = fromText(line.z, explored.source?.latent_dim ?? 0);
  if (!vector) return null;
  best = line;
  parts.bar.value = line.step / line.steps;
  parts.go.hidden = false;
  void showFound(vector, line.y).then(() => {
    if (signal.aborted || best !== line) return;
    text(parts.say, `${measured(line)} Step ${count(line.step)} of ${count(line.steps)}.`);
    if (line.done) parts.found.dataset.done = String((Number(parts.found.dataset.done) || 0) + 1);
  });
  return line;
}

/** How near a picture came. @param {Found} line */
const measured = ({ y, error }) => `${classSentence(y)}A pixel is ${(100 * Math.sqrt(error)).toFixed(1)} % of black to white off `
  + "(root mean square).";

/** @param {number | null} y */
const classSentence = (y) => (y === null || !explored.source?.conditional ? "" : `Class ${className(y)}. `);

/** @param {Float32Array} vector @param {number | null} y */
async function showFound(vector, y) {
  const of = explored.source?.run;
  await drawSamples([vector], [y], (_, sample) => {
    if (of !== explored.source?.run) return;
    paintSample(parts.found, sample);
    if (!(sample instanceof ImageData)) return;
    const wanted = context(parts.pad).getImageData(0, 0, sample.width, sample.height);
    paintSample(parts.apart, differenceOf(wanted, sample));
  }).catch(() => { /* the next line draws again */ });
}

function goThere() {
  const vector = best && fromText(best.z, explored.source?.latent_dim ?? 0);
  if (best && vector) toVector(vector, best.y);
}
