// @ts-check
// The controls of the settings form, drawn from what the server says of each field.

import { el } from "../lib/dom.js";
import { tip } from "../lib/tips.js";
import { asNumber, asNumbers, asText } from "./numbers.js";

/**
 * @typedef {{label: string, why: string, unit: string, live: boolean, basic: boolean, kind: string,
 *   choices: [string, any][]}} FieldFacts
 * @typedef {{node: HTMLElement, read: () => any, write: (value: any) => void}} Control
 */

const LIVE = "This setting may change while a run trains: it takes effect from the next step on.";

/** Draw the control of one field; `changed` is called whenever a person changes it. `place` tells its
 * ids from those of the same field elsewhere on the page.
 * @param {string} name
 * @param {FieldFacts} facts
 * @param {(name: string, value: any) => void} changed
 * @param {string} [place]
 * @returns {Control} */
export function control(name, facts, changed, place = "") {
  const make = { bool: checkbox, choice, many, numbers, int: number, float: number }[facts.kind] ?? words;
  const id = place + name;
  const { input, read, write, head = label(id, facts) } = make(id, facts);
  const node = el("div", {
    class: `gv-field${facts.basic ? " gv-basic" : ""}`, id: `gv-f-${id}`, "data-kind": facts.kind,
  }, head, input, ...(facts.basic ? [] : [el("p", { class: "gv-info", id: `gv-w-${id}` }, facts.why)]));
  for (const part of node.querySelectorAll("input, select")) {
    if (!facts.basic) part.setAttribute("aria-describedby", `gv-w-${id}`);
    part.addEventListener("input", () => changed(name, read()));
  }
  return { node, read, write };
}

/** Label, explanation, and whether it may change while a run trains. */
function label(id, facts, tag = /** @type {"label" | "span"} */ ("label")) {
  const said = facts.label.toLowerCase().split(" ");
  const unit = facts.unit && !facts.basic && !said.includes(facts.unit) ? ` (${facts.unit})` : "";
  return el("div", { class: "gv-field-head" },
    el(tag, tag === "label" ? { for: `gv-i-${id}` } : { id: `gv-l-${id}` }, facts.label + unit),
    ...(facts.basic ? [tip(facts.why, facts.label)] : []),
    ...live(facts));
}

const live = (facts) => (facts.live ? [el("span", { class: "gv-live", "data-tip": LIVE }, "live")] : []);

function words(id) {
  const input = el("input", { id: `gv-i-${id}`, type: "text", autocomplete: "off", spellcheck: "false" });
  return { input, read: () => input.value, write: (value) => { input.value = value ?? ""; } };
}

/** A number as a person types it: what is no number stays as it is, and the server says what is wrong. */
function number(id, facts) {
  const input = el("input", {
    id: `gv-i-${id}`, type: "text", autocomplete: "off", inputmode: facts.kind === "int" ? "numeric" : "decimal",
  });
  const read = () => asNumber(input.value, facts.kind === "int");
  return { input, read, write: (value) => { input.value = value ?? ""; } };
}

function numbers(id) {
  const { input } = words(id);
  return { input, read: () => asNumbers(input.value), write: (value) => { input.value = asText(value); } };
}

function choice(id, facts) {
  const input = el("select", { id: `gv-i-${id}` },
    ...facts.choices.map(([said, value]) => el("option", { value }, said)));
  return { input, read: () => input.value, write: (value) => { input.value = value; } };
}

function checkbox(id, facts) {
  const input = el("input", { id: `gv-i-${id}`, type: "checkbox" });
  const head = el("div", { class: "gv-field-head gv-check" }, el("label", {}, input, facts.label), ...live(facts));
  return { head, input: "", read: () => input.checked, write: (value) => { input.checked = Boolean(value); } };
}

function many(id, facts) {
  const boxes = facts.choices.map(([, value]) => el("input", { type: "checkbox", value }));
  const input = el("div", { class: "gv-many", role: "group", "aria-labelledby": `gv-l-${id}` },
    ...facts.choices.map(([said], index) => el("label", {}, boxes[index], said)));
  return {
    head: label(id, facts, "span"), input,
    read: () => boxes.filter((box) => box.checked).map((box) => box.value),
    write: (value) => { for (const box of boxes) box.checked = (value ?? []).includes(box.value); },
  };
}
