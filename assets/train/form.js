// @ts-check
// The form: one state, drawn as native fields. What a person changed is never lost without a choice.

import { $, el, text } from "../lib/dom.js";
import * as route from "../lib/route.js";
import { TYPING_PAUSE } from "../lib/pacing.js";
import { command, post } from "../lib/request.js";
import { emit, now, on, pinned } from "../lib/stream.js";
import { beginsWith, followParent, setParent } from "./begin_with.js";
import { active, say } from "./controls.js";
import { showChoice } from "./choice.js";
import { wantEstimate } from "./estimate.js";
import { control } from "./fields.js";
import { asText } from "./numbers.js";
import { inEffect } from "./effect.js";
import { asAddress, differences, fromAddress, listed, presetValues, same } from "./settings.js";

const facts = window.gvFacts;
const controls = {};
const timers = {};
/** What the form holds, and what it began as: a preset, or the settings of the run `run`. */
const form = {
  preset: facts.preset, values: presetValues(facts, facts.preset), base: {}, run: null, chosen: false,
};
let known = {}; // the settings of the run that is shown
let adopting = false; // the next run shown fills the form, whatever it holds
const aside = []; // what a person had changed before the form was filled otherwise, the newest last

const presetList = () => $("gv-i-preset", HTMLSelectElement);

/** The words of a preset. */
export const presetFacts = (name) => facts.presets[name];

export function start() {
  form.base = form.values;
  drawFields();
  drawPresets();
  const linked = fromAddress(facts, route.all());
  fill(linked ? { ...linked, base: presetValues(facts, linked.preset), chosen: true } : form);
  followParent(say);
  $("gv-train").addEventListener("click", () => train(false));
  $("gv-replace").addEventListener("click", () => train(true));
  $("gv-form-reset").addEventListener("click", () => choosePreset(form.preset));
  $("gv-settings-open").addEventListener("click", toggleSettings);
  route.onNavigate(followAddress);
  on("hello", fillFromRun);
  on("event", settingChanged);
  on("status", notice);
  on("parent-chosen", notice);
  document.body.dataset.gvForm = "filled";
}

/** The next run that is shown fills the form: a person asked for that run. */
export function adopt() {
  adopting = true;
}

/** Fill the form with the settings of a kept run, whose networks the next run begins with. */
export function beginWith(config, parent) {
  putAside();
  const preset = config.preset in facts.presets ? config.preset : form.preset;
  const values = Object.fromEntries(facts.order.map((name) => [name, config[name]]));
  fill({ preset, values: { ...values, name: "" }, chosen: true });
  setParent(parent);
  writeAddress(true);
  offerAside("The form shows that run's settings.");
}

/** Fill the form with a preset, and settings that differ from it, and start it (`replace`: in the place
 * of the run that trains); what a person had changed is put aside. Gives what the server refuses it
 * with, or "". */
export async function startPreset(name, settings = {}, replace = false) {
  putAside();
  setParent(null);
  setPreset(name, settings, true);
  offerAside(`The form shows “${facts.presets[name].label}”.`);
  return await train(replace);
}

// -- what the form holds ----------------------------------------------------------------

/** Show `preset` and `values`; `base` is what the form counts as unchanged. */
function fill({ preset, values, base = values, run = null, chosen = false }) {
  Object.assign(form, { preset, values: { ...values }, base: { ...base }, run, chosen });
  presetList().value = preset;
  for (const name of facts.order) {
    controls[name].write(form.values[name]);
    explain(name);
    clearError(name);
  }
  refresh();
}

function changed(name, value) {
  form.values[name] = value;
  choose();
  explain(name);
  clearError(name);
  if (facts.fields[name].live) sendLive(name, value);
  refresh();
  writeAddress(false);
}

/** A person has set something: a run that they asked for before, and that comes late, leaves it. */
function choose() {
  form.chosen = true;
  adopting = false;
}

/** All that follows from the values. */
function refresh() {
  hideIdle();
  explainPreset();
  const differ = differences(facts, form.values, presetValues(facts, form.preset, form.values));
  $("gv-form-differs").hidden = !differ.length;
  text($("gv-form-differs").firstElementChild, `Changed from the preset: ${listed(facts, differ)}.`);
  notice();
}

/** The fields that a person changed since the form was filled. */
const edits = () => differences(facts, form.values, form.base);

/** Another preset: where a person has changed something, they say what becomes of it. */
function choosePreset(name) {
  const mine = edits().filter((field) => !facts.fields[field].kept);
  if (name === form.preset || !mine.length) return setPreset(name);
  askAbout(mine, name);
}

/** Show a preset, and settings that differ from it: a person's own, or part of a `given` set-up. */
function setPreset(name, keep = {}, given = false) {
  const own = presetValues(facts, name, form.values);
  const values = { ...own, ...keep };
  fill({ preset: name, base: given ? values : own, values });
  choose();
  writeAddress(true);
}

function askAbout(mine, name) {
  const dialog = $("gv-keep", HTMLDialogElement);
  text($("gv-keep-words"), `You changed ${listed(facts, mine)}. What shall become of that in “${facts.presets[name].label}”?`);
  const kept = Object.fromEntries(mine.map((field) => [field, form.values[field]]));
  dialog.onclose = () => {
    if (dialog.returnValue === "keep") setPreset(name, kept);
    else if (dialog.returnValue === "drop") setPreset(name);
    else presetList().value = form.preset;
    presetList().focus();
  };
  dialog.returnValue = "";
  dialog.showModal();
}

function writeAddress(push) {
  route.set({ ...asAddress(facts, form.preset, form.values), from: beginsWith() || null }, { push });
}

/** A person went back or forward. */
function followAddress() {
  followParent(say);
  const linked = fromAddress(facts, route.all());
  if (!linked) return;
  if (linked.preset === form.preset && !differences(facts, linked.values, form.values).length) return;
  fill({ ...linked, base: presetValues(facts, linked.preset, linked.values), chosen: true });
  if (recognise()) notice();
}

// -- the run that is shown ----------------------------------------------------------------

function fillFromRun({ run, sameRun }) {
  known = { ...(run?.config ?? {}) };
  if (!sameRun) note("");
  if (run && (!sameRun || adopting)) meetRun(run);
  notice();
}

/** Whether the form holds what the run that is shown has: then it counts as that run's. */
function recognise() {
  const config = now.run?.config;
  if (!config || differences(facts, form.values, config).some((name) => name !== "name")) return false;
  Object.assign(form, { base: { ...form.values }, run: now.run?.id ?? null });
  return true;
}

/** A run is shown: the form follows, unless it holds something of a person's own. */
function meetRun(run) {
  const config = run.config;
  if (!recognise() && (adopting || !form.chosen || (!edits().length && form.run))) {
    putAside();
    const preset = config.preset in facts.presets ? config.preset : form.preset;
    const values = Object.fromEntries(facts.order.map((name) => [name, config[name]]));
    if (beginsWith()) setParent(null);
    fill({ preset, values, run: run.id });
    route.set(Object.fromEntries(["preset", "from", ...facts.order].map((name) => [name, null])), { push: false });
    offerAside("The form shows this run.");
  }
  adopting = false;
}

/** Keep what a person changed; whether there was anything. */
function putAside() {
  const mine = edits();
  if (!mine.length) return false;
  aside.push({ preset: form.preset, values: form.values, base: form.base, chosen: true, mine });
  return true;
}

/** What was put aside can be had back, one after the other; what the form holds then is put aside. */
function offerAside(why) {
  const box = $("gv-form-aside");
  const newest = aside.at(-1);
  box.hidden = !newest;
  if (!newest) return;
  box.replaceChildren(`${why} Your changes to ${listed(facts, newest.mine)} were put aside. `,
    el("button", { type: "button", class: "gv-text-link", onclick: () => {
      aside.pop();
      if (putAside()) aside.unshift(...aside.splice(-1)); // behind those that wait longer
      fill(newest);
      writeAddress(false);
      offerAside("The form shows them again.");
    } }, "Bring them back"));
}

function settingChanged({ kind, data, old }) {
  if (kind !== "setting") return;
  const mine = !same(form.values[data.name], form.base[data.name]);
  known[data.name] = data.value;
  if (!old && form.run === now.run?.id && !mine) {
    form.values[data.name] = form.base[data.name] = data.value;
    controls[data.name]?.write(data.value);
  }
  notice();
}

/** A person moved a live setting: it reaches the run that trains, if that is the one shown. */
function sendLive(name, value) {
  clearTimeout(timers[name]);
  if (!active() || pinned() || value == null || value === "") return;
  timers[name] = setTimeout(async () => {
    if (!active() || same(value, known[name])) return;
    const answer = await command("set", { settings: { [name]: value } });
    if (!answer.ok) return showError(name, answer.sentence);
    form.base[name] = value;
    say(`${facts.fields[name].label} is now ${value}.`);
  }, TYPING_PAUSE);
}

/** A run that ended can be resumed beside it, so that the button says which of the two it is. */
function trainLabel() {
  const same = form.run !== null && form.run === now.run?.id && !edits().length;
  const anew = !active() && same && !beginsWith();
  text($("gv-train"), anew ? "Train anew" : "Train");
  $("gv-train").title = anew ? "Start a new run with these settings, from step 0." : "";
}

/** Settings that differ from the run's: they wait for the next run, or for the button that starts it now. */
function notice() {
  trainLabel();
  wantEstimate(form, facts.order);
  const next = document.body.dataset.gvNext;
  if (!active() || pinned()) {
    if (next) note("");
    return;
  }
  if (next === "busy") return; // the server's own words stay until something comes of them
  const differ = differences(facts, form.values, known).filter((name) => !facts.fields[name].live && name !== "name");
  if (!differ.length) return next ? note("") : undefined;
  note(form.run === now.run?.id ? `You changed ${listed(facts, differ)}: this counts from the next run on.`
    : `The form holds another run, “${facts.presets[form.preset].label}”: it can be started next.`, "differ");
}

/** A sentence under the buttons; `next` (why) adds the button that stops the run and starts this one. */
function note(words, next = "") {
  const place = $("gv-form-note");
  text(place, words);
  place.hidden = !words;
  if (words && next) document.body.dataset.gvNext = next;
  else delete document.body.dataset.gvNext;
}

// -- starting ------------------------------------------------------------------------------

/** Start what the form holds; `replace` stops the run that trains first. */
async function train(replace) {
  const own = presetValues(facts, form.preset);
  const changed = differences(facts, form.values, own);
  const settings = Object.fromEntries(changed.map((name) => [name, form.values[name]]));
  const begin_with = beginsWith();
  const answer = await post("gv/train", { preset: form.preset, settings, replace, begin_with });
  for (const name of facts.order) clearError(name);
  if (answer.ok) {
    note("");
    setParent(null);
    route.set({ from: null }, { push: false });
    emit("started", answer.run);
    return "";
  }
  if (answer.busy) note(answer.sentence, "busy");
  else if (answer.field && controls[answer.field]) showError(answer.field, answer.sentence);
  else note(answer.sentence);
  say(answer.sentence);
  return answer.sentence;
}

// -- drawing -------------------------------------------------------------------------------

function drawFields() {
  for (const name of facts.order) controls[name] = control(name, facts.fields[name], changed);
  const node = (name) => controls[name].node;
  const basic = facts.order.filter((name) => facts.fields[name].basic);
  const short = basic.filter((name) => facts.fields[name].kind === "int");
  $("gv-basics").replaceChildren(...basic.filter((name) => !short.includes(name)).map(node),
    el("div", { class: "gv-trio" }, ...short.map(node)));
  $("gv-groups").replaceChildren(...facts.groups.map(({ name: id, title }) => el("details", { class: "gv-group", id: `gv-group-${id}` },
    el("summary", {}, title),
    ...facts.order.filter((name) => facts.fields[name].group === id && !basic.includes(name)).map(node))));
}

function drawPresets() {
  const groups = [...new Set(Object.values(facts.presets).map(({ group }) => group))];
  $("gv-i-preset").replaceChildren(...groups.map((group) => el("optgroup", { label: group },
    ...Object.entries(facts.presets).filter(([, one]) => one.group === group)
      .map(([value, { label }]) => el("option", { value }, label)))));
  $("gv-i-preset").addEventListener("change", () => choosePreset(presetList().value));
}

/** Hide the fields that have no effect under the others' values. */
function hideIdle() {
  for (const name of facts.order) {
    controls[name].node.hidden = facts.fields[name].absent || !inEffect(facts.fields, form.values, name);
  }
}

/** What the setting is for, and what the present choice means. */
function explain(name) {
  const { why, entries } = facts.fields[name];
  const entry = entries[form.values[name]];
  const choice = entry?.why;
  controls[name].node.querySelector(".gv-tip")?.setAttribute("data-tip", [why, choice].filter(Boolean).join(" "));
  showChoice(controls[name].node, entry, facts.fields[name].basic);
}

/** The preset's sentence, and the preset to see it beside. */
function explainPreset() {
  const preset = facts.presets[form.preset];
  const partner = facts.presets[preset?.partner];
  $("gv-preset-why").replaceChildren(preset?.why ?? "", ...(partner ? [" See it beside ",
    el("button", { type: "button", class: "gv-text-link", id: "gv-partner", onclick: () => choosePreset(preset.partner) }, partner.label), ", or ",
    el("button", { type: "button", class: "gv-text-link", id: "gv-duel", onclick: () => emit("duel", { left: form.preset, right: preset.partner }) }, "as a duel"), "."] : []));
}

function showError(name, sentence) {
  document.body.setAttribute("data-gv-settings", "");
  const { node } = controls[name];
  clearError(name);
  node.hidden = false;
  node.closest("details")?.setAttribute("open", "");
  const id = `gv-e-${name}`;
  const row = node.closest(".gv-trio"); // too narrow for a sentence: it goes below the row
  (row ? row.after.bind(row) : node.append.bind(node))(el("p", { class: "gv-error", id }, sentence));
  node.classList.add("gv-wrong");
  const input = node.querySelector("input, select");
  input?.setAttribute("aria-invalid", "true");
  input?.setAttribute("aria-describedby", id);
  node.scrollIntoView({ block: "nearest" });
  input?.focus({ preventScroll: true });
  say(sentence);
}

function clearError(name) {
  const error = $(`gv-e-${name}`);
  if (!error) return;
  error.remove();
  const { node } = controls[name];
  const input = node.querySelector("[aria-invalid]");
  input?.removeAttribute("aria-invalid");
  if (facts.fields[name].basic) input?.removeAttribute("aria-describedby");
  else input?.setAttribute("aria-describedby", `gv-w-${name}`);
  node.classList.remove("gv-wrong");
}

function toggleSettings(event) {
  const open = document.body.toggleAttribute("data-gv-settings");
  event.currentTarget.setAttribute("aria-expanded", open);
}

/** Every field's value as text, for tests. */
export const values = () => Object.fromEntries(facts.order.map((name) => [name, asText(form.values[name])]));
