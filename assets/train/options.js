// @ts-check
// How a person wants the charts drawn, kept between visits.

import { storage } from "../lib/storage.js";

/** @type {{smooth: boolean, log: boolean, hidden: string[]}} */
export const options = { smooth: true, log: false, hidden: [], ...(storage.get("charts") ?? {}) };

export const saveOptions = () => storage.set("charts", options);

/**
 * A button that switches an option on and off.
 * @param {HTMLElement} button
 * @param {"smooth" | "log"} name
 * @param {() => void} changed
 */
export function optionToggle(button, name, changed) {
  button.setAttribute("aria-pressed", String(options[name]));
  button.addEventListener("click", () => {
    options[name] = !options[name];
    button.setAttribute("aria-pressed", String(options[name]));
    saveOptions();
    changed();
  });
}
