// Several runs at once: curves overlaid, grids at the same step side by side, and the settings that differ.

import { $, el, text } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { featuresNote, figureRows } from "./figures.js";
import { curves, cursor } from "../lib/curves.js";
import { frameUrl, runHistory, showNotice } from "../lib/library.js";
import { get } from "../lib/request.js";
import { album, nearest, paintImage } from "../lib/pictures.js";
import { player } from "../lib/player.js";

const TONES = ["#1f77b4", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#56b4e9"]; // Okabe and Ito: told apart by everyone
const DASHES = ["solid", "6px,2px", "2px,2px", "8px,2px,2px,2px", "12px,3px", "4px,4px"];
const UNTOLD = new Set(["name", "preset", "tick_seconds", "sample_seconds", "checkpoint_seconds", "keep_checkpoints"]);

let shown = [];
let transport = null;

export async function compare(chosen) {
  const answers = await Promise.all(chosen.slice(0, TONES.length).map(({ id }) => whole(id)));
  shown = answers.filter((one) => one.ok);
  const failed = answers.find((one) => !one.ok);
  if (shown.length < 2) return showNotice($("gv-runs-note"), failed?.sentence ?? "Tick at least two runs.", true);
  document.body.classList.add("gv-comparing");
  $("gv-compare").hidden = false;
  text($("gv-compare-title"), `Compare ${shown.length} runs`);
  $("gv-compare-legend").replaceChildren(...shown.map((run, index) =>
    el("span", { class: "gv-key gv-key-still", style: `--gv-tone:${TONES[index]}` }, el("i"), run.name)));
  pickSeries();
  grids();
  differences();
}

/** A run with its history. */
async function whole(id) {
  const [facts, told] = await Promise.all([get(`gv/library/${encodeURIComponent(id)}`), runHistory(id)]);
  return { ...facts, ...told, run: facts.run && { ...facts.run, config: told.config ?? facts.run.config } };
}

export function leaveCompare() {
  transport?.stop();
  document.body.classList.remove("gv-comparing");
  $("gv-compare").hidden = true;
}

function pickSeries() {
  const all = new Map(shown.flatMap((run) => run.run.series.map((one) => [one.name, one])));
  const select = $("gv-compare-series");
  select.replaceChildren(...[...all.values()].map((one) => el("option", { value: one.name }, one.label)));
  const drawIt = async () => {
    const one = all.get(select.value);
    await curves($("gv-compare-plot"), shown.map((run, index) =>
      ({ columns: run.history, series: one ? [one] : [], name: run.name, tone: TONES[index], dash: DASHES[index] })));
    if (transport) cursor($("gv-compare-plot"), transport.step);
  };
  select.onchange = drawIt;
  drawIt();
}

function grids() {
  const pictures = album();
  const cells = shown.map((run, index) => {
    const canvas = el("canvas", { role: "img" });
    const caption = el("figcaption", {}, el("i", { style: `background:${TONES[index]}` }), el("b", {}, run.name), el("small"));
    return { run, canvas, caption, node: el("figure", {}, canvas, caption), step: null };
  });
  $("gv-compare-grids").replaceChildren(...cells.map(({ node }) => node));
  const steps = [...new Set(shown.flatMap((run) => (run.frame ? run.frames : [])))].sort((a, b) => a - b);
  transport?.stop();
  const own = player($("gv-compare-replay"), {
    steps, label: "Look at all runs at the same step",
    onStep: (step) => {
      cursor($("gv-compare-plot"), step);
      for (const cell of cells) place(cell, step, pictures);
    },
  });
  transport = own;
  own.show();
}

async function place(cell, step, pictures) {
  if (!cell.run.frame) return text(cell.caption.lastChild, "no pictures");
  const at = nearest(cell.run.frames, step);
  if (at === cell.step) return;
  cell.step = at;
  text(cell.caption.lastChild, `step ${count(at)}`);
  cell.canvas.setAttribute("aria-label", `Samples of ${cell.run.name} at step ${at}`);
  const image = await pictures(frameUrl(cell.run.frame, at));
  if (cell.step === at) paintImage(cell.canvas, image);
}

async function differences() {
  const runs = shown;
  const figures = await figureRows(runs);
  if (runs !== shown) return; // others are compared by now
  const facts = window.gvFacts?.fields ?? {};
  const show = (value) => (Array.isArray(value) ? value.join(", ") || "none" : String(value ?? "–"));
  const names = Object.keys(shown[0].run.config).filter((name) => !UNTOLD.has(name)
    && new Set(shown.map((run) => show(run.run.config[name]))).size > 1);
  const head = el("tr", {}, el("th", {}, "Settings that differ"), ...shown.map((run) => el("th", {}, run.name)));
  const rows = names.map((name) => el("tr", {}, el("th", { scope: "row" }, facts[name]?.label ?? name),
    ...shown.map((run) => el("td", {}, show(run.run.config[name])))));
  if (!rows.length) rows.push(el("tr", {}, el("td", { colspan: shown.length + 1 }, "None: these runs have the same settings.")));
  const titles = el("tr", {}, el("th", {}, "Figures at the end"), ...shown.map((run) => el("th", {}, run.name)));
  const warning = featuresNote(shown);
  const note = warning ? [el("tr", {}, el("td", { colspan: shown.length + 1 }, warning))] : [];
  $("gv-compare-table").replaceChildren(...(figures.length ? [el("thead", {}, titles), el("tbody", {}, ...figures, ...note)] : []),
    el("thead", {}, head), el("tbody", {}, ...rows));
}
