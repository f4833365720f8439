// @ts-check
// What papers report of the same measures on the same data, beside this run's.

import { el } from "../lib/dom.js";
import { written } from "../lib/figures.js";

/** @typedef {{data: string, note: string, rows: [string, string, Record<string, number>][]}} Reported */

/**
 * The table for a data set, closed until a person opens it; null where no paper reports on it.
 * @param {any[]} kinds declared kinds of measures
 * @param {string} data
 */
export function papersOn(kinds, data) {
  const found = kinds.flatMap(({ figures, reported }) => reported
    .filter((/** @type {Reported} */ one) => one.data === data)
    .map((/** @type {Reported} */ one) => ({ figures, ...one })))[0];
  if (!found) return null;
  const columns = found.figures.filter(({ name }) => found.rows.some(([, , values]) => name in values));
  const cell = (/** @type {any} */ figure, /** @type {any} */ values) => el("td", {}, said(figure, values));
  return el("details", { class: "gv-lab-papers", id: "gv-lab-papers", "data-of": data },
    el("summary", {}, "What papers report"),
    el("p", { class: "gv-say" }, found.note),
    el("div", { class: "gv-scroll-x", tabindex: "0", role: "region", "aria-label": "What papers report" }, el("table", { class: "gv-lab-layers" },
      el("thead", {}, el("tr", {}, ...["Method", ...columns.map(({ label }) => label), "Source"].map((words) => el("th", { scope: "col" }, words)))),
      el("tbody", {}, el("tr", { class: "gv-own" }, el("th", { scope: "row" }, el("b", {}, "This run")), ...columns.map(() => el("td", {}, "–")), el("td", {}, "now")),
        ...found.rows.map(([method, source, values]) => el("tr", {}, el("th", { scope: "row" }, method),
          ...columns.map((one) => cell(one, values)), el("td", {}, source)))))));
}

/**
 * The run's own row. @param {HTMLElement} table as `papersOn` made it @param {any[]} kinds @param {(kind: string) => any} newest
 */
export function fillOwn(table, kinds, newest) {
  const cells = [...table.querySelectorAll(".gv-own td")];
  const labels = [...table.querySelectorAll("thead th")].slice(1).map(({ textContent }) => textContent);
  for (const { name, figures } of kinds) {
    for (const figure of figures) {
      const at = labels.indexOf(figure.label);
      if (at >= 0) cells[at].textContent = said(figure, newest(name));
    }
  }
}

/** With the digit that tells two methods apart. @param {any} figure @param {any} values */
const said = (figure, values) => (figure.format === "percent" && values?.[figure.name] != null
  ? `${(100 * values[figure.name]).toFixed(1)} %` : written(figure, values));
