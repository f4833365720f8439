// @ts-check
// The activations of a network as small maps: a row for each layer, its strongest units first.

import { el } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { get } from "../lib/request.js";
import { now } from "../lib/stream.js";
import { tileOf } from "./miniatures.js";

/** Units of a layer that are drawn. */
const MOST = 24;

/** @typedef {{name: string, units: number, side: [number, number], order: number[], maps: string}} Layer */

/** Fill `place` with the maps of one network. @param {HTMLElement} place @param {string} player */
export async function fill(place, player) {
  const answer = await get(`gv/lab/activations?run=${encodeURIComponent(now.run?.id ?? "")}`);
  const layers = /** @type {Layer[]} */ (answer[player] ?? []);
  if (!answer.ok || !layers.length) {
    const why = answer.ok ? "No activations of this network are known." : `No activations: ${answer.sentence}`;
    return place.replaceChildren(el("p", { class: "gv-say" }, why));
  }
  place.replaceChildren(
    el("p", { class: "gv-say" }, "What one latent, the same at every step, causes in each layer; grey is 0, the strongest units come first."),
    ...layers.map(row));
}

/** @param {Layer} layer @param {number} index */
function row({ units, side: [height, width], order, maps }, index) {
  const bytes = Uint8Array.from(atob(maps), (letter) => letter.charCodeAt(0));
  const what = height > 1 ? `maps of ${width} px` : "units";
  const label = `Activations ${index + 1}: ${count(units)} ${what}`;
  return el("div", { class: "gv-lab-activations", role: "img", "aria-label": label }, el("span", {}, label),
    ...order.slice(0, MOST).map((unit, at) => {
      const canvas = el("canvas", { width, height, title: `Unit ${unit}` });
      const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
      pen.putImageData(tileOf(bytes, at, [height, width, 1]), 0, 0);
      return canvas;
    }));
}
