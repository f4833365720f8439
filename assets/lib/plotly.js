// @ts-check
// Plotly: fetched once, when a chart is to be read rather than watched.

import { el, find } from "./dom.js";
import { PLOTLY_AFTER } from "./pacing.js";
import { address } from "./request.js";

/** Signs that somebody wants more of a chart than to see it. */
const INTEREST = ["pointerenter", "pointerdown", "focusin"];
/** @type {Promise<any> | null} */
let loading = null;

/**
 * Plotly's functions; null where it did not load, and the next call tries again.
 * @returns {Promise<any>}
 */
export function plotly() {
  loading ??= new Promise((resolve) => {
    const source = find(document, "meta[name=gv-plotly]", HTMLMetaElement).content;
    const failed = () => { loading = null; resolve(null); };
    document.head.append(el("script", {
      src: address(source), onload: () => resolve(window.Plotly), onerror: failed,
    }));
  });
  return loading;
}

/**
 * Fetch Plotly once somebody shows interest in one of `boxes`, or after a while, and hand it to
 * `ready`.
 * @param {HTMLElement[]} boxes
 * @param {(found: any) => void} ready
 */
export function plotlyOnInterest(boxes, ready) {
  const load = async () => {
    clearTimeout(timer);
    for (const box of boxes) for (const kind of INTEREST) box.removeEventListener(kind, load);
    ready(await plotly());
  };
  const timer = setTimeout(load, PLOTLY_AFTER);
  for (const box of boxes) for (const kind of INTEREST) box.addEventListener(kind, load);
}
