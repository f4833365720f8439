// @ts-check
// What the page's parts tell each other.

const bus = new EventTarget();

/**
 * Call `listener` with the detail of each event of this name.
 * @param {string} name
 * @param {(detail: any) => void} listener
 */
export const on = (name, listener) =>
  bus.addEventListener(name, (event) => listener(/** @type {CustomEvent} */ (event).detail));

/**
 * @param {string} name
 * @param {any} [detail]
 */
export const emit = (name, detail) => bus.dispatchEvent(new CustomEvent(name, { detail }));
