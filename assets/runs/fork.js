// @ts-check
// A fork: a new run that goes on from a saved step under other settings. It keeps networks and data,
// so that only what may change while a run trains can be set anew.

import { el } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { runAction } from "../lib/library.js";
import { inEffect } from "../train/effect.js";

/**
 * @param {any} run
 * @param {object} hooks
 * @param {() => void} hooks.started
 * @param {(of: any, answer: any, label: string, again: (more: object) => void) => void} hooks.refused
 */
export function forkForm(run, { started, refused }) {
  const facts = window.gvFacts?.fields ?? {};
  const config = run.run.config;
  const names = forkable(facts, config);
  const inputs = Object.fromEntries(names.map((name) =>
    [name, el("input", { type: "number", step: "any", value: config[name] })]));
  const from = el("select", {}, ...run.checkpoints.slice().reverse().map((step) =>
    el("option", { value: step }, `step ${count(step)}`)));
  const go = async (/** @type {object} */ further) => {
    const settings = changes(config, inputs);
    const answer = await runAction(run.id, "fork", { settings, step: Number(from.value), ...further });
    if (answer.ok) started();
    else refused(run, answer, "Stop it and start the fork", (more) => go({ ...further, ...more }));
  };
  return [
    el("p", {}, "A new run that goes on from a saved step, under other settings. This one stays as it is."),
    el("div", { class: "gv-fork-fields" }, el("label", {}, "From", from),
      ...names.map((name) => el("label", {}, facts[name].label, inputs[name]))),
    el("button", { type: "button", class: "gv-button gv-small gv-strong", onclick: () => go({}) },
      "Start the fork"),
  ];
}

/**
 * The numbers that a fork may set anew, and that have an effect in this run.
 * @param {Record<string, any>} facts of the fields
 * @param {Record<string, any>} config
 */
export const forkable = (facts, config) => Object.keys(facts).filter((name) =>
  (facts[name].live || facts[name].fork) && typeof config[name] === "number"
  && inEffect(facts, config, name));

/**
 * What differs from the run's settings; null where a field was emptied, which the server refuses.
 * @param {Record<string, any>} config
 * @param {Record<string, {value: string}>} inputs
 */
export function changes(config, inputs) {
  const values = Object.entries(inputs).map(([name, { value }]) =>
    /** @type {[string, number | null]} */ ([name, value === "" ? null : Number(value)]));
  return Object.fromEntries(values.filter(([name, value]) => value !== config[name]));
}
