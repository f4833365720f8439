// @ts-check
// A labelled range with its value beside it; a double click or the key 0 returns it to zero.

import { el } from "./dom.js";

/** The keys move by this share of the whole range: twenty presses from the middle to an end. */
const KEY_STEPS = 40;

/**
 * @param {string} label
 * @param {object} options
 * @param {number} options.value
 * @param {number} options.span the range is -span to span
 * @param {(value: number) => void} options.onMove
 * @param {Record<string, any>} [options.attributes] of the input
 */
export function slider(label, { value, span, onMove, attributes = {} }) {
  const output = el("output", {}, value.toFixed(2));
  const input = el("input", {
    type: "range", min: -span, max: span, step: 0.02, value, "aria-label": label, ...attributes,
  });
  const refresh = () => {
    const at = (100 * (Number(input.value) + span)) / (2 * span);
    input.style.setProperty("--gv-from", `${Math.min(50, at)}%`);
    input.style.setProperty("--gv-to", `${Math.max(50, at)}%`);
    output.textContent = Number(input.value).toFixed(2);
  };
  const move = (/** @type {number} */ to) => {
    input.value = String(to);
    refresh();
    onMove(Number(input.value));
  };
  input.addEventListener("input", () => move(Number(input.value)));
  input.addEventListener("dblclick", () => move(0));
  input.addEventListener("keydown", (event) => {
    const to = keyTarget(event.key, Number(input.value), span);
    if (to === null) return;
    event.preventDefault();
    move(to);
  });
  refresh();
  return {
    row: el("label", { class: "gv-slider" }, el("span", {}, label), input, output),
    input,
    /** @param {number} to */
    set: (to) => { input.value = String(to); refresh(); },
  };
}

/**
 * Where a key moves a slider that is at `value`; null for keys that do not.
 * @param {string} key
 * @param {number} value
 * @param {number} span
 */
export function keyTarget(key, value, span) {
  if (key === "0") return 0;
  const step = (2 * span) / KEY_STEPS;
  const by = /** @type {Record<string, number>} */ ({
    ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -5, PageUp: 5,
  })[key];
  if (by === undefined) return null;
  const rounded = Math.round((value + by * step) * 100) / 100;
  return Math.max(-span, Math.min(span, rounded));
}

/**
 * The filled part of a plain range's track, as the style sheet reads it.
 * @param {HTMLInputElement} input
 */
export function fillTrack(input) {
  const [low, high] = [Number(input.min), Number(input.max)];
  const share = high > low ? (Number(input.value) - low) / (high - low) : 1;
  input.style.setProperty("--gv-fill", `${100 * share}%`);
}
