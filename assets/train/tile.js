// @ts-check
// One sample of the grid, enlarged: by a click, or by Enter on the grid; arrow keys lead on.

import { $, find, text } from "../lib/dom.js";
import { context } from "../lib/pictures.js";
import { SCORE_REFRESH } from "../lib/pacing.js";
import { get } from "../lib/request.js";
import { isActive } from "../lib/states.js";
import { emit, now, pinned } from "../lib/stream.js";
import { useTile } from "../latent/latent.js";

/** px between tiles, as the engine draws them */
const LINE = 1;
/** @type {Record<string, [number, number]>} rows and columns that a key moves by */
const KEYS = {
  ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0],
};

/**
 * @typedef {object} Grid
 * @property {HTMLImageElement | null} image
 * @property {{rows: number, cols: number, step: number} | null} frame
 */

/** @type {() => Grid} */
let grid = () => ({ image: null, frame: null });
/** @type {{row: number, col: number} | null} */
let open = null;

/** @param {() => Grid} getGrid what the grid shows at this moment */
export function startTiles(getGrid) {
  grid = getGrid;
  const canvas = $("gv-grid-canvas");
  canvas.addEventListener("click", openAtPointer);
  canvas.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    if (open) closeTile();
    else openTile({ row: 0, col: 0 });
  });
  $("gv-zoom-use").addEventListener("click", useOpenTile);
  find($("gv-zoom"), ".gv-icon").addEventListener("click", () => { closeTile(); canvas.focus(); });
  document.addEventListener("keydown", moveByKey);
}

/** @param {MouseEvent} event */
function openAtPointer(event) {
  const { frame } = grid();
  if (!frame) return;
  const box = $("gv-grid-canvas").getBoundingClientRect();
  const { rows, cols } = frame;
  openTile({
    row: Math.min(rows - 1, Math.floor(((event.clientY - box.top) / box.height) * rows)),
    col: Math.min(cols - 1, Math.floor(((event.clientX - box.left) / box.width) * cols)),
  });
}

/** @param {{row: number, col: number}} tile */
export function openTile(tile) {
  open = tile;
  sendTile();
  scores = null;
  requested = "";
  requestedAt = 0;
  $("gv-zoom").hidden = false;
  paintTile();
}

/** What others are to see enlarged, too. */
const sendTile = () => emit("showing", { tile: open && [open.row, open.col] });

export function closeTile() {
  if (open) {
    open = null;
    sendTile();
  }
  $("gv-zoom").hidden = true;
}

/** D's scores of all tiles at one step of a run. @type {{step: number, scores: number[], unit: string} | null} */
let scores = null;
let requested = "";
let requestedAt = 0;

/** What D says of the open tile: it is asked again when the run has gone on. */
async function showScore() {
  const { frame } = grid();
  await askForScores(`${now.run?.id} ${frame?.step}`);
  const words = open && frame && scores ? scoreWords(scores, open.row * frame.cols + open.col) : "";
  text($("gv-zoom-score"), words);
}

/**
 * Ask for the scores at ``key``, a run and its step; not while looking back, nor without a pause.
 * @param {string} key
 */
async function askForScores(key) {
  const due = key !== requested && performance.now() - requestedAt > SCORE_REFRESH;
  if (!due || pinned() || !isActive(now.status?.state)) return;
  [requested, requestedAt] = [key, performance.now()];
  const answer = await get(`gv/runs/${encodeURIComponent(now.run?.id ?? "")}/scores`);
  scores = answer.ok ? /** @type {any} */ (answer) : null;
}

/**
 * D's score in words, with its place among the others: that means something for every D.
 * @param {{step: number, scores: number[], unit: string}} known
 * @param {number} tile
 */
export function scoreWords({ step, scores: all, unit }, tile) {
  const score = all[tile];
  if (score === undefined) return "";
  const place = 1 + all.filter((other) => other > score).length;
  const among = `D finds ${place - 1} of ${all.length} more real`;
  return unit === "relative" ? `${among} (step ${step})` : `D scores it ${score}: ${among} (step ${step})`;
}

/** The latent explorer goes on from the z of the open tile. */
function useOpenTile() {
  const { frame } = grid();
  if (!open || !frame) return;
  const classes = now.run?.conditional ? now.run.spec?.classes ?? [] : [];
  useTile(open.row * frame.cols + open.col, classes.length ? open.col % classes.length : null);
  closeTile();
}

/** @param {KeyboardEvent} event */
function moveByKey(event) {
  const { frame } = grid();
  const node = /** @type {Element} */ (event.target);
  if (!open || !frame || node.closest?.("input, textarea, [role=radiogroup]")) return;
  if (event.key === "Escape") return closeTile();
  const step = KEYS[event.key];
  if (!step) return;
  event.preventDefault();
  const { rows, cols } = frame;
  open = { row: (open.row + step[0] + rows) % rows, col: (open.col + step[1] + cols) % cols };
  sendTile();
  paintTile();
}

/**
 * From one tile to the next; they lie a line apart, with none after the last.
 * @param {number} length
 * @param {number} tiles
 */
export const pitch = (length, tiles) => Math.round((length + LINE) / tiles);

/** Draw the open tile anew, where one is open: the grid has changed, or another was chosen. */
export function paintTile() {
  const { image, frame } = grid();
  if (!open || !image || !frame) return;
  const canvas = find($("gv-zoom"), "canvas", HTMLCanvasElement);
  const x = pitch(image.naturalWidth, frame.cols);
  const y = pitch(image.naturalHeight, frame.rows);
  const [width, height] = [x - LINE, y - LINE];
  Object.assign(canvas, { width, height });
  context(canvas)
    .drawImage(image, open.col * x, open.row * y, width, height, 0, 0, width, height);
  showScore();
  canvas.setAttribute("aria-label",
    `Sample in row ${open.row + 1}, column ${open.col + 1}, enlarged`);
}
