// Stacked digits: how many of the 1,000 combinations G draws, beside real triples and what papers report.

import { el, text } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { newest } from "../lib/measured.js";
import { whenSeen } from "./shared.js";

export function start({ section }) {
  const say = el("p", { class: "gv-say", role: "status" });
  const table = el("table", { class: "gv-figures-table" }, head(), el("tbody"));
  section.append(say, table);
  whenSeen(["stacked"], () => {
    const data = newest("stacked");
    if (!data) return;
    text(say, sentence(data));
    table.tBodies[0].replaceChildren(...rows(data));
  });
}

/** @param {Record<string, any>} data */
export function sentence({ n, accuracy, missing, captured, total }) {
  const right = `A classifier that names ${(100 * accuracy).toFixed(1)} % of held-out digits rightly named ${count(n)} samples.`;
  if (captured === total) return right;
  const few = missing.slice(0, 5).join(", ");
  return `${right} ${captured < total - 5 ? "Among the missing combinations are" : "Missing:"} ${few}.`;
}

const head = () => el("thead", {}, el("tr", {}, ...["Method", "Source", "Combinations", "Reverse KL"].map((title) => el("th", { scope: "col" }, title))));

/** @param {Record<string, any>} data */
function rows({ papers, captured, reverse_kl: divergence, captured_real: real, reverse_kl_real: floor }) {
  const ours = [["This run", "", captured, divergence], ["Real triples", "the control", real, floor]];
  return [...ours, ...papers].map(([method, source, modes, kl], index) => el("tr", index === 0 ? { class: "gv-own" } : {},
    el("th", { scope: "row" }, index === 0 ? el("b", {}, method) : method), el("td", {}, source),
    el("td", {}, index === 0 ? el("b", {}, count(modes)) : String(modes)), el("td", {}, kl == null ? "–" : Number(kl).toFixed(3))));
}
