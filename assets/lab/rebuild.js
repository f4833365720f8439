// @ts-check
// What cannot change while a run trains: width and depth, noise, batch size and the like. Each stands in
// the part that it changes, and what is chosen waits until a new run begins with it.

import { $, el, text } from "../lib/dom.js";
import { emit, now, on } from "../lib/stream.js";
import { inEffect } from "../train/effect.js";
import { control } from "../train/fields.js";
import { presetFacts, startPreset } from "../train/form.js";
import { asText } from "../train/numbers.js";
import { same } from "../train/settings.js";
import { deeper, wider } from "./sizes.js";

/** The settings that need a new run, by the part of the graph that they change. @type {Record<string, string[]>} */
const PARTS = {
  noise: ["latent_dim", "noise"],
  generator: ["g_hidden", "g_width", "activation", "g_norm", "residual", "g_steps", "optimizer"],
  reals: ["data", "batch_size"],
  discriminator: ["d_hidden", "d_width", "d_norm", "pac", "update", "optimizer"],
  "d-loss": ["objective", "penalty", "label_smoothing", "instance_noise"],
  "g-loss": ["objective"],
};
/** Sizes of hidden layers, which have a depth and a width. */
const LAYERS = ["g_hidden", "d_hidden"];

/** What a person has chosen. @type {Record<string, any>} */
let chosen = {};
/** What the run that is to come begins with, until it is shown. @type {string} */
let awaited = "";

/** @param {HTMLElement} place where the bar stands */
export function start(place) {
  place.append(el("div", { class: "gv-lab-rebuild gv-note", id: "gv-lab-rebuild", role: "status", hidden: true },
    el("p", { id: "gv-lab-rebuild-words" }), el("p", { class: "gv-error", id: "gv-lab-rebuild-refused", hidden: true }),
    el("div", { class: "gv-lab-rebuild-row" },
      el("button", { type: "button", class: "gv-button gv-small gv-strong", id: "gv-lab-rebuild-start", onclick: begin }, "Begin it"),
      el("button", { type: "button", class: "gv-button gv-small", id: "gv-lab-rebuild-drop", onclick: drop }, "Leave it as it is"))));
  on("hello", ({ sameRun }) => { if (!sameRun) anotherRun(); });
}

const facts = () => window.gvFacts.fields;
const config = () => now.run?.config ?? {};
/** @param {string} name */
const valueOf = (name) => (name in chosen ? chosen[name] : config()[name]);

/** The settings of a part that mean something in this run. @param {string} part */
export function fieldsOf(part) {
  const values = { ...config(), ...chosen };
  const acts = (/** @type {string} */ name) => !facts()[name].absent && inEffect(facts(), values, name);
  const names = (PARTS[part] ?? []).filter(acts);
  if (!names.length || !now.run) return [];
  return [el("section", { class: "gv-lab-fields", "data-part": part, "aria-label": "What a new run can begin with" },
    el("p", { class: "gv-say" }, "These need a new run, from step 0. Nothing is changed until you begin it."),
    el("div", { class: "gv-lab-field-row" }, ...names.map(field)))];
}

/** @param {string} name */
function field(name) {
  const one = control(name, facts()[name], choose, "lab-");
  one.write(valueOf(name));
  if (LAYERS.includes(name)) one.node.append(sizes(name, one.write));
  return one.node;
}

/** Depth and width of hidden layers, one more or less. @param {string} name @param {(value: any) => void} write */
function sizes(name, write) {
  const change = (/** @type {(layers: number[]) => number[]} */ to) => () => {
    const next = to(layersOf(valueOf(name)));
    write(next);
    choose(name, next);
  };
  const pair = (/** @type {string} */ words, /** @type {(by: 1 | -1) => () => void} */ act) => el("span", { class: "gv-lab-pair" }, words,
    el("button", { type: "button", class: "gv-button gv-small", "aria-label": `${words}: less`, onclick: act(-1) }, "−"),
    el("button", { type: "button", class: "gv-button gv-small", "aria-label": `${words}: more`, onclick: act(1) }, "+"));
  return el("div", { class: "gv-lab-sizes" },
    pair("Depth", (by) => change((layers) => deeper(layers, by))), pair("Width", (by) => change((layers) => wider(layers, by))));
}

/** Sizes that can be counted with: what was typed may be no numbers. @param {any} value @returns {number[]} */
const layersOf = (value) => (Array.isArray(value) ? value : []);

/** @param {string} name @param {any} value */
function choose(name, value) {
  if (same(value, config()[name])) delete chosen[name];
  else chosen[name] = value;
  showBar();
}

/** "Batch size 256 → 64", in the order of the form. */
function inWords() {
  return window.gvFacts.order.filter((/** @type {string} */ name) => name in chosen)
    .map((/** @type {string} */ name) => `${facts()[name].label} ${said(name, config()[name])} → ${said(name, chosen[name])}`).join(", ");
}

/** @param {string} name @param {any} value */
const said = (name, value) => facts()[name].choices
  .find((/** @type {[string, any]} */ [, one]) => same(one, value))?.[0] ?? (asText(value) || "none");

function showBar() {
  const words = inWords();
  $("gv-lab-rebuild").hidden = !words;
  text($("gv-lab-rebuild-words"), `A new run begins with: ${words}. The run that is shown ends, and is kept.`);
  refused("");
}

/** @param {string} sentence */
function refused(sentence) {
  text($("gv-lab-rebuild-refused"), sentence);
  $("gv-lab-rebuild-refused").hidden = !sentence;
}

function drop() {
  chosen = {};
  showBar();
  emit("lab-rebuild", null);
}

/** Begin a run with all that this one has, but for what was chosen; a refusal changes nothing. */
async function begin() {
  const { preset } = config();
  const known = presetFacts(preset) ? preset : window.gvFacts.preset;
  const own = Object.fromEntries(window.gvFacts.order.map((/** @type {string} */ name) => [name, config()[name]]));
  awaited = inWords();
  const say = await startPreset(known, { ...own, name: "", ...chosen }, true);
  if (!say) return;
  awaited = "";
  refused(`${say} Nothing was changed.`);
}

/** The run is shown that was asked for, or another one: what was chosen is done with. */
function anotherRun() {
  if (awaited) emit("lab-rebuilt", awaited);
  awaited = "";
  chosen = {};
  showBar();
}
