// @ts-check
// In class: everybody draws and sends, and the presenter chooses.

import { $, el, text } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { get, post } from "../lib/request.js";
import { isPresenter, onPiece } from "../class/class.js";

const SIDE = 84;
/** How many the presenter's page shows. */
let known = -1;

/**
 * What stands below the pad for the presenter. `choose(text)` takes a drawing over; `paint(canvas, text)`
 * draws one.
 * @param {(text: string) => void} choose
 * @param {(canvas: HTMLCanvasElement, text: string) => void} paint
 */
export function sentByTheClass(choose, paint) {
  const tiles = el("div", { class: "gv-lab-sent-tiles" });
  const head = el("p", { class: "gv-caption" });
  const clear = el("button", { type: "button", class: "gv-button gv-small", id: "gv-lab-sent-clear", onclick: () => post("gv/lab/drawings/clear", {}) }, "Clear them");
  const box = el("div", { class: "gv-lab-sent", id: "gv-lab-sent", hidden: true }, el("div", { class: "gv-lab-sent-head" }, head, clear), tiles);
  onPiece("drawings", async (state) => {
    if (!isPresenter()) return;
    box.hidden = !state.count;
    text(head, `${count(state.count)} from the class: click one to take it over.`);
    if (!state.count && !known) return;
    known = state.count;
    const { drawings } = state.count ? await get("gv/lab/drawings") : { drawings: [] };
    tiles.replaceChildren(...(drawings ?? []).map((/** @type {{handle: string, text: string}} */ one) => tile(one, choose, paint)));
  });
  return box;
}

/** @param {{handle: string, text: string}} one */
function tile({ handle, text: strokes }, choose, paint) {
  const canvas = el("canvas", { width: SIDE, height: SIDE, "aria-hidden": "true" });
  paint(canvas, strokes);
  return el("button", { type: "button", "data-drawing": strokes, onclick: () => choose(strokes) }, canvas, el("span", {}, handle));
}

/** Send the drawing of a student; gives what the server says. @param {string} drawing */
export async function send(drawing) {
  return (await post("gv/lab/drawings/put", { drawing })).sentence;
}

/** Whether this page sends its drawing, and does not train on it. */
export const sends = () => !isPresenter();

/** The button of a student. @param {() => void} act */
export const sendButton = (act) => el("button", {
  type: "button", class: "gv-button gv-small gv-strong", id: "gv-lab-draw-send", onclick: act,
}, "Send it to the presenter");

/** Show or hide the two buttons by who looks. */
export function whoLooks() {
  $("gv-lab-draw-train").hidden = sends();
  $("gv-lab-draw-send").hidden = !sends();
}
