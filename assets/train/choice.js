// @ts-check
// What the present choice of a field says of itself: its sentence, and its formulas one click further.

import { el } from "../lib/dom.js";

/** @typedef {{why: string, formulas: {label: string, mathml: string}[]}} Entry */

/**
 * Show `entry` below the control in `node`; nothing where a choice has nothing to say. The sentence of
 * a basic field stands behind its "i" instead.
 * @param {HTMLElement} node
 * @param {Entry | undefined} entry
 * @param {boolean} basic
 */
export function showChoice(node, entry, basic) {
  const open = node.querySelector(".gv-formulas")?.hasAttribute("open") ?? false;
  node.querySelector(".gv-choice")?.remove();
  const parts = entry ? [...sentence(entry, basic), ...formulas(entry, open)] : [];
  if (parts.length) node.append(el("div", { class: "gv-choice" }, ...parts));
}

/** @param {Entry} entry @param {boolean} basic */
const sentence = ({ why }, basic) => (basic || !why ? [] : [el("p", { class: "gv-info" }, why)]);

/** @param {Entry} entry @param {boolean} open */
function formulas({ formulas: all }, open) {
  if (!all.length) return [];
  const rows = all.flatMap(({ label, mathml }) => [el("dt", {}, label), el("dd", {}, math(mathml))]);
  const box = el("details", { class: "gv-formulas" }, el("summary", {}, "Formula"), el("dl", {}, ...rows));
  box.toggleAttribute("open", open);
  return [box];
}

/** The server's own MathML as an element; a browser without MathML shows its letters. @param {string} source */
export function math(source) {
  const parsed = new DOMParser().parseFromString(source, "text/html").body.firstElementChild;
  return parsed ?? source;
}
