// The form: which fields have an effect, what is wrong with one, and what a change means while a run trains.

import { $, el, text } from "../lib/dom.js";
import { active, say } from "./controls.js";
import { TYPING_PAUSE, UNFOLD } from "../lib/pacing.js";
import { command } from "../lib/request.js";
import { on } from "../lib/stream.js";
import { tip } from "../lib/tips.js";
import { inEffect } from "./effect.js";

const facts = window.gvFacts;
const values = { ...facts.values }; // what the controls show
let known = {}; // what the run trains with
const timers = {};
let hiding = null;

export function start() {
  hiding = document.head.appendChild(el("style"));
  preset(window.gvPreset ?? facts.preset);
  addTips();
  if (window.gvFormValues) filled(window.gvFormValues);
  else hideIdle();
  $("gv-settings-open").addEventListener("click", (event) => {
    const open = document.body.toggleAttribute("data-gv-settings");
    event.currentTarget.setAttribute("aria-expanded", open);
  });
  document.addEventListener("click", ({ target }) => { // typing replaces the choice and searches among all
    if (target.matches?.("#gv-f-preset input")) target.select();
  });
  on("hello", ({ run, sameRun }) => {
    known = { ...(run?.config ?? {}) };
    if (!sameRun) note("");
    notice();
  });
  on("event", (event) => {
    if (event.kind !== "setting") return;
    known[event.data.name] = event.data.value;
    if (!event.old && !same(values[event.data.name], event.data.value)) refresh();
    notice();
  });
  on("status", notice);
}

/** The whole form has new values: a preset, or the run that trains. */
export function filled(all) {
  facts.order.forEach((name, index) => { values[name] = all[index]; });
  for (const name of facts.order) explain(name);
  hideIdle();
  notice();
  document.body.dataset.gvForm = "filled"; // with what the address or the current run asks for
}

/** A control has a new value. */
export function changed(name, value) {
  values[name] = value;
  explain(name);
  clearError(name);
  hideIdle();
  notice();
}

/** A person moved a live control: it reaches the run that is training. */
export function live(name, value) {
  clearTimeout(timers[name]);
  if (!active() || value == null || value === "") return;
  timers[name] = setTimeout(async () => {
    if (!active() || same(value, known[name])) return;
    const answer = await command("set", { settings: { [name]: value } });
    if (answer.ok) say(`${facts.fields[name].label} is now ${value}.`);
    else showError(name, answer.sentence);
  }, TYPING_PAUSE);
}

export function preset(name) {
  text($("gv-preset-why"), facts.presets[name]?.why ?? "");
}

/** The server's answer to Train. */
export function answer(words) {
  let reply;
  try { reply = JSON.parse(words); } catch { return; }
  for (const name of Object.keys(facts.fields)) clearError(name);
  if (reply.ok) return note("");
  if (reply.busy) note(reply.sentence, "busy");
  else if (reply.field && facts.fields[reply.field]) showError(reply.field, reply.sentence);
  else note(reply.sentence);
  say(reply.sentence);
}

/** Hide the fields that have no effect under the others' values (a rule outlives Gradio's re-rendering; a class would not). */
function hideIdle() {
  const idle = facts.order.filter((name) => !inEffect(facts.fields, values, name)).map((name) => `#gv-f-${name}`);
  text(hiding, idle.length ? `${idle.join(",")} { display: none !important; }` : "");
}

const plain = (value) => (Array.isArray(value) ? value.join(", ") : value);
const same = (a, b) => String(plain(a) ?? "") === String(plain(b) ?? "");

/** Settings that differ from the run's: they wait for the next run, or for the button that starts it now. */
function notice() {
  const shown = document.body.dataset.gvNext;
  if (!active()) {
    if (shown) note("");
    return;
  }
  if (shown === "busy") return; // the server's own words stay until something comes of them
  const differ = Object.entries(facts.fields).filter(([name, field]) => !field.live && name !== "name" && name in known
    && name in values && !same(values[name], known[name]));
  if (differ.length) {
    const names = differ.slice(0, 2).map(([, field]) => field.label.toLowerCase()).join(" and ");
    const more = differ.length > 2 ? ` and ${differ.length - 2} more` : "";
    note(`You changed ${names}${more}: this counts from the next run on.`, "differ");
  } else if (shown) note("");
}

/** A sentence under the buttons; `next` (why) adds the button that stops the run and starts this one. */
function note(words, next = "") {
  const place = $("gv-form-note");
  text(place, words);
  place.hidden = !words;
  if (words && next) document.body.dataset.gvNext = next;
  else delete document.body.dataset.gvNext;
}

function showError(name, sentence) {
  const group = $(`gv-group-${facts.fields[name].group}`);
  const inside = () => $(`gv-f-${name}`);
  document.body.setAttribute("data-gv-settings", "");
  const place = () => {
    const field = inside();
    if (!field) return note(sentence);
    clearError(name);
    const id = `gv-e-${name}`;
    const row = field.closest(".gv-trio"); // too narrow for a sentence: it goes below the row
    (row ? row.after.bind(row) : field.append.bind(field))(el("p", { class: "gv-error", id }, sentence));
    field.classList.add("gv-wrong");
    const input = field.querySelector("input, textarea");
    input?.setAttribute("aria-invalid", "true");
    input?.setAttribute("aria-describedby", id);
    field.scrollIntoView({ block: "nearest" });
    input?.focus({ preventScroll: true });
  };
  if (!facts.fields[name].basic && group && !(inside()?.offsetParent)) {
    group.querySelector("button")?.click();
    setTimeout(place, UNFOLD);
  } else place();
  say(sentence);
}

function clearError(name) {
  const error = $(`gv-e-${name}`);
  if (!error) return;
  error.remove();
  const field = $(`gv-f-${name}`);
  const input = field?.querySelector("[aria-invalid]");
  input?.removeAttribute("aria-invalid");
  input?.removeAttribute("aria-describedby");
  field?.classList.remove("gv-wrong");
}

/** Another browser changed a live setting: show it, unless this form holds work of its own. */
function refresh() {
  if (!document.body.dataset.gvNext) $("gv-refresh")?.click();
}

/** What the setting is for, and what the present choice means. */
const about = (name) => [facts.fields[name].why, facts.fields[name].entries[values[name]]?.why].filter(Boolean).join(" ");

const explain = (name) => $(`gv-f-${name}`)?.querySelector(".gv-tip")?.setAttribute("data-tip", about(name));

/** The basic fields keep their sentence behind an "i"; the advanced ones show it. */
function addTips() {
  const wanted = Object.entries(facts.fields).filter(([, field]) => field.basic);
  const add = () => {
    for (const [name, field] of wanted) {
      const label = $(`gv-f-${name}`)?.querySelector("[data-testid=block-info]");
      if (label && !label.querySelector(".gv-tip")) label.append(tip(about(name), field.label));
    }
  };
  add();
  new MutationObserver(add).observe($("gv-basics"), { childList: true, subtree: true });
}

