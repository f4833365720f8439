// Beside the settings of several runs: how sharp, how true and how varied each one's samples are.

import { el } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { declared } from "../lib/declared.js";
import { label, written } from "../lib/figures.js";

/** Table rows: one for each compared figure that any of the runs has, each value with its N. */
export async function figureRows(runs) {
  const figures = (await declared()).flatMap(({ name, figures: those }) =>
    those.filter(({ compared }) => compared).map((figure) => [name, figure]));
  const rows = figures.filter(
    ([kind, { name }]) => runs.some((run) => run.probes?.[kind]?.data[name] != null));
  return rows.map(([kind, figure]) => el("tr", { "data-figure": figure.name }, el("th", { scope: "row", title: figure.why }, label(figure)), ...runs.map((run) => {
    const data = run.probes?.[kind]?.data;
    if (data?.[figure.name] == null) return el("td", {}, "–");
    return el("td", { title: data.features ? `on features of: ${data.features}` : "" }, written(figure, data),
      el("small", {}, ` N ${[count(data[figure.samples[0]] ?? data.n), data.reference].filter(Boolean).join(", ")}`));
  })));
}

/** The newest figures of one run, or nothing where none were kept. */
export async function showFigures(place, run) {
  const rows = await figureRows([run]);
  place.hidden = !rows.length;
  place.lastElementChild.replaceChildren(el("tbody", {}, ...rows));
}

/** What the figures were measured on, where it differs from run to run: then they must not be compared. */
export function featuresNote(runs) {
  const names = new Set(runs.map((run) => run.probes?.fidelity?.data.features).filter(Boolean));
  return names.size > 1 ? "Figures on features are not comparable here: the runs learned different data." : "";
}
