// @ts-check
// Six seeds of one set-up, trained as one: how much of a result is luck.

import { $, el, findAll, text } from "../lib/dom.js";
import { unpackPoints } from "../lib/plane_data.js";
import { modesOf } from "./duel.js";
import { paintSmall } from "./small_plane.js";
import { played } from "./stream_of.js";

const SEEDS = 6;
const PRESET = "ring8";
const KIND = "Points in the plane";
const SMALLEST = 60;
const LARGEST = 260;

/** @type {import("../lib/plane_data.js").Points | null} */
let real = null;

/** @param {HTMLElement} panel */
export function start(panel) {
  const presets = Object.entries(window.gvFacts.presets);
  const { group } = window.gvFacts.presets[PRESET];
  const game = played({
    path: "gv/lab/seeds", label: "six seeds", show,
    body: () => ({ training: { preset: $("gv-lab-seeds-preset", HTMLSelectElement).value } }),
    first: (line) => { real = unpackPoints(line.real); },
  });
  panel.append(
    el("p", { class: "gv-say" }, "Six runs that differ in nothing but their seed, trained in the same calls. How different are they?"),
    el("label", { class: "gv-inline" }, "Set-up ", el("select", { id: "gv-lab-seeds-preset", "aria-label": KIND },
      ...presets.filter(([, one]) => one.group === group).map(([value, one]) => el("option", { value }, one.label)))),
    game.node,
    el("div", { class: "gv-lab-seeds" }, ...Array.from({ length: SEEDS }, (_, seed) => el("figure", { class: "gv-lab-seed", hidden: true },
      el("canvas", { role: "img", "aria-label": `Samples of seed ${seed}` }), el("figcaption", { class: "gv-caption" })))),
  );
  $("gv-lab-seeds-preset", HTMLSelectElement).value = PRESET;
}

/** @param {any} frame */
function show(frame) {
  findAll(".gv-lab-seed").forEach((node, i) => {
    node.hidden = false;
    const side = frame.seeds[i];
    const width = Math.min(node.clientWidth, LARGEST);
    const canvas = /** @type {HTMLCanvasElement} */ (node.firstElementChild);
    if (real && width > SMALLEST) paintSmall(canvas, real, unpackPoints(side.points), width);
    text(node.lastElementChild, `seed ${side.seed}${side.total ? `: ${modesOf(side)}` : ""}`);
  });
}
