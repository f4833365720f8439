// Which of several ways to compute a run takes, and what each is worth on its machine.

import { el, text } from "../lib/dom.js";
import { newest } from "../lib/measured.js";
import { waiting, whenSeen } from "./shared.js";

const SOURCES = {
  measured: "Measured when this run began.",
  remembered: "Measured here before, with a game of the same shape.",
  kept: "Kept from before the run was resumed.",
  usual: "The usual ways: nothing else was tried.",
};

export function start({ section }) {
  const say = el("p", { class: "gv-say", role: "status" });
  const table = el("table", { class: "gv-figures-table" });
  section.append(say, table);
  whenSeen(["choices"], () => {
    const found = newest("choices");
    table.hidden = !found?.rows.length;
    text(say, found ? [source(found), ...found.sentences, `${found.machine}.`].join(" ") : waiting());
    if (!table.hidden) table.replaceChildren(head(), body(found.rows));
  });
}

const source = ({ source: name, rows }) => SOURCES[rows.length ? name : "usual"];

const head = () => el("thead", {}, row("th", ["What", "Taken", "In place of", "Worth here"]));

const body = (rows) => el("tbody", {}, ...rows.map(({ title, taken, other, worth }) =>
  row("td", [title, taken, other, `${worth.toFixed(2)} times as fast`])));

const row = (kind, cells) => el("tr", {}, ...cells.map((cell) => el(kind, {}, cell)));
