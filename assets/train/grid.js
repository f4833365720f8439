// The sample grid: the newest picture (or one looked back at), swapped only when decoded, so that nothing flickers.

import { $, el, text } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { address } from "../lib/request.js";
import { draw, whileLoading } from "../lib/schedule.js";
import { emit, now, on, stats } from "../lib/stream.js";

const LINE = 1; // px between tiles, as the engine draws them
const SHARP_UP_TO = 32; // px a tile: beyond it, smooth scaling looks better than squares

const held = { steps: [], pattern: null, live: true, step: null, mode: "generated", image: null, frame: null };
let loading = null; // the newest picture wanted while another loads
let busy = false;
let zoomed = null;

export function start() {
  $("gv-grid-empty").querySelector(".gv-empty-tiles").append(...Array.from({ length: 24 }, () => el("i")));
  for (const button of document.querySelectorAll("[data-show]")) button.addEventListener("click", () => setMode(button.dataset.show));
  $("gv-scrub").addEventListener("input", scrub);
  $("gv-live").addEventListener("click", goLive);
  $("gv-grid-canvas").addEventListener("click", openTile);
  $("gv-zoom").querySelector("button").addEventListener("click", closeTile);
  document.addEventListener("keydown", moveTile);
  new ResizeObserver(() => draw("grid", paint)).observe($("gv-stage"));
  on("hello", hello);
  on("frame", frame);
  on("status", ({ state, sentence }) => { if (state === "preparing") draw("wait", () => waitText(now.run, sentence)); });
}

function hello({ run, sameRun, frames }) {
  if (frames) held.steps = frames.slice();
  else if (!sameRun) held.steps = [];
  if (!sameRun) {
    Object.assign(held, { live: true, step: null, pattern: null, image: null, frame: null });
    closeTile();
    setMode("generated");
    text($("gv-grid-caption"), "");
    emit("lookback", null);
  }
  const empty = !run || !now.frame;
  $("gv-grid").hidden = empty;
  $("gv-grid-empty").hidden = !empty;
  waitText(run);
  columns(run);
  scrubber();
}

function waitText(run, words = "They start as noise; watch what becomes of it.") {
  if (!run) return;
  text($("gv-grid-empty").querySelector(".gv-empty-title"), "The first pictures are on their way");
  text($("gv-grid-empty").querySelector(".gv-empty-text"), words);
}

function frame(info) {
  if (now.run?.spec?.kind === "points") return; // they are drawn in the plane, by scatter.js
  held.frame = info;
  held.pattern = info.url;
  if (info.kept !== false && !(held.steps.at(-1) >= info.step)) held.steps.push(info.step);
  draw("scrubber", scrubber);
  if (held.live && held.mode === "generated") load(info.url, info.step);
}

/** The address of a kept step's picture: that of the newest, with its number exchanged. */
const urlOf = (step) => held.pattern.replace(/\/\d+(\.\w+)$/, `/${step}$1`);
const realsUrl = () => held.pattern.replace(/frames\/\d+(\.\w+)$/, "reals$1");

/** Fetch and decode a picture, then paint it; of several wanted meanwhile only the newest is fetched. */
async function load(url, step) {
  loading = { url, step };
  if (busy) return;
  busy = true;
  while (loading) {
    const want = loading;
    loading = null;
    const image = new Image();
    image.src = address(want.url);
    try {
      await whileLoading(image.decode());
    } catch { // a picture that is kept no longer: the one before it stays in place
      held.steps = held.steps.filter((step) => step !== want.step || step === held.frame.step);
      draw("scrubber", scrubber);
      continue;
    }
    held.image = image;
    held.step = want.step;
    draw("grid", paint);
  }
  busy = false;
}

/** Whole-number enlargement first (crisp squares), the last bit by the browser's smooth scaling (even squares). */
function paint() {
  const { image, frame: info } = held;
  if (!image || !info) return;
  $("gv-grid").hidden = false;
  $("gv-grid-empty").hidden = true;
  const canvas = $("gv-grid-canvas");
  const stage = $("gv-stage");
  const labels = $("gv-columns").hidden ? 0 : 20;
  const scale = Math.min(stage.clientWidth / image.naturalWidth, (stage.clientHeight - labels) / image.naturalHeight);
  if (!(scale > 0)) return;
  const tile = image.naturalWidth / (info.cols || 1);
  const dense = scale * devicePixelRatio;
  const times = tile <= SHARP_UP_TO + 4 ? Math.max(1, Math.ceil(dense - 0.02)) : 1;
  const width = image.naturalWidth * times;
  const height = image.naturalHeight * times;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const pen = canvas.getContext("2d");
  pen.imageSmoothingEnabled = false;
  pen.drawImage(image, 0, 0, width, height);
  canvas.style.width = `${Math.floor(image.naturalWidth * scale)}px`;
  canvas.style.height = `${Math.floor(image.naturalHeight * scale)}px`;
  $("gv-columns").style.width = canvas.style.width;
  caption(canvas);
  if (zoomed) paintTile();
}

function caption(canvas) {
  const real = held.mode === "real";
  const words = real ? "real samples" : `step ${count(held.step ?? 0)}`;
  text($("gv-grid-caption"), words);
  canvas.setAttribute("aria-label", real ? "Real samples" : `Generated samples at step ${held.step}`);
  $("gv-grid").dataset.step = real ? "real" : held.step;
  stats.frame = { step: held.step, at: Date.now() / 1000 };
}

/** Class names above the columns, where each column holds one class. */
function columns(run) {
  const row = $("gv-columns");
  const classes = run?.spec?.classes ?? [];
  const fits = run?.conditional && classes.length > 1 && (!now.frame || now.frame.cols === classes.length);
  row.hidden = !fits;
  row.replaceChildren(...(fits ? classes.map((name) => el("span", { title: name }, name)) : []));
}

function setMode(mode) {
  held.mode = mode;
  for (const button of document.querySelectorAll("[data-show]")) button.setAttribute("aria-pressed", button.dataset.show === mode);
  $("gv-stage").dataset.mode = mode;
  if (!held.pattern) return;
  if (mode === "real") load(realsUrl(), held.step);
  else showStep();
}

function showStep() {
  const step = held.live ? held.frame.step : held.steps[Number($("gv-scrub").value)];
  load(held.live ? held.frame.url : urlOf(step), step);
}

function scrubber() {
  const bar = $("gv-scrub");
  const last = Math.max(0, held.steps.length - 1);
  bar.disabled = held.steps.length < 2;
  const at = held.live ? last : Number(bar.value);
  bar.max = last;
  bar.value = at;
  bar.style.setProperty("--gv-fill", `${last ? (100 * at) / last : 100}%`);
  bar.setAttribute("aria-valuetext", `step ${count(held.steps[at] ?? 0)}`);
  $("gv-live").disabled = held.steps.length === 0;
  $("gv-live").setAttribute("aria-pressed", held.live);
}

function scrub() {
  const bar = $("gv-scrub");
  held.live = Number(bar.value) === Number(bar.max);
  if (held.mode !== "generated") setMode("generated");
  else showStep();
  scrubber();
  emit("lookback", held.live ? null : held.steps[Number(bar.value)]);
}

function goLive() {
  held.live = true;
  scrubber();
  if (held.mode !== "generated") setMode("generated");
  else if (held.frame) showStep();
  emit("lookback", null);
}

function openTile(event) {
  if (!held.image || !held.frame) return;
  const box = event.currentTarget.getBoundingClientRect();
  const { rows, cols } = held.frame;
  zoomed = {
    row: Math.min(rows - 1, Math.floor(((event.clientY - box.top) / box.height) * rows)),
    col: Math.min(cols - 1, Math.floor(((event.clientX - box.left) / box.width) * cols)),
  };
  $("gv-zoom").hidden = false;
  paintTile();
}

function closeTile() {
  zoomed = null;
  $("gv-zoom").hidden = true;
}

function moveTile(event) {
  if (!zoomed || event.target.closest?.("input, textarea, [role=radiogroup]")) return;
  const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
  if (event.key === "Escape") closeTile();
  if (!step) return;
  event.preventDefault();
  const { rows, cols } = held.frame;
  zoomed = { row: (zoomed.row + step[0] + rows) % rows, col: (zoomed.col + step[1] + cols) % cols };
  paintTile();
}

/** Tiles lie a line apart, with none after the last. */
const pitch = (length, tiles) => Math.round((length + LINE) / tiles);

function paintTile() {
  const canvas = $("gv-zoom").querySelector("canvas");
  const { rows, cols } = held.frame;
  const [pitchX, pitchY] = [pitch(held.image.naturalWidth, cols), pitch(held.image.naturalHeight, rows)];
  const [w, h] = [pitchX - LINE, pitchY - LINE];
  Object.assign(canvas, { width: w, height: h });
  canvas.getContext("2d").drawImage(held.image, zoomed.col * pitchX, zoomed.row * pitchY, w, h, 0, 0, w, h);
  canvas.setAttribute("aria-label", `Sample in row ${zoomed.row + 1}, column ${zoomed.col + 1}, enlarged`);
}
