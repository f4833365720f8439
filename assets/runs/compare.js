// @ts-check
// Several runs at once: curves overlaid, grids at the same step side by side, and the settings that
// differ.

import { $, el, text } from "../lib/dom.js";
import { cursor, curves } from "../lib/curves.js";
import { count, formatDate } from "../lib/format.js";
import { frameUrl, runHistory, showNotice } from "../lib/library.js";
import { album, nearest, paintImage } from "../lib/pictures.js";
import { player } from "../lib/player.js";
import { get } from "../lib/request.js";
import { svg } from "../lib/svg.js";
import { featuresNote, figureRows } from "./figures.js";

/** Told apart by everyone: colours of Okabe and Ito (2008), each with a dash of its own. */
const TONES = ["#1f77b4", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#56b4e9"];
const DASHES = ["solid", "6px,2px", "2px,2px", "8px,2px,2px,2px", "12px,3px", "4px,4px"];
/** Settings that say nothing about the training. */
const SILENT = new Set([
  "name", "preset", "tick_seconds", "sample_seconds", "checkpoint_seconds", "keep_checkpoints",
]);

/** @type {any[]} */
let compared = [];
/** @type {ReturnType<typeof player> | null} */
let transport = null;

/** @param {{id: string}[]} chosen */
export async function compare(chosen) {
  const answers = await Promise.all(chosen.slice(0, TONES.length).map(({ id }) => whole(id)));
  compared = answers.filter((one) => one.ok);
  const failed = answers.find((one) => !one.ok);
  if (compared.length < 2) {
    return showNotice($("gv-runs-note"), failed?.sentence ?? "Tick at least two runs.", true);
  }
  document.body.classList.add("gv-comparing");
  $("gv-compare").hidden = false;
  text($("gv-compare-title"), `Compare ${compared.length} runs`);
  $("gv-compare-legend").replaceChildren(...compared.map((run, index) =>
    el("span", { class: "gv-key gv-key-still" }, lineKey(index), nameOf(run))));
  pickSeries();
  grids();
  differences();
}

/** A run with its history. */
async function whole(id) {
  const [facts, history] = await Promise.all([
    get(`gv/library/${encodeURIComponent(id)}`), runHistory(id),
  ]);
  const run = facts.run && { ...facts.run, config: history.config ?? facts.run.config };
  return { ...facts, ...history, run };
}

/** The line of a run as the chart draws it. @param {number} index */
const lineKey = (index) => svg("svg", { width: 30, height: 8, "aria-hidden": "true" },
  svg("line", {
    x1: 0, x2: 30, y1: 4, y2: 4, stroke: TONES[index], "stroke-width": 2.5,
    "stroke-dasharray": DASHES[index] === "solid" ? null : DASHES[index].replaceAll("px", ""),
  }));

/** Runs of one name are told apart by what was set otherwise, else by when they began. */
function nameOf(run) {
  if (compared.filter(({ name }) => name === run.name).length < 2) return run.name;
  const changed = (run.changed ?? []).map(({ label, value }) => `${label} ${value}`).join(", ");
  return `${run.name} (${changed || formatDate(run.created)})`;
}

export function leaveCompare() {
  transport?.stop();
  document.body.classList.remove("gv-comparing");
  $("gv-compare").hidden = true;
}

function pickSeries() {
  const all = new Map(compared.flatMap((run) => run.run.series.map((one) => [one.name, one])));
  const select = $("gv-compare-series", HTMLSelectElement);
  select.replaceChildren(...[...all.values()].map((one) =>
    el("option", { value: one.name }, one.label)));
  const drawCurves = async () => {
    const one = all.get(select.value);
    await curves($("gv-compare-plot"), compared.map((run, index) => ({
      columns: run.history, series: one ? [one] : [], name: nameOf(run), tone: TONES[index],
      dash: DASHES[index],
    })));
    if (transport?.step != null) cursor($("gv-compare-plot"), transport.step);
  };
  select.onchange = drawCurves;
  drawCurves();
}

function grids() {
  const pictures = album();
  const cells = compared.map((run, index) => {
    const canvas = el("canvas", { role: "img" });
    const caption = el("figcaption", {}, el("i", { style: `background:${TONES[index]}` }),
      el("b", {}, nameOf(run)), el("small"));
    return { run, canvas, caption, node: el("figure", {}, canvas, caption), step: null };
  });
  $("gv-compare-grids").replaceChildren(...cells.map(({ node }) => node));
  const steps = [...new Set(compared.flatMap((run) => (run.frame ? run.frames : [])))];
  transport?.stop();
  transport = player($("gv-compare-replay"), {
    steps: steps.sort((a, b) => a - b), label: "Look at all runs at the same step",
    onStep: (step) => {
      cursor($("gv-compare-plot"), step);
      for (const cell of cells) showStep(cell, step, pictures);
    },
  });
  transport.show();
}

async function showStep(cell, step, pictures) {
  if (!cell.run.frame) return text(cell.caption.lastChild, "no pictures");
  const at = nearest(cell.run.frames, step);
  if (at === cell.step) return;
  cell.step = at;
  text(cell.caption.lastChild, `step ${count(at)}`);
  cell.canvas.setAttribute("aria-label", `Samples of ${nameOf(cell.run)} at step ${at}`);
  const image = await pictures(frameUrl(cell.run.frame, at));
  if (cell.step === at) paintImage(cell.canvas, image);
}

/** A setting's value in words. */
const words = (value) => (Array.isArray(value) ? value.join(", ") || "none" : String(value ?? "–"));

/**
 * The settings in which configs differ.
 * @param {Record<string, any>[]} configs
 */
export const differing = (configs) => Object.keys(configs[0]).filter((name) => !SILENT.has(name)
  && new Set(configs.map((config) => words(config[name]))).size > 1);

async function differences() {
  const runs = compared;
  const figures = await figureRows(runs);
  // others are compared by now
  if (runs !== compared) return;
  const fields = window.gvFacts?.fields ?? {};
  const across = (sentence) =>
    el("tr", {}, el("td", { colspan: runs.length + 1 }, sentence));
  const head = (title) => el("thead", {}, el("tr", {}, el("th", { scope: "col" }, title),
    ...runs.map((run) => el("th", { scope: "col" }, nameOf(run)))));
  const settings = differing(runs.map(({ run }) => run.config)).map((name) =>
    el("tr", {}, el("th", { scope: "row" }, fields[name]?.label ?? name),
      ...runs.map((run) => el("td", {}, words(run.run.config[name])))));
  if (!settings.length) settings.push(across("None: these runs have the same settings."));
  const warning = featuresNote(runs);
  const note = warning ? [across(warning)] : [];
  const measured = [head("Figures at the end"), el("tbody", {}, ...figures, ...note)];
  $("gv-compare-table").replaceChildren(...(figures.length ? measured : []),
    head("Settings that differ"), el("tbody", {}, ...settings));
}
