// @ts-check
// The measures of a run in the plane below it: each figure, how it went, and what real points have.

import { $, el, find, text } from "../lib/dom.js";
import { declared } from "../lib/declared.js";
import { label, reference, written } from "../lib/figures.js";
import { measured, newest } from "../lib/measured.js";
import { on } from "../lib/stream.js";
import { spark } from "../lib/svg.js";
import { tip } from "../lib/tips.js";

const KINDS = ["modes", "distances"];

/** @param {HTMLElement} section */
export async function start(section) {
  const box = el("div", { class: "gv-lab-measures", id: "gv-lab-measures" });
  section.append(box);
  const kinds = (await declared()).filter((/** @type {{name: string}} */ { name }) => KINDS.includes(name));
  for (const kind of kinds) for (const one of kind.figures) box.append(tile(kind.name, one));
  const refresh = (/** @type {string | null} */ changed) => {
    for (const kind of kinds) if (changed === null || changed === kind.name) show(kind);
  };
  on("measured", refresh);
  refresh(null);
}

/** @param {string} kind @param {any} one */
const tile = (kind, one) => el("div", { class: "gv-tile", "data-figure": `${kind}-${one.name}` },
  el("span", {}, label(one), tip(one.why, one.label)), el("b", {}, "–"), el("i"), el("small", {}));

/** @param {any} kind */
function show(kind) {
  const data = newest(kind.name);
  for (const one of kind.figures) {
    const node = find($("gv-lab-measures"), `[data-figure=${kind.name}-${one.name}]`);
    node.hidden = !data;
    text(find(node, "b"), written(one, data));
    text(find(node, "small"), data ? reference(one, data) : "");
    find(node, "i").replaceChildren(spark(measured.past[kind.name]?.[one.name] ?? []));
  }
}
