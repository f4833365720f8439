// @ts-check
// The sample grid: the newest picture (or one looked back at), swapped only when decoded, so that
// nothing flickers.

import { $, el, find, findAll, text } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { context, indexAt, resize } from "../lib/pictures.js";
import { address, isGone } from "../lib/request.js";
import { retrying } from "../lib/retry.js";
import { draw, whileLoading } from "../lib/schedule.js";
import { fillTrack } from "../lib/slider.js";
import { isActive } from "../lib/states.js";
import { emit, now, on, stats } from "../lib/stream.js";
import { tab } from "../lib/tabs.js";
import { closeTile, openTile, paintTile, startTiles } from "./tile.js";

/** px a tile: beyond it, smooth scaling looks better than squares */
const SHARP_UP_TO = 32;
const EMPTY_TILES = 24;
/** px of the class names above the columns */
const LABELS = 20;

/** @typedef {import("../lib/protocol.js").FrameInfo} FrameInfo */
const held = {
  steps: /** @type {number[]} */ ([]), live: true, mode: "generated",
  /** What the canvas shows, whatever is wanted next. */
  step: /** @type {number | null} */ (null),
  image: /** @type {HTMLImageElement | null} */ (null),
  real: false,
  /** The newest grid that the server announced. */
  frame: /** @type {FrameInfo | null} */ (null),
};
/** @typedef {{url: string, step: number, real: boolean}} Picture */
/** The newest picture wanted while another loads. @type {Picture | null} */
let wanted = null;
let busy = false;
/** What stands there before anything has trained, also where a server has come anew. */
const untrained = { title: "", body: /** @type {Node[]} */ ([]) };
const retry = retrying((/** @type {Picture} */ { url, step, real }) => void load(url, step, real));

export function start() {
  on("go-to-step", (step) => {
    tab("train");
    show({ step });
  });
  const [title, body] = findAll("#gv-grid-empty > p");
  Object.assign(untrained, { title: title.textContent, body: [...body.childNodes] });
  find($("gv-grid-empty"), ".gv-empty-tiles")
    .append(...Array.from({ length: EMPTY_TILES }, () => el("i")));
  for (const button of findAll("[data-show]")) {
    button.addEventListener("click", () => setMode(button.dataset.show));
  }
  $("gv-scrub").addEventListener("input", scrub);
  $("gv-live").addEventListener("click", goLive);
  $("gv-enlarge").addEventListener("click", () => enlarge($("gv-enlarge").ariaPressed !== "true"));
  document.addEventListener("keydown", ({ key }) => { if (key === "Escape") enlarge(false); });
  startTiles(() => ({ image: held.image, frame: held.frame }));
  new ResizeObserver(() => draw("grid", paint)).observe($("gv-stage"));
  on("hello", hello);
  on("frame", frame);
  on("kept", (steps) => {
    held.steps.push(...steps.filter((step) => step > (held.steps.at(-1) ?? -1)));
    draw("scrubber", scrubber);
  });
  on("status", (status) => draw("wait", () => emptyText(status)));
}

/** The samples over the whole window, and back. @param {boolean} large */
function enlarge(large) {
  emit("showing", { large });
  $("gv-enlarge").setAttribute("aria-pressed", String(large));
  document.body.toggleAttribute("data-gv-enlarged", large);
}

/** What stands in the place of pictures. @param {import("../lib/protocol.js").Status | null} status */
function emptyText(status) {
  if (!now.run || !status || now.frame) return;
  if (status.state === "preparing") return waitText(now.run, status.sentence);
  if (isActive(status.state)) return;
  const empty = $("gv-grid-empty");
  text(find(empty, ".gv-empty-title"), "This run made no pictures");
  text(find(empty, ".gv-empty-text"), status.error ?? status.sentence ?? "");
}

function hello({ run, sameRun, frames }) {
  if (frames) held.steps = frames.slice();
  else if (!sameRun) held.steps = [];
  if (!sameRun) newRun();
  const empty = !run || !now.frame;
  $("gv-grid").hidden = empty;
  $("gv-grid-empty").hidden = !empty;
  waitText(run);
  columns(run);
  scrubber();
}

/**
 * Show what the presenter shows: the picture of a step (null: the newest), generated or real ones,
 * over the whole window, with a tile enlarged.
 * @param {{step?: number | null, pictures?: string, large?: boolean, tile?: [number, number] | null}} shown
 */
export function show({ step = null, pictures = "generated", large = false, tile = null }) {
  const bar = $("gv-scrub", HTMLInputElement);
  held.live = step === null || !held.steps.length;
  if (step !== null) bar.value = String(indexAt(held.steps, step));
  scrubber();
  setMode(pictures);
  emit("lookback", held.live ? null : held.steps[bar.valueAsNumber]);
  if ($("gv-enlarge").ariaPressed !== String(large)) enlarge(large);
  if (tile) openTile({ row: tile[0], col: tile[1] });
  else closeTile();
}

function newRun() {
  Object.assign(held, { live: true, step: null, image: null, frame: null });
  retry.asked(null);
  closeTile();
  setMode("generated");
  text($("gv-grid-caption"), "");
  emit("lookback", null);
}

function waitText(run, words = "They start as noise; watch what becomes of it.") {
  const [title, body] = findAll("#gv-grid-empty > p");
  if (run) {
    text(title, "The first pictures are on their way");
    text(body, words);
  } else {
    text(title, untrained.title);
    body.replaceChildren(...untrained.body);
  }
}

/** @param {FrameInfo} info */
function frame(info) {
  held.frame = info;
  const newest = held.steps.at(-1) ?? -1;
  if (info.kept !== false && newest < info.step) held.steps.push(info.step);
  draw("scrubber", scrubber);
  if (held.live && held.mode === "generated") load(info.url, info.step);
}

/**
 * The address of a kept step's picture: that of the newest, with its number exchanged.
 * @param {FrameInfo} info
 * @param {number} step
 */
const urlOf = ({ url }, step) => url.replace(/\/\d+(\.\w+)$/, `/${step}$1`);

/** @param {FrameInfo} info */
const realsUrl = ({ url }) => url.replace(/frames\/\d+(\.\w+)$/, "reals$1");

/** Fetch and decode a picture, then paint it; of several wanted meanwhile only the newest. */
async function load(url, step, real = false) {
  // points are drawn in the plane, by scatter.js
  if (now.run?.spec?.kind === "points") return emit("plane", { url: address(url), step });
  wanted = { url, step, real };
  retry.asked(wanted);
  if (busy) return;
  busy = true;
  while (wanted) {
    const want = wanted;
    wanted = null;
    await take(want);
  }
  busy = false;
}

/** @param {Picture} picture */
async function take(picture) {
  const { url, step, real } = picture;
  const run = now.run?.id;
  const image = new Image();
  image.src = address(url);
  try {
    await whileLoading(image.decode());
  } catch {
    if (now.run?.id === run) await missed(picture);
    return;
  }
  if (now.run?.id !== run) return; // it is that of the one before
  Object.assign(held, { image, step, real });
  draw("grid", paint);
}

/** The one before it stays: a picture that is kept no longer leaves the scrubber, any other is asked
 * for again. @param {Picture} picture */
async function missed(picture) {
  const { url, step, real } = picture;
  const run = now.run?.id;
  const gone = await isGone(url);
  if (now.run?.id !== run) return;
  if (gone) {
    if (!real) held.steps = held.steps.filter((kept) => kept !== step || kept === held.frame?.step);
    return draw("scrubber", scrubber);
  }
  retry.missed(picture);
}

/** Whole-number enlargement first (crisp squares), the last bit by the browser's smooth scaling
 * (even squares). */
function paint() {
  const { image, frame: info } = held;
  if (!image || !info) return;
  $("gv-grid").hidden = false;
  $("gv-grid-empty").hidden = true;
  const canvas = $("gv-grid-canvas", HTMLCanvasElement);
  const stage = $("gv-stage");
  const labels = $("gv-columns").hidden ? 0 : LABELS;
  const { naturalWidth: width, naturalHeight: height } = image;
  const scale = Math.min(stage.clientWidth / width, (stage.clientHeight - labels) / height);
  if (!(scale > 0)) return;
  const tile = width / (info.cols || 1);
  const dense = scale * devicePixelRatio;
  const times = tile <= SHARP_UP_TO + 4 ? Math.max(1, Math.ceil(dense - 0.02)) : 1;
  resize(canvas, width * times, height * times);
  const pen = context(canvas);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  canvas.style.width = `${Math.floor(width * scale)}px`;
  canvas.style.height = `${Math.floor(height * scale)}px`;
  $("gv-columns").style.width = canvas.style.width;
  caption(canvas);
  paintTile();
}

/** @param {HTMLCanvasElement} canvas */
function caption(canvas) {
  const { real } = held;
  text($("gv-grid-caption"), real ? "real samples" : `step ${count(held.step ?? 0)}`);
  const what = real ? "Real samples" : `Generated samples at step ${held.step}`;
  canvas.setAttribute("aria-label", `${what}. Press Enter to enlarge one, arrow keys to move.`);
  $("gv-grid").dataset.step = real ? "real" : String(held.step);
  stats.frame = { step: held.step, at: Date.now() / 1000 };
}

/** Class names above the columns, where each column holds one class. */
function columns(run) {
  const row = $("gv-columns");
  const classes = run?.conditional ? run.spec?.classes ?? [] : [];
  const fits = classes.length > 1 && (!now.frame || now.frame.cols === classes.length);
  row.hidden = !fits;
  row.replaceChildren(...(fits ? classes.map((name) => el("span", { title: name }, name)) : []));
}

function setMode(mode) {
  held.mode = mode;
  for (const button of findAll("[data-show]")) {
    button.setAttribute("aria-pressed", String(button.dataset.show === mode));
  }
  $("gv-stage").dataset.mode = mode;
  emit("showing", { pictures: mode });
  if (!held.frame) return;
  if (mode === "real") load(realsUrl(held.frame), held.step, true);
  else showStep(held.frame);
}

/** @param {FrameInfo} info */
function showStep(info) {
  const step = held.live ? info.step : held.steps[$("gv-scrub", HTMLInputElement).valueAsNumber];
  load(held.live ? info.url : urlOf(info, step), step);
}

function scrubber() {
  const bar = $("gv-scrub", HTMLInputElement);
  const last = Math.max(0, held.steps.length - 1);
  bar.disabled = held.steps.length < 2;
  const at = held.live ? last : bar.valueAsNumber;
  bar.max = String(last);
  bar.value = String(at);
  fillTrack(bar);
  bar.setAttribute("aria-valuetext", `step ${count(held.steps[at] ?? 0)}`);
  const live = $("gv-live", HTMLButtonElement);
  live.disabled = held.steps.length === 0;
  live.setAttribute("aria-pressed", String(held.live));
}

function scrub() {
  const bar = $("gv-scrub", HTMLInputElement);
  held.live = bar.value === bar.max;
  if (held.mode !== "generated") setMode("generated");
  else if (held.frame) showStep(held.frame);
  scrubber();
  lookBack(held.live ? null : held.steps[bar.valueAsNumber]);
}

/** @param {number | null} step */
function lookBack(step) {
  emit("lookback", step);
  emit("showing", { step });
}

function goLive() {
  held.live = true;
  scrubber();
  if (held.mode !== "generated") setMode("generated");
  else if (held.frame) showStep(held.frame);
  lookBack(null);
}
