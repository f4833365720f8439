// @ts-check
// Plotly: fetched once, by whoever draws a chart first.

import { el, find } from "./dom.js";
import { address } from "./request.js";

/** @type {Promise<any> | null} */
let loading = null;

/** Plotly's functions; null where it did not load. */
export function plotly() {
  loading ??= new Promise((resolve) => {
    const source = find(document, "meta[name=gv-plotly]", HTMLMetaElement).content;
    document.head.append(el("script", {
      src: address(source), onload: () => resolve(window.Plotly), onerror: () => resolve(null),
    }));
  });
  return loading;
}
