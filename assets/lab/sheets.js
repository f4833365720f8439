// @ts-check
// Layers of a canvas that stand still while others move: each is drawn once, onto a sheet of its own,
// and the sheets are laid over the canvas. Laying one takes a hundredth of what drawing it does.

import { clean } from "../train/plane.js";

/** @type {Map<string, {of: unknown[], sheet: HTMLCanvasElement}>} */
const sheets = new Map();

/**
 * The sheet of a layer, drawn anew where anything that it shows is another thing than before.
 * @param {string} name
 * @param {number} side CSS px
 * @param {unknown[]} of what it shows: compared one by one, as they are
 * @param {(pen: CanvasRenderingContext2D) => void} draw
 */
export function sheetOf(name, side, of, draw) {
  const all = [...of, side, devicePixelRatio];
  const known = sheets.get(name);
  if (known?.of.length === all.length && known.of.every((one, i) => Object.is(one, all[i]))) {
    return known.sheet;
  }
  const sheet = known?.sheet ?? document.createElement("canvas");
  draw(clean(sheet, side));
  sheets.set(name, { of: all, sheet });
  return sheet;
}

/** Draw every sheet anew: the colours are others. */
export const forgetSheets = () => sheets.clear();

/**
 * Lay a sheet over a canvas of the same size, pixel on pixel.
 * @param {CanvasRenderingContext2D} pen
 * @param {HTMLCanvasElement} sheet
 * @param {number} [opacity]
 */
export function lay(pen, sheet, opacity = 1) {
  pen.save();
  pen.resetTransform();
  pen.globalAlpha = opacity;
  pen.drawImage(sheet, 0, 0);
  pen.restore();
}
