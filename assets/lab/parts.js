// @ts-check
// What a part of the graph is made of: a sentence, its layers with the figures of the step in sight,
// the formula of its loss, and the lines of Python that run.

import { on } from "../lib/bus.js";
import { $, el } from "../lib/dom.js";
import { brief, count } from "../lib/format.js";
import { LAB_VIEWER_REFRESH } from "../lib/pacing.js";
import { get } from "../lib/request.js";
import { now } from "../lib/stream.js";
import { math } from "../train/choice.js";
import { fill } from "./activations.js";
import * as graph from "./graph.js";
import { fieldsOf } from "./rebuild.js";

/** @typedef {import("./recordings.js").Recording} Recording */

/** @type {Record<string, {say: string, player?: string, code: string[], formula?: number}>} */
const PARTS = {
  noise: { say: "Random numbers, the same kind in every step. G has nothing else to begin with.", code: ["latents"] },
  generator: { say: "Turns each latent into a sample. It never sees the data: all that it learns comes through D.", player: "generator", code: ["generator", "generator_step"] },
  fakes: { say: "What G makes of this step's latents. D judges them; the gradient of G's loss at each says where that loss would have it go. The line that makes them stands in D's step.", code: ["discriminator_step"] },
  reals: { say: "Samples of the data, drawn anew for each step. Only D sees them.", code: ["batch"] },
  discriminator: { say: "Gives each sample a number: how real it finds it. Both losses are made of these numbers.", player: "discriminator", code: ["discriminator", "discriminator_step"] },
  "d-loss": { say: "What D minimises: it is low where reals and fakes get different scores.", code: ["discriminator_loss"], formula: 0 },
  "g-loss": { say: "What G minimises, by D's scores of the fakes. D holds still meanwhile.", code: ["generator_loss"], formula: 1 },
};

/** The part that is open. */
let open = "";
/** When the activations are asked for again. */
let due = 0;
/** @type {Recording | null} */
let recording = null;
/** The lines that run, of the run whose id is `of`, or why there are none. */
const code = { of: "", lines: /** @type {Record<string, any>} */ ({}), why: "" };

export function start() {
  on("lab-shown", (shown) => {
    recording = shown.recording;
    const table = $("gv-lab-layers");
    if (!table) return;
    const player = PARTS[open].player ?? "";
    table.replaceWith(layers(player));
    if (performance.now() < due) return;
    due = performance.now() + LAB_VIEWER_REFRESH;
    fill($("gv-lab-maps"), player);
  });
  on("hello", ({ sameRun }) => { if (!sameRun) toggle(open); });
  on("lab-rebuild", () => { if (open) show(); });
}

/** Open a part, or close it where it is open. @param {string} name */
export async function toggle(name) {
  open = name === open ? "" : name;
  graph.markOpen(open);
  if (!open) return $("gv-lab-part").replaceChildren();
  show();
  await fetchCode();
  if (open !== name) return;
  show();
  $("gv-lab-part").scrollIntoView({ block: "nearest" });
}

async function fetchCode() {
  const id = now.run?.id ?? "";
  if (code.of === id) return;
  const answer = await get(`gv/lab/code?run=${encodeURIComponent(id)}`);
  Object.assign(code, answer.ok ? { of: id, lines: answer, why: "" } : { of: "", lines: {}, why: answer.sentence });
}

function show() {
  const { say, player, formula, code: wanted } = PARTS[open];
  const name = open;
  const leave = () => {
    toggle(name);
    graph.node(name).querySelector("button")?.focus();
  };
  const close = el("button", { type: "button", class: "gv-icon", "aria-label": "Close", onclick: leave }, "×");
  const lines = code.of === now.run?.id ? wanted.map((one) => code.lines[one]).filter(Boolean) : [];
  $("gv-lab-part").replaceChildren(
    el("header", {}, el("h3", {}, graph.NODES[open].label), el("span", { class: "gv-spring" }), close),
    el("p", { class: "gv-say" }, say),
    ...fieldsOf(open),
    ...(player ? [layers(player), maps(player)] : []),
    ...(formula === undefined ? definition(open) : formulas(formula)),
    ...(code.why ? [el("p", { class: "gv-note" }, code.why)] : []),
    ...lines.map((text) => el("pre", { class: "gv-lab-code", tabindex: "0", "aria-label": "The lines of Python that run" }, text)));
}

/** The activations of a network, as soon as they come. @param {string} player */
function maps(player) {
  const place = el("div", { class: "gv-lab-maps", id: "gv-lab-maps" });
  fill(place, player);
  return place;
}

/** The layers of a network with the norms of the step in sight. @param {string} player */
function layers(player) {
  const move = recording?.moves[player];
  const table = el("table", { class: "gv-lab-layers", id: "gv-lab-layers" });
  if (!move?.layers) {
    table.append(el("caption", {}, "This network held still in the step in sight."));
    return table;
  }
  const columns = [move.layer_parameters, move.layer_gradient, move.layer_update, move.layer_weight];
  const row = (/** @type {string} */ label, /** @type {number} */ index) => el("tr", {},
    el("th", { scope: "row" }, label),
    ...columns.map((column, at) => el("td", {}, at ? brief(column?.[index]) : count(column?.[index] ?? 0))));
  const head = el("tr", {}, ...["Layer", "Parameters", "Gradient", "Update", "Weights"].map((word) => el("th", { scope: "col" }, word)));
  table.append(el("thead", {}, head), el("tbody", {}, ...move.layers.map(row)));
  return table;
}

/** What a part is, as a formula. @param {string} part */
function definition(part) {
  const known = window.gvFacts.game[part];
  const source = typeof known === "string" ? known : known?.[now.run?.config?.noise ?? ""];
  return source ? [el("p", { class: "gv-lab-formula" }, math(source))] : [];
}

/** The formula of one player's loss, and of the penalty that is added to D's. @param {number} which */
function formulas(which) {
  const { objective, penalty } = window.gvFacts.fields;
  const config = now.run?.config ?? {};
  const own = objective.entries[config.objective]?.formulas?.[which];
  const added = which === 0 ? penalty.entries[config.penalty]?.formulas ?? [] : [];
  return [own, ...added].filter(Boolean).map(({ label, mathml }) =>
    el("p", { class: "gv-lab-formula" }, `${label} `, math(mathml)));
}
