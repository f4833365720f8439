// @ts-check
// One sample of the grid, enlarged: by a click, or by Enter on the grid; arrow keys lead on.

import { $, find } from "../lib/dom.js";
import { context } from "../lib/pictures.js";

/** px between tiles, as the engine draws them */
const LINE = 1;
/** @type {Record<string, [number, number]>} rows and columns that a key moves by */
const KEYS = {
  ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0],
};

/**
 * @typedef {object} Grid
 * @property {HTMLImageElement | null} image
 * @property {{rows: number, cols: number} | null} frame
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
  find($("gv-zoom"), "button").addEventListener("click", () => { closeTile(); canvas.focus(); });
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
function openTile(tile) {
  open = tile;
  $("gv-zoom").hidden = false;
  paintTile();
}

export function closeTile() {
  open = null;
  $("gv-zoom").hidden = true;
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
  canvas.setAttribute("aria-label",
    `Sample in row ${open.row + 1}, column ${open.col + 1}, enlarged`);
}
