// @ts-check
// What a presenter changes of the game that runs: live settings beside the part that they change, and
// steps of one player alone. Each change leaves a mark that can be gone back to.

import { $, el, findAll, mark, text } from "../lib/dom.js";
import { brief } from "../lib/format.js";
import { changeInWords } from "../lib/changes.js";
import { command } from "../lib/request.js";
import { emit, now, on } from "../lib/stream.js";
import { inEffect } from "../train/effect.js";
import * as graph from "./graph.js";

/** Live settings, and the part that each changes. @type {Record<string, string[]>} */
const KNOBS = { generator: ["g_lr", "ema_decay"], discriminator: ["d_lr", "d_steps", "penalty_weight"] };
const SHORT = /** @type {Record<string, string>} */ ({
  g_lr: "rate", d_lr: "rate", ema_decay: "EMA", d_steps: "D steps", penalty_weight: "penalty",
});
const MOVES = /** @type {[string, string, string][]} */ ([
  ["discriminator", "D alone", "D moves, G holds still"], ["generator", "G alone", "G moves, D holds still"], ["", "Both", "Whole steps, D then G"],
]);

/** @type {{step: number, words: string, seq: number}[]} */
let marks = [];
/** @type {HTMLSelectElement} */
let amount;

/** @param {HTMLElement} place */
export function start(place) {
  for (const [part, names] of Object.entries(KNOBS)) graph.node(part).append(el("div", { class: "gv-lab-knobs" }, ...names.map(knob)));
  amount = el("select", { class: "gv-input", "aria-label": "How many" }, ...[1, 10, 100].map((n) => el("option", { value: n }, `× ${n}`)));
  place.append(
    el("button", { type: "button", class: "gv-button gv-small gv-strong", id: "gv-lab-pause", onclick: pauseOrResume }, "Pause"),
    ...MOVES.map(([player, label, why]) => el("button", {
      type: "button", class: "gv-button gv-small", "data-move": player || "both", title: why, onclick: () => take(player),
    }, label)), amount,
    el("p", { class: "gv-note", id: "gv-lab-note", role: "status", hidden: true }));
  on("status", refresh);
  on("hello", ({ sameRun }) => {
    if (!sameRun) marks = [];
    refresh();
    emit("lab-marks", marks);
  });
  on("event", noteChange);
  on("lab-rebuilt", (words) => {
    marks = [{ step: 0, seq: -1, words: `Begun with ${words}` }, ...marks];
    emit("lab-marks", marks);
  });
  refresh();
}

/** One live setting: less, its value, more. @param {string} name */
function knob(name) {
  const { label, kind } = window.gvFacts.fields[name];
  const change = (/** @type {1 | -1} */ by) => set(name, changed(kind, name, valueOf(name), by));
  const button = (/** @type {string} */ sign, /** @type {string} */ words, /** @type {1 | -1} */ by) =>
    el("button", { type: "button", "aria-label": `${label}: ${words}`, onclick: () => change(by) }, sign);
  return el("div", { class: "gv-lab-knob", "data-knob": name, title: label },
    el("span", {}, SHORT[name]), button("−", "less", -1), el("output", { "aria-label": label }), button("+", "more", 1));
}

/** @param {string} name */
const valueOf = (name) => now.run?.config?.[name];

/**
 * The next value up or down: whole numbers by one, shares towards their ends, all else by half or double.
 * @param {string} kind
 * @param {string} name
 * @param {number} value
 * @param {1 | -1} by
 */
export function changed(kind, name, value, by) {
  if (kind === "int") return Math.max(1, value + by);
  const rounded = (/** @type {number} */ x) => Number(x.toPrecision(3));
  if (name === "ema_decay") return averaged(value, by);
  return value === 0 ? (by > 0 ? 0.01 : 0) : rounded(by > 0 ? value * 2 : value / 2);
}

/** A setting at its end stays there, and says so. @param {string} name @param {number} value */
async function set(name, value) {
  if (value === valueOf(name)) {
    return say({ ok: false, sentence: `${window.gvFacts.fields[name].label} is at its end: ${brief(value)}.` });
  }
  say(await command("set", { settings: { [name]: value }, run: now.run?.id }));
}

/** Half or twice the way to 1, which it never reaches. @param {number} value @param {1 | -1} by */
function averaged(value, by) {
  if (by < 0) return Math.max(0, Number((1 - (1 - value) * 2).toPrecision(4)));
  const next = Number((1 - (1 - value) / 2).toPrecision(4));
  return next < 1 ? next : value;
}

function pauseOrResume() {
  command(now.status?.state === "paused" ? "resume" : "pause", { run: now.run?.id }).then(say);
}

/** @param {string} player */
async function take(player) {
  const n = Number(amount.value);
  say(await (player ? command("turn", { player, n, run: now.run?.id }) : command("step", { n, run: now.run?.id })));
}

/** A refusal is said where it was caused. @param {{ok: boolean, sentence: string}} answer */
function say({ ok, sentence }) {
  const note = $("gv-lab-note");
  text(note, ok ? "" : sentence);
  note.hidden = ok;
}

/** Which controls act now. */
function refresh() {
  const state = now.status?.state ?? "idle";
  const moves = ["running", "paused"].includes(state);
  text($("gv-lab-pause"), state === "paused" ? "Resume" : "Pause");
  $("gv-lab-pause").toggleAttribute("disabled", !moves);
  for (const button of findAll("[data-move]", $("gv-lab-steps"))) {
    const why = MOVES.find(([player]) => (player || "both") === button.dataset.move)?.[2];
    button.toggleAttribute("disabled", state !== "paused");
    mark(button, "title", state === "paused" ? why ?? "" : "Pause the run first.");
  }
  for (const one of findAll("[data-knob]", $("gv-lab-graph"))) refreshKnob(one, moves);
}

/** @param {HTMLElement} one @param {boolean} acts whether the run takes settings now */
function refreshKnob(one, acts) {
  const name = one.dataset.knob ?? "";
  one.hidden = !now.run || !inEffect(window.gvFacts.fields, now.run.config, name);
  text(one.querySelector("output"), brief(valueOf(name)));
  for (const button of findAll("button", one)) button.toggleAttribute("disabled", !acts);
}

// -- marks -----------------------------------------------------------------------------------------

/** @param {{kind: string, step: number, seq: number, data: any}} event */
function noteChange({ kind, step, seq, data }) {
  if (kind !== "turn" && kind !== "setting") return;
  if (kind === "setting" && now.run) now.run.config[data.name] = data.value;
  if (marks.some((one) => one.seq === seq)) return;
  marks.push({ step, seq, words: changeInWords(kind, data) });
  emit("lab-marks", marks);
  refresh();
}
