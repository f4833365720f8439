// Beside the settings of several runs: how sharp, how true and how varied each one's samples are.

import { el } from "../lib/dom.js";
import { count, figure } from "../lib/format.js";

const percent = (value) => `${(100 * value).toFixed(1)} %`;

// kind, name, label, how it is written
const FIGURES = [
  ["sharpness", "ratio", "Sharpness, against the data's", figure],
  ["fidelity", "coverage", "Coverage", percent],
  ["fidelity", "recall", "Recall", percent],
  ["fidelity", "precision", "Precision", percent],
  ["fidelity", "fid", "FID", figure],
  ["outputs", "diversity", "Diversity, against the data's", figure],
  ["modes", "captured", "Modes", (value, data) => `${value} of ${data.total}`],
  ["modes", "strict", "Strict modes", (value, data) => `${value} of ${data.total}`],
  ["modes", "quality", "High quality", percent],
];

/** Table rows: one for each figure that any of the runs has, each value with its N. */
export function figureRows(runs) {
  const rows = FIGURES.filter(([kind, name]) => runs.some((run) => run.probes?.[kind]?.data[name] != null));
  return rows.map(([kind, name, label, write]) => el("tr", { "data-figure": name }, el("th", { scope: "row" }, label), ...runs.map((run) => {
    const data = run.probes?.[kind]?.data;
    if (data?.[name] == null) return el("td", {}, "–");
    return el("td", { title: data.features ? `features of a ${data.features}` : "" }, write(data[name], data), el("small", {}, ` N ${count(data.n)}`));
  })));
}

/** What the figures were measured on, where it differs from run to run: then they must not be compared. */
export function featuresNote(runs) {
  const names = new Set(runs.map((run) => run.probes?.fidelity?.data.features).filter(Boolean));
  return names.size > 1 ? "Figures on features are not comparable here: the runs learned different data." : "";
}
