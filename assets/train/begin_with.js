// @ts-check
// The trained run whose networks the next run begins with, if there is one, what the form says of it,
// and its place in the address: from=run@step, or from=run for its newest checkpoint.

import { $, el } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { emit } from "../lib/bus.js";
import { NO_ANSWER, get } from "../lib/request.js";
import * as route from "../lib/route.js";

/** `step`: null where only the server knows the newest one. @typedef {{id: string, name: string, step: number | null}} Parent */

/** @type {Parent | null} */
let parent = null;

/** As the server takes it: the run, and which of its checkpoints; "" where the next run begins anew. */
export const beginsWith = () => (parent ? asText(parent) : "");

/** @param {Parent} run */
const asText = ({ id, step }) => (step === null ? id : `${id}@${step}`);

/** What an address or a command names, or null. @param {string | null} text @returns {Parent | null} */
export function asParent(text) {
  const [, id, step] = (text ?? "").match(/^([^@]+)(?:@(\d{1,15}))?$/) ?? [];
  return id ? { id, name: id, step: step === undefined ? null : Number(step) } : null;
}

/**
 * @param {Parent | null} chosen null: the next run begins anew
 * @param {string} [why] what a person should know of that
 */
export function setParent(chosen, why = "") {
  parent = chosen;
  const place = $("gv-form-parent");
  place.hidden = !parent && !why;
  place.replaceChildren(why);
  if (parent) {
    const at = parent.step === null ? "" : ` at step ${count(parent.step)}`;
    place.replaceChildren("The next run begins with the networks of ", el("b", {}, parent.name),
      `${at}, as far as they fit: change data, classes or settings first. `,
      el("button", { type: "button", class: "gv-text-link", onclick: beginAnew }, "Begin anew instead"));
  }
  emit("parent-chosen", parent);
}

function beginAnew() {
  setParent(null);
  route.set({ from: null });
}

/**
 * Begin with the run that the address names, or with none. Where it is not there any more, the next
 * run begins anew, and the place where it would stand says so: what else the form notes may come and go.
 * @param {(sentence: string) => void} announce
 */
export async function followParent(announce) {
  const named = asParent(route.get("from"));
  if ((named ? asText(named) : "") === beginsWith()) return;
  setParent(named);
  if (!named) return;
  const answer = await get(`gv/library/${encodeURIComponent(named.id)}`);
  // chosen anew meanwhile, or nobody knows
  if (parent !== named || answer.sentence === NO_ANSWER) return;
  const { step = null, missing } = checkpointOf(named, answer);
  if (!missing) return setParent({ id: named.id, name: answer.name, step });
  const sentence = `${missing} The next run begins anew.`;
  setParent(null, sentence);
  route.set({ from: null }, { push: false });
  announce(sentence);
}

/** The checkpoint that is meant, or a sentence on why there is none. @param {Parent} named @param {any} answer */
function checkpointOf(named, answer) {
  if (!answer.ok) return { missing: answer.sentence };
  const step = named.step ?? answer.checkpoints.at(-1);
  if (answer.checkpoints.includes(step)) return { step };
  return { missing: `“${answer.name}” has no checkpoint${step === undefined ? " yet" : ` of step ${count(step)}`}.` };
}
