// @ts-check
// What was changed while a run trains, in words: the marks on the curves and in the lab.

import { count, counted } from "./format.js";

/**
 * @param {string} kind of the event: setting or turn
 * @param {any} data
 */
export function changeInWords(kind, data) {
  if (kind === "turn") {
    const who = data.player === "discriminator" ? "D" : "G";
    return counted(data.n, `${who} alone, 1 step`, `${who} alone, ${count(data.n)} steps`);
  }
  const label = window.gvFacts?.fields[data.name]?.label ?? data.name;
  return data.old == null ? `${label} ${said(data.value)}` : `${label} ${said(data.old)} → ${said(data.value)}`;
}

// as it was typed: what is rounded away might be the change
/** @param {any} value */
const said = (value) => (typeof value === "number" ? String(Number(value.toPrecision(6))) : [value].flat().join(", "));
