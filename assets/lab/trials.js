// @ts-check
// Games beside the run: a duel, six seeds at once, and the smallest game there is.

import { $, el, findAll, mark } from "../lib/dom.js";
import * as dirac from "./dirac.js";
import * as duel from "./duel.js";
import * as seeds from "./seeds.js";

/** @type {[string, string, {start: (panel: HTMLElement) => void}][]} */
const GAMES = [["duel", "Duel", duel], ["seeds", "Six seeds", seeds], ["dirac", "Dirac-GAN", dirac]];

/** @param {HTMLElement} tools */
export function start(tools) {
  tools.append(el("section", { class: "gv-card gv-lab-trials", id: "gv-lab-trials", "aria-labelledby": "gv-lab-trials-title" },
    el("header", { class: "gv-card-head" }, el("h2", { id: "gv-lab-trials-title" }, "Side by side"), el("span", { class: "gv-spring" }),
      el("div", { class: "gv-switch", role: "group", "aria-label": "Which game" }, ...GAMES.map(([name, label]) =>
        el("button", { type: "button", "data-game": name, onclick: () => open(name) }, label)))),
    ...GAMES.map(([name]) => el("div", { class: "gv-lab-trial", id: `gv-lab-trial-${name}` }))));
  for (const [name, , game] of GAMES) game.start($(`gv-lab-trial-${name}`));
  open("duel");
}

/** @param {string} chosen */
function open(chosen) {
  for (const [name] of GAMES) $(`gv-lab-trial-${name}`).hidden = name !== chosen;
  for (const button of findAll("[data-game]")) mark(button, "aria-pressed", button.dataset.game === chosen);
}

/** Play two presets against each other. @param {{left: string, right: string}} presets */
export function play(presets) {
  open("duel");
  $("gv-lab-trials").scrollIntoView({ block: "start" });
  duel.play(presets);
}
