// @ts-check
// Below the pictures of stacked digits: how many of the 1,000 combinations G draws.

import { $, el, find, text } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { newest } from "../lib/measured.js";
import { draw } from "../lib/schedule.js";
import { on } from "../lib/stream.js";
import { tip } from "../lib/tips.js";
import { written } from "./stacked_figures.js";

const FIGURES = [
  ["captured", "Combinations", "Of the 1,000 triples of digits, those with at least one of the samples."],
  ["reverse_kl", "Reverse KL", "How unevenly the samples are spread over the combinations, in nats: 0 is even."],
  ["real", "Real triples", "Combinations and reverse KL of as many real triples: nothing generated can read much better."],
  ["accuracy", "Named rightly", "By the classifier that names them, of digits that it was not trained on."],
];

export function start() {
  const box = el("div", { id: "gv-stacked", hidden: true }, ...FIGURES.map(([name, label, why]) =>
    el("div", { class: "gv-tile", "data-figure": name }, el("span", {}, label, tip(why, label)), el("b", {}, "–"))),
  el("p", { class: "gv-caption" }));
  $("gv-stage").after(box);
  on("measured", (/** @type {string | null} */ kind) => { if (kind === null || kind === "stacked") draw("stacked", show); });
}

function show() {
  const data = newest("stacked");
  const box = $("gv-stacked");
  box.hidden = !data;
  if (!data) return;
  for (const [name] of FIGURES) text(find(box, `[data-figure=${name}] b`), written(name, data));
  text(box.lastElementChild, `Counted on ${count(data.n)} generated samples, at step ${count(data.at)}.`);
}
