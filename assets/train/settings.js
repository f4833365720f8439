// @ts-check
// What the form holds, apart from how it is drawn: a preset, every field's value, and what they began as.

import { asText, fromText } from "./numbers.js";

/** @typedef {Record<string, any>} Values */

/** Whether two values mean the same. @param {any} a @param {any} b */
export const same = (a, b) => asText(a) === asText(b);

/**
 * Every field's value under the preset `name`. The fields that a preset leaves alone (`kept`) stay as in
 * `before`.
 * @param {any} facts @param {string} name @param {Values} [before] @returns {Values}
 */
export function presetValues(facts, name, before = {}) {
  const settings = facts.presets[name]?.settings ?? {};
  const own = (field) =>
    (facts.fields[field].kept && field in before ? before[field] : facts.fields[field].default);
  return { ...Object.fromEntries(facts.order.map((field) => [field, own(field)])), ...settings };
}

/** Names of the fields whose values differ. @param {any} facts @param {Values} a @param {Values} b @returns {string[]} */
export const differences = (facts, a, b) =>
  facts.order.filter((name) => name in a && name in b && !same(a[name], b[name]));

/** "steps and seed", "steps, seed and 3 more". @param {any} facts @param {string[]} names */
export function listed(facts, names) {
  const small = (label) => label.replace(/^[A-Z](?=[a-z])/, (first) => first.toLowerCase());
  const labels = names.map((name) => small(facts.fields[name].label));
  if (labels.length <= 2) return labels.join(" and ");
  if (labels.length === 3) return `${labels[0]}, ${labels[1]} and ${labels[2]}`;
  return `${labels[0]}, ${labels[1]} and ${labels.length - 2} more`;
}

/**
 * The form as parameters of the address: the preset, and what differs from it. Null removes a parameter.
 * @param {any} facts @param {string} preset @param {Values} values
 */
export function asAddress(facts, preset, values) {
  const own = presetValues(facts, preset);
  const differ = new Set(differences(facts, values, own));
  const change = (name) => [name, differ.has(name) ? written(values[name]) : null];
  return { preset, ...Object.fromEntries(facts.order.map(change)) };
}

/** A value as text; "-" for one that was emptied. @param {any} value */
const written = (value) => (Array.isArray(value) ? value.join(",") : String(value ?? "")) || "-";

/**
 * What the address asks for, or null: {preset, values}.
 * @param {any} facts @param {Record<string, string>} params
 */
export function fromAddress(facts, params) {
  const named = facts.order.filter((name) => name in params);
  const preset = params.preset in facts.presets ? params.preset : facts.preset;
  if (params.preset !== preset && !named.length) return null;
  const values = presetValues(facts, preset);
  for (const name of named) values[name] = fromText(params[name] === "-" ? "" : params[name], facts.fields[name]);
  return { preset, values };
}
