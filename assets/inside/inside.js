// The tab Inside: a card for each that a probe declares, drawn by the script that it names, or as curves
// over the steps.

import * as curves from "./curves.js";
import * as plainGenerator from "./plain_generator.js";
import { $, el, present } from "../lib/dom.js";
import { declared } from "../lib/declared.js";
import { newest } from "../lib/measured.js";
import { now, on } from "../lib/stream.js";

export function start() {
  present("gv-inside", "gv-plain-form").then(async () => {
    on("hello", whether);
    whether();
    plainGenerator.start();
    for (const kind of await declared()) for (const card of kind.cards) await add(card, kind);
  });
}

function whether() {
  $("gv-inside").dataset.run = now.run ? "yes" : "no";
}

/** Most runs have nothing of this kind, and a card that waits for it would promise what never comes. */
function showOnceMeasured(section, kind) {
  const show = () => { section.hidden = !newest(kind); };
  on("measured", show);
  show();
}

/** Put the card on the page, before the laboratory, and have its script fill it. */
async function add({ title, text, script, columns, once_measured: onceMeasured }, kind) {
  const id = `gv-${script ? script.replace(/\.js$/, "") : kind.name}`;
  const say = el("p", { class: "gv-say", id: `${id}-say` }, text);
  const head = el("header", { class: "gv-card-head" }, el("h2", { id: `${id}-title` }, title),
    el("span", { class: "gv-caption", id: `${id}-step` }), el("span", { class: "gv-spring" }));
  const section = el("section", { class: `gv-card ${id}-card`, style: `--columns: ${columns}`, "aria-labelledby": `${id}-title` }, head, say);
  $("gv-plain").before(section);
  if (onceMeasured) showOnceMeasured(section, kind.name);
  try {
    const drawing = script ? await import(`./${script}`) : curves;
    drawing.start({ id, section, head, say, kind });
  } catch (error) {
    say.textContent = "This card could not be drawn: reload the page.";
    throw error;
  }
}
