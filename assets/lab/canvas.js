// @ts-check
// The plane of samples in the lab.

/** @param {HTMLElement} section */
export function start(section) {
  section.hidden = true;
}
