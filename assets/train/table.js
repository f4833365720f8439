// @ts-check
// The curves as a table: the same figures for those who cannot see them, or want them as numbers.

import { $, el, findAll, text } from "../lib/dom.js";
import { count, figure } from "../lib/format.js";

const MOST_ROWS = 12;

/** @typedef {import("../lib/plot.js").Series} Series */
/** @typedef {import("../lib/plot.js").Columns} Columns */
/** @typedef {{series: Series[], x: number[], raw: Columns}[]} Charts */

/** @type {() => Charts} */
let charts = () => [];

/** @param {() => Charts} getCharts */
export function startTable(getCharts) {
  charts = getCharts;
  const panel = el("div", {
    id: "gv-curve-table", class: "gv-curve-table", tabindex: "0", role: "region",
    "aria-label": "The curves as a table", hidden: true,
  }, el("table", { class: "gv-runs-table" }, el("thead"), el("tbody")));
  const button = el("button", {
    type: "button", class: "gv-chip", id: "gv-table", "aria-pressed": "false",
    "aria-controls": panel.id, title: "Show the curves as a table",
    onclick: () => {
      panel.hidden = !panel.hidden;
      button.setAttribute("aria-pressed", String(!panel.hidden));
      refreshTable();
    },
  }, "Table");
  $("gv-log").after(button);
  $("gv-plot-empty").before(panel);
}

/** Fill the table anew where it is open. */
export function refreshTable() {
  const panel = $("gv-curve-table");
  if (panel.hidden) return;
  const all = charts().filter(({ series }) => series.length);
  const series = all.flatMap((chart) => chart.series.map((one) => ({ ...one, chart })));
  const steps = all[0]?.x ?? [];
  const [head, body] = [findAll("thead", panel)[0], findAll("tbody", panel)[0]];
  const titles = ["Step", ...series.map(({ label }) => label)];
  head.replaceChildren(el("tr", {}, ...titles.map((title) => el("th", { scope: "col" }, title))));
  body.replaceChildren(...chosenRows(steps.length, MOST_ROWS).map((row) => el("tr", {},
    el("th", { scope: "row" }, count(steps[row])),
    ...series.map(({ name, chart }) => el("td", { class: "gv-num" },
      figure(chart.raw[name]?.[row]))))));
  if (!steps.length) text(body, "");
}

/**
 * At most `most` of the rows 0 to `length` - 1, evenly spread, the last one first.
 * @param {number} length
 * @param {number} most
 */
export function chosenRows(length, most) {
  const rows = Math.min(length, most);
  const last = length - 1;
  return Array.from({ length: rows }, (_, i) =>
    Math.round(last - (rows > 1 ? (i * last) / (rows - 1) : 0)));
}
