// @ts-check
// The trained run whose networks the next run begins with, if there is one, and what the form says of
// it.

import { $, el } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { emit } from "../lib/bus.js";

/** @typedef {{id: string, name: string, step: number}} Parent */

/** @type {Parent | null} */
let parent = null;

/** As the server takes it: the run, and which of its checkpoints; "" where the next run begins anew. */
export const beginsWith = () => (parent ? `${parent.id}@${parent.step}` : "");

/** @param {Parent | null} chosen null: the next run begins anew */
export function setParent(chosen) {
  parent = chosen;
  const place = $("gv-form-parent");
  place.hidden = !parent;
  if (parent) {
    place.replaceChildren("The next run begins with the networks of ", el("b", {}, parent.name),
      ` at step ${count(parent.step)}, as far as they fit: change data, classes or settings first. `,
      el("button", { type: "button", class: "gv-text-link", onclick: () => setParent(null) },
        "Begin anew instead"));
  }
  emit("parent-chosen", parent);
}
