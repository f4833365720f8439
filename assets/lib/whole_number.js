// @ts-check
// A field of whole numbers leaves nothing else standing beside what is shown.

import { count } from "./format.js";

/**
 * Put back the number before, and say so, when something is entered that is none of these.
 * @param {HTMLInputElement} field
 * @param {number} from
 * @param {number} to
 * @param {() => number | null} before
 * @param {(sentence: string) => void} say
 */
export function keepWhole(field, from, to, before, say) {
  field.addEventListener("change", () => {
    if (isWhole(field.valueAsNumber, from, to)) return;
    field.value = String(before() ?? "");
    say(`This takes a whole number from ${count(from)} to ${count(to)}; the one before is back.`);
  });
}

/** @param {number} value @param {number} from @param {number} to */
export const isWhole = (value, from, to) => Number.isInteger(value) && value >= from && value <= to;
