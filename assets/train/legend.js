// @ts-check
// A chart's legend: each entry shows the line's look and newest value, explains itself, and hides
// its curve.

import { el, findAll, text } from "../lib/dom.js";
import { figure } from "../lib/format.js";
import { dashOf, roleOf } from "../lib/plot.js";
import { known } from "../lib/tips.js";
import { options, saveOptions } from "./options.js";

/**
 * @param {HTMLElement} box
 * @param {import("../lib/plot.js").Series[]} series
 * @param {() => void} changed called when a curve was hidden or shown
 */
export function legend(box, series, changed) {
  box.replaceChildren(...series.map((one) => el("button", {
    type: "button", class: "gv-key", "data-series": one.name, "data-role": roleOf(one),
    "data-dash": dashOf(one), "aria-pressed": String(!options.hidden.includes(one.name)),
    "data-tip": one.why || (known(one.name) ? one.name : "loss"),
    onclick: (event) => toggle(one.name, event.currentTarget, changed),
  }, el("i"), one.label.split(",")[0], el("b", {}, "–"))));
}

function toggle(name, button, changed) {
  const { hidden } = options;
  const hide = !hidden.includes(name);
  options.hidden = hide ? [...hidden, name] : hidden.filter((one) => one !== name);
  button.setAttribute("aria-pressed", String(!hide));
  saveOptions();
  changed();
}

/**
 * What the dashed lines are; their values stand beside them.
 * @param {HTMLElement} box
 * @param {import("../lib/plot.js").Level[]} levels
 */
export function levelKey(box, levels) {
  if (!levels.length) return;
  const words = `${levels.map((level) => level.words).join(". ")}.`;
  box.append(el("span", { class: "gv-key gv-key-level", title: words },
    el("i", { "aria-hidden": "true" }), "equilibrium",
    el("span", { class: "gv-hidden-text" }, words)));
}

/**
 * The value of each curve at one index.
 * @param {HTMLElement} box
 * @param {import("../lib/plot.js").Columns} columns
 * @param {number} at
 */
export function legendValues(box, columns, at) {
  for (const button of findAll("button", box)) {
    text(button.lastElementChild, figure(columns[button.dataset.series ?? ""]?.[at]));
  }
}
