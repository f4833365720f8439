// @ts-check
// The figures below the plane: how many of the data's modes the generator has.

import { $, el, find, text } from "../lib/dom.js";
import { count, figure } from "../lib/format.js";
import { tip } from "../lib/tips.js";

const FIGURES = [
  ["captured", "Modes", "Modes with at least one sample of high quality. One lucky sample counts: see the strict count beside it."],
  ["strict", "Strict", "Modes with at least 20 of 2,500 samples of high quality: a blur does not pass."],
  ["quality", "High quality", "Samples within three standard deviations of the nearest mode."],
  ["reverse_kl", "Reverse KL", "How unevenly the good samples are spread over the modes, in nats: 0 is even."],
];
const NO_MODES = "This data has no separate modes to count: judge by eye how well the crosses cover the rings.";

/** @param {Record<string, any> | null} modes what the probe measured; a figure may be null */
export function showModes(modes) {
  const box = $("gv-modes");
  if (!modes) {
    box.dataset.filled = "no";
    return box.replaceChildren(el("p", { class: "gv-caption" }, NO_MODES));
  }
  if (box.dataset.filled !== "yes") {
    box.dataset.filled = "yes";
    box.replaceChildren(...FIGURES.map(([name, label, why]) =>
      el("div", { class: "gv-tile", "data-figure": name },
        el("span", {}, label, tip(why, label)), el("b", {}, "–"))), el("p", { class: "gv-caption" }));
  }
  for (const [name] of FIGURES) text(find(box, `[data-figure=${name}] b`), written(name, modes));
  text(box.lastElementChild, `Counted on ${count(modes.n)} generated samples.`);
}

/**
 * @param {string} name
 * @param {Record<string, any>} modes
 */
function written(name, modes) {
  if (modes[name] == null) return "–";
  if (name === "quality") return `${(100 * modes.quality).toFixed(1)} %`;
  if (name === "reverse_kl") return figure(modes.reverse_kl);
  return `${modes[name]} of ${modes.total}`;
}
