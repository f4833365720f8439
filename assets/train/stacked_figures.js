// @ts-check
// What was counted of stacked digits, as people read it.

import { count } from "../lib/format.js";

/**
 * @param {string} name
 * @param {Record<string, any>} data
 */
export function written(name, data) {
  if (name === "captured") return `${count(data.captured)} of ${count(data.total)}`;
  if (name === "reverse_kl") return data.reverse_kl.toFixed(3);
  if (name === "real") return `${count(data.captured_real)}, ${data.reverse_kl_real.toFixed(3)}`;
  return `${(100 * data.accuracy).toFixed(1)} %`;
}
