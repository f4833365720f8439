// @ts-check
// Controls that have nothing to act on yet: they are off, and their titles say why.

import { findAll } from "../lib/dom.js";

const CONTROLS = "button:not(.gv-tip, [role=tab]), input, select, textarea";
/** What each control that is off says otherwise. @type {WeakMap<HTMLElement, {reason: string, title: string}>} */
const off = new WeakMap();

/**
 * Switch controls off for `reason`, or those that are off for it on again. What is off for a reason
 * of its own stays so.
 * @param {Iterable<HTMLElement>} controls
 * @param {string} reason
 * @param {boolean} usable
 */
export function setUsable(controls, reason, usable) {
  for (const control of /** @type {Iterable<HTMLButtonElement>} */ (controls)) {
    const before = off.get(control);
    if (usable && before?.reason === reason) {
      off.delete(control);
      Object.assign(control, { disabled: false, title: before.title });
    } else if (!usable && !control.disabled) {
      off.set(control, { reason, title: control.title });
      Object.assign(control, { disabled: true, title: reason });
    }
  }
}

/** All controls within `box`, but for tips and tabs. @param {Element} box */
export const controlsIn = (box) => findAll(CONTROLS, box);
