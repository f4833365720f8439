// @ts-check
// A duel: two set-ups with the same seed, data and latents, step by step side by side.

import { $, el, text } from "../lib/dom.js";
import { figure } from "../lib/format.js";
import { unpackPoints } from "../lib/plane_data.js";
import { paintSmall } from "./small_plane.js";
import { played } from "./stream_of.js";

/** @typedef {import("../lib/plane_data.js").Points} Points */

const SIDES = ["left", "right"];
const SMALLEST = 80;
const LARGEST = 420;
const STATS = ["loss_d", "loss_g", "d_real", "d_fake"];
const NAMES = /** @type {Record<string, string>} */ ({ loss_d: "D loss", loss_g: "G loss", d_real: "D(x)", d_fake: "D(G(z))" });

/** @type {Points | null} */
let real = null;
/** @type {{start: () => void} | null} */
let game = null;

/** @param {HTMLElement} panel */
export function start(panel) {
  const made = played({
    path: "gv/lab/duel", label: "duel", first, show,
    body: () => ({ left: { preset: chosen("left") }, right: { preset: chosen("right") } }),
  });
  game = made;
  panel.append(
    el("p", { class: "gv-say" }, "Both sides start from the same seed, data and latents, and move in lockstep: what differs between them is the settings."),
    el("div", { class: "gv-lab-sides" }, ...SIDES.map((side) => el("div", { class: "gv-lab-side", id: `gv-lab-${side}` },
      el("select", { id: `gv-lab-${side}-preset`, "aria-label": `Set-up on the ${side}`, onchange: () => { if (side === "left") suggest(); } }, ...groups())))),
    el("p", { class: "gv-caption", id: "gv-lab-differences" }),
    made.node,
    el("div", { class: "gv-lab-sides" }, ...SIDES.map((side) => el("div", { class: "gv-lab-side", id: `gv-lab-${side}-view`, hidden: true },
      el("canvas", { role: "img", "aria-label": `Samples on the ${side}`, hidden: true }),
      el("img", { alt: `Samples on the ${side}`, hidden: true }),
      el("p", { class: "gv-caption" })))),
  );
  choose("left", "ring8-collapse");
  suggest();
}

/** Play these two at once. @param {{left: string, right: string}} presets */
export function play({ left, right }) {
  choose("left", left);
  choose("right", right);
  game?.start();
}

const facts = () => window.gvFacts.presets;
const chosen = (/** @type {string} */ side) => $(`gv-lab-${side}-preset`, HTMLSelectElement).value;

/** @param {string} side @param {string} preset */
function choose(side, preset) {
  $(`gv-lab-${side}-preset`, HTMLSelectElement).value = preset;
}

/** The partner of what stands left. */
function suggest() {
  const { partner } = facts()[chosen("left")];
  if (partner) choose("right", partner);
}

function groups() {
  const names = [...new Set(Object.values(facts()).map((/** @type {any} */ one) => one.group))];
  return names.map((group) => el("optgroup", { label: group }, ...Object.entries(facts())
    .filter(([, one]) => one.group === group).map(([value, one]) => el("option", { value }, one.label))));
}

/** @param {any} line what is played */
function first(line) {
  real = line.real ? unpackPoints(line.real) : null;
  const written = (/** @type {any} */ value) => (Array.isArray(value) ? value.join(", ") || "none" : String(value));
  $("gv-lab-differences").replaceChildren(line.differences.length ? "They differ in: " : "Both sides are the same.",
    ...line.differences.flatMap((/** @type {any} */ one, /** @type {number} */ i) => [
      ...(i ? ["; "] : []), el("b", {}, one.label), ` ${written(one.left)} against ${written(one.right)}`]));
}

/** @param {any} frame */
function show(frame) {
  SIDES.forEach((side, i) => showSide($(`gv-lab-${side}-view`), frame.sides[i]));
}

/** @param {HTMLElement} view @param {any} side */
function showSide(view, side) {
  view.hidden = false;
  const [canvas, image, words] = /** @type {[HTMLCanvasElement, HTMLImageElement, HTMLElement]} */ ([...view.children]);
  canvas.hidden = !side.points;
  image.hidden = !side.picture;
  if (side.picture) image.src = side.picture;
  const width = Math.min(view.clientWidth, LARGEST);
  if (side.points && real && width > SMALLEST) paintSmall(canvas, real, unpackPoints(side.points), width);
  text(words, side.problem || [modesOf(side), ...STATS.filter((name) => name in side.stats)
    .map((name) => `${NAMES[name]} ${figure(side.stats[name])}`)].filter(Boolean).join(", "));
}

/** @param {any} side */
export const modesOf = ({ captured, total, quality }) =>
  (total ? `${captured} of ${total} modes, ${Math.round(100 * quality)} % high quality` : "");
