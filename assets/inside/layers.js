// What every layer gets, as bars on a logarithmic scale.

import { $, el, mark, text } from "../lib/dom.js";
import { brief, count, power } from "../lib/format.js";
import { draw } from "../lib/schedule.js";
import { storage } from "../lib/storage.js";
import { ROLES, order, seen, waiting, whenSeen } from "./shared.js";
import { newest } from "../lib/measured.js";
import { on } from "../lib/stream.js";
import { decades } from "../lib/svg.js";

const SAYS = {
  gradient: "How strongly the loss pulls at the weights of each layer. Where the first bars are much shorter than the last, the " +
    "gradient vanishes on its way back.",
  weight: "How large the weights of each layer are. Weights that grow without end announce numbers that overflow.",
  update: "How far one step moves the weights, relative to their size. About a thousandth (the mark) is usual: far more is " +
    "restless, far less stands still.",
};
const TITLES = { gradient: "Gradient", weight: "Weights", update: "Update" };
const NAMES = { gradient: "gradient norm", weight: "weight norm", update: "update to weight" };
const MOST_DECADES = 14;
const USUAL = -3;

let measure = "gradient";
let span = null; // [low, high] powers of ten; it only widens while a run is shown

let place = null;

export function start(card) {
  measure = SAYS[storage.get("measure")] ? storage.get("measure") : "gradient";
  place = el("div", { class: "gv-nets", id: "gv-nets" });
  card.head.append(el("div", { class: "gv-switch", role: "group", "aria-label": "What the bars show" }, ...Object.entries(TITLES).map(([name, title]) =>
    el("button", { type: "button", "data-measure": name, onclick: () => choose(name) }, title))));
  card.section.append(place);
  choose(measure);
  on("hello", ({ sameRun }) => { if (!sameRun) span = null; });
  whenSeen(["gradients"], () => draw("inside", show));
}

function choose(name) {
  measure = name;
  span = null;
  storage.set("measure", name);
  for (const button of document.querySelectorAll("[data-measure]")) {
    mark(button, "aria-pressed", button.getAttribute("data-measure") === name);
  }
  text($("gv-layers-say"), SAYS[name]);
  draw("inside", show);
}

function show() {
  if (!seen()) return;
  const data = newest("gradients");
  text($("gv-layers-step"), data ? `step ${count(data.at)}` : "");
  if (!data) {
    place.replaceChildren(el("p", { class: "gv-wait" }, waiting()));
    return;
  }
  const networks = order(data.networks);
  widen(networks);
  for (const old of [...place.children]) {
    if (!networks.some(([name]) => name === old.dataset.network)) old.remove();
  }
  for (const [name, figures] of networks) {
    let box = [...place.children].find((node) => node.dataset.network === name);
    if (box?.dataset.layers !== figures.layers.join()) {
      const made = network(name, figures);
      if (box) box.replaceWith(made);
      else place.append(made);
      box = made;
    }
    fill(box, name, figures);
  }
}

function widen(networks) {
  const values = networks.flatMap(([, figures]) => figures[measure]);
  const logs = values.filter((value) => value > 0).map(Math.log10);
  if (!logs.length) return;
  const high = Math.max(span?.[1] ?? -Infinity, Math.ceil(Math.max(...logs) + 0.02));
  const low = Math.min(span?.[0] ?? Infinity, Math.floor(Math.min(...logs)), high - 3);
  span = [Math.max(low, high - MOST_DECADES), high];
}

function network(name, { layers, kinds }) {
  const [role, words] = ROLES[name] ?? ["", name];
  return el("div", { class: "gv-net", "data-network": name, "data-role": role, "data-layers": layers.join() },
    el("h3", {}, words),
    el("div", { class: "gv-axis", "aria-hidden": "true" }),
    el("ol", { class: "gv-bars" }, ...layers.map((label, index) => el("li", { "data-kind": kinds[index] },
      el("span", { title: label }, label), el("span", { class: "gv-track" }, el("i")), el("b")))),
    el("p", { class: "gv-caption" }));
}

function fill(box, name, figures) {
  const [low, high] = span ?? [-3, 0];
  const at = (value) => (value > 0 ? Math.min(1, Math.max(0, (Math.log10(value) - low) / (high - low))) : 0);
  axis(box.querySelector(".gv-axis"), low, high);
  box.querySelector(".gv-bars").style.setProperty("--usual", measure === "update" ? `${100 * ((USUAL - low) / (high - low))}%` : "-9px");
  box.querySelectorAll("li").forEach((row, index) => {
    const value = figures[measure][index];
    row.querySelector("i").style.transform = `scaleX(${at(value).toFixed(4)})`;
    row.dataset.broken = value == null;
    text(row.querySelector("b"), value == null ? "NaN" : brief(value));
    row.setAttribute("aria-label", `${figures.layers[index]}: ${NAMES[measure]} ${value == null ? "not a number" : value}`);
  });
  text(box.lastElementChild, measure === "gradient" ? verdict(figures) : "");
}

function axis(place, low, high) {
  const key = `${low} ${high}`;
  if (place.dataset.key === key) return;
  place.dataset.key = key;
  place.replaceChildren(...decades(low, high, 4).map((n) => el("span", { style: `left: ${(100 * (n - low)) / (high - low)}%` }, power(n))));
}

/** How the first layer stands against the last hidden one, in words. */
function verdict({ kinds, gradient }) {
  const chain = gradient.filter((_, index) => ["linear", "conv"].includes(kinds[index])).slice(0, -1);
  if (chain.length < 2 || !(chain.at(-1) > 0) || chain[0] == null) return "";
  const ratio = chain[0] / chain.at(-1);
  const words = ratio < 1e-2 ? "it vanishes on its way back" : ratio > 1e2 ? "it grows on its way back" : "it reaches every layer";
  return `First hidden layer over last: ${brief(ratio)}, so ${words}.`;
}
