// @ts-check
// The measures of a run in the plane below it: each figure, how it went, and what real points have;
// beside them what papers report. The one that a lesson's question is about is marked.

import { $, el, find, findAll, text } from "../lib/dom.js";
import { declared } from "../lib/declared.js";
import { label, reference, written } from "../lib/figures.js";
import { beside } from "../lib/lessons.js";
import { measured, newest } from "../lib/measured.js";
import { now, on } from "../lib/stream.js";
import { spark } from "../lib/svg.js";
import { tip } from "../lib/tips.js";
import { fillOwn, papersOn } from "./papers.js";

const KINDS = ["modes", "distances"];

/** @type {any[]} */
let kinds = [];

/** @param {HTMLElement} section */
export async function start(section) {
  const box = el("div", { class: "gv-lab-measures", id: "gv-lab-measures" });
  section.append(box);
  kinds = (await declared()).filter((/** @type {{name: string}} */ { name }) => KINDS.includes(name));
  for (const kind of kinds) for (const one of kind.figures) box.append(tile(kind.name, one));
  on("measured", refresh);
  on("lesson-beside", markQuestion);
  refresh(null);
  markQuestion();
}

/** @param {string | null} changed */
function refresh(changed) {
  const news = kinds.filter(({ name }) => changed === null || changed === name);
  news.forEach(show);
  if (news.length) papers();
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

/** The papers' table of the data that is shown. */
function papers() {
  const data = now.run?.config?.data ?? "";
  const old = $("gv-lab-papers");
  if (old?.dataset.of === data) return fillOwn(old, kinds, newest);
  old?.remove();
  const table = papersOn(kinds, data);
  if (!table) return;
  $("gv-lab-measures").after(table);
  fillOwn(table, kinds, newest);
}

/** The figure that answers the question of the lesson beside the run. */
function markQuestion() {
  const measure = beside.lesson?.question?.measure;
  for (const node of findAll(".gv-tile", $("gv-lab-measures"))) {
    node.toggleAttribute("data-asked", node.dataset.figure === measure);
    node.title = node.dataset.figure === measure ? "The lesson's question is about this." : "";
  }
}
