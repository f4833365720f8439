// @ts-check
// Sums of latents, classes, and truncation: A - B + C, averages, one z in all classes or between
// two, and what psi costs.

import { on } from "../lib/bus.js";
import { el, text } from "../lib/dom.js";
import { showNotice } from "../lib/library.js";
import { postForLines } from "../lib/request.js";
import { path, svg } from "../lib/svg.js";
import { combine, toText } from "../latent/vectors.js";
import { drawSamples, fetchPictures, paintSample } from "./draw.js";
import { nameOfStar } from "./stars.js";
import { change, className, explored, latent, toVector, vectorOf, whenRests } from "./state.js";

export const label = "Combine";
export const why = "A - B + C, averages, classes and truncation";

const REST = 120;
const PSIS = [0, 0.3, 0.5, 0.7, 0.85, 1, 1.2, 1.5];
const BLEND = 9;
const MEASURED = "Precision: samples that lie among the real ones. Recall: real ones that lie among the samples.";
const CHART = { width: 360, height: 150, left: 30, bottom: 22 };

/** @type {Record<string, any>} */
let parts = {};
/** Indices of stars. @type {Record<string, number>} */
const slots = { A: 0, B: 1, C: 2 };
/** The two classes between which one z is drawn. */
const between = { a: 0, b: 1 };
let drawing = 0;
/** Draws at once. */
let refreshWhenRested = () => {};
/** @type {AbortController | null} */
let measuring = null;
/** @type {{psi: number, precision: number, recall: number}[]} */
let figures = [];
let opened = "";

export function make() {
  const cell = (/** @type {string} */ words) => el("canvas", { width: 28, height: 28, role: "img", "aria-label": words });
  const slot = (/** @type {string} */ name) => {
    const list = el("select", { class: "gv-input", "aria-label": name, "data-slot": name, onchange: () => { slots[name] = Number(list.value); draw(); } });
    return { list, canvas: cell(`Picture ${name}`) };
  };
  parts = {
    slots: { A: slot("A"), B: slot("B"), C: slot("C") }, sum: cell("A - B + C"), mean: cell("The average of the starred"),
    stars: el("p", { class: "gv-say" }), note: el("p", { class: "gv-note", role: "status", hidden: true }),
    classes: el("div", { class: "gv-combine-row" }), blend: el("div", { class: "gv-combine-row" }),
    psi: el("div", { class: "gv-combine-row" }), chart: el("div", { class: "gv-combine-chart" }),
    a: el("select", { class: "gv-input", "aria-label": "From class", onchange: () => { between.a = Number(parts.a.value); draw(); } }),
    b: el("select", { class: "gv-input", "aria-label": "To class", onchange: () => { between.b = Number(parts.b.value); draw(); } }),
    measure: el("button", { type: "button", class: "gv-button gv-small", "data-act": "measure", onclick: () => (measuring ? measuring.abort() : measure()) }, "Measure precision and recall"),
    say: el("span", { class: "gv-caption", role: "status" }),
  };
  const go = (/** @type {() => Float32Array | null} */ vector) => el("button", {
    type: "button", class: "gv-button gv-small", onclick: () => { const z = vector(); if (z) toVector(z); },
  }, "Go there");
  parts.sums = el("div", { class: "gv-combine-sum" },
    ...Object.entries(parts.slots).flatMap(([name, { list, canvas }]) => [
      el("span", { class: "gv-combine-sign" }, { A: "", B: "−", C: "+" }[name] ?? ""), el("div", {}, canvas, list)]),
    el("span", { class: "gv-combine-sign" }, "="), el("div", {}, parts.sum, go(sum)),
    el("div", { class: "gv-combine-mean" }, parts.mean, go(mean), el("span", { class: "gv-caption" }, "average of all starred")));
  parts.classCard = el("section", {}, el("h3", {}, "This z in every class"), parts.classes,
    el("div", { class: "gv-explore-bar" }, el("h3", {}, "Between two classes, z fixed"), parts.a, "to", parts.b), parts.blend);
  refreshWhenRested = whenRests(parts.psi, REST, draw);
  on("explore-stars", () => { if (parts.psi.isConnected) { offer(); refreshWhenRested(); } });
  return el("div", { class: "gv-combine" }, parts.note,
    el("section", {}, el("h3", {}, "Sums of starred pictures"), parts.stars, parts.sums),
    parts.classCard,
    el("section", {}, el("h3", {}, "Truncation: fewer mistakes for less variety"), parts.psi,
      el("div", { class: "gv-explore-bar" }, parts.measure, parts.say), parts.chart));
}

export function open() {
  const { source } = explored;
  if (!source) return;
  parts.classCard.hidden = !source.conditional;
  parts.measure.hidden = source.kind === "points";
  if (opened !== source.run) {
    opened = source.run;
    figures = [];
    parts.chart.replaceChildren();
    stopMeasuring();
    for (const [list, index] of [[parts.a, 0], [parts.b, 1]]) {
      list.replaceChildren(...source.classes.map((name, at) => el("option", { value: at }, name)));
      list.value = String(Math.min(index, source.classes.length - 1));
    }
    Object.assign(between, { a: Number(parts.a.value), b: Number(parts.b.value) });
  }
  offer();
  refreshWhenRested();
}

/** The stars to choose from. */
function offer() {
  const { stars } = explored;
  const enough = stars.length >= 2;
  text(parts.stars, enough ? "" : "Star two pictures or more to add and subtract them.");
  parts.sums.hidden = !enough;
  for (const [name, { list }] of Object.entries(parts.slots)) {
    list.replaceChildren(...stars.map((star, index) => el("option", { value: index }, `${index + 1}: ${nameOfStar(star)}`)));
    list.value = String(slotOf(name));
  }
}

/** Which star a slot holds. @param {string} name */
const slotOf = (name) => Math.max(0, Math.min(slots[name], explored.stars.length - 1));

const starred = () => explored.stars.map(vectorOf).filter((one) => one !== null);

function sum() {
  const vectors = starred();
  if (vectors.length < 2) return null;
  const [a, b, c] = ["A", "B", "C"].map((name) => vectors[slotOf(name)]);
  return combine([[1, a], [-1, b], [1, c]], a.length);
}

function mean() {
  const vectors = starred();
  return vectors.length ? combine(vectors.map((one) => [1 / vectors.length, one]), vectors[0].length) : null;
}

/** @typedef {[Float32Array, number | null, HTMLCanvasElement]} Cell */

/** All rows, in one request and one for the blend. */
async function draw() {
  drawing += 1;
  const [mine, source] = [drawing, explored.source];
  if (!source) return;
  const z = latent();
  const cells = [...psiCells(z), ...(source.conditional ? classCells(z, source.classes) : []), ...sumCells()];
  try {
    await drawSamples(cells.map(([one]) => one), cells.map(([, y]) => y),
      (index, sample) => paintSample(cells[index][2], sample), () => mine === drawing);
    if (mine !== drawing) return;
    if (source.conditional && source.kind === "images") await drawBlend(z, () => mine === drawing);
    parts.psi.dataset.drawn = String((Number(parts.psi.dataset.drawn) || 0) + 1);
  } catch (problem) {
    if (mine === drawing) showNotice(parts.note, /** @type {Error} */ (problem).message, true);
  }
}

/** @param {Float32Array} z @returns {Cell[]} */
function psiCells(z) {
  const base = explored.base ?? z;
  const canvases = row(parts.psi, PSIS.map((psi) => `psi ${psi}`), (index) => change({ psi: PSIS[index] }));
  return PSIS.map((psi, index) =>
    [combine([[psi, base], [1, z], [-explored.psi, base]], z.length), explored.y, canvases[index]]);
}

/** @param {Float32Array} z @param {string[]} classes @returns {Cell[]} */
const classCells = (z, classes) => row(parts.classes, classes, (index) => change({ y: index }))
  .map((canvas, index) => /** @type {Cell} */ ([z, index, canvas]));

/** @returns {Cell[]} */
function sumCells() {
  const [total, average] = [sum(), mean()];
  if (!total || !average) return [];
  const own = Object.entries(parts.slots).map(([name, { canvas }]) => {
    const star = explored.stars[slotOf(name)];
    return /** @type {Cell} */ ([vectorOf(star) ?? total, star.y, canvas]);
  });
  return [...own, [total, explored.y, parts.sum], [average, explored.y, parts.mean]];
}

/**
 * A row of pictures with a word below each; what stood there is kept, so that nothing flickers.
 * @param {HTMLElement} box
 * @param {string[]} words
 * @param {(index: number) => void} pick
 * @returns {HTMLCanvasElement[]}
 */
function row(box, words, pick) {
  if (box.dataset.words !== words.join()) {
    box.dataset.words = words.join();
    box.replaceChildren(...words.map((word, index) => el("figure", {},
      el("button", { type: "button", class: "gv-explore-cell", "aria-label": `Take ${word}`, onclick: () => pick(index) }, el("canvas", { width: 28, height: 28 })),
      el("figcaption", { class: "gv-caption" }, word))));
  }
  return [...box.querySelectorAll("canvas")];
}

/** @param {Float32Array} z @param {() => boolean} wanted */
async function drawBlend(z, wanted) {
  const shares = Array.from({ length: BLEND }, (_, index) => `${Math.round((100 * index) / (BLEND - 1))} %`);
  const canvases = row(parts.blend, shares, (index) =>
    change({ y: index < BLEND / 2 ? between.a : between.b }));
  const body = { run: explored.source?.run, z: toText([z]), ...between, steps: BLEND };
  const { pictures } = await fetchPictures("blend", body);
  if (wanted()) pictures.forEach((picture, index) => paintSample(canvases[index], picture));
  parts.blend.setAttribute("aria-label", `From ${className(between.a)} to ${className(between.b)}`);
}

async function measure() {
  const mine = (measuring = new AbortController());
  figures = [];
  let done = false;
  let problem = "";
  showNotice(parts.note, "");
  text(parts.measure, "Stop");
  text(parts.say, "Measuring 600 samples at each psi.");
  try {
    await postForLines("gv/explore/truncation", { run: explored.source?.run }, (line) => {
      if (mine !== measuring) return;
      if (line.error) problem = line.error;
      else if (line.done) done = true;
      else { figures.push(line); drawChart(); }
    }, mine.signal);
  } catch (error) {
    if (!mine.signal.aborted) problem = /** @type {Error} */ (error).message;
  }
  if (mine !== measuring) return;
  stopMeasuring();
  showNotice(parts.note, problem, true);
  text(parts.say, (done ? "" : partly(figures.length, PSIS.length)) + (figures.length ? MEASURED : ""));
}

export const rest = stopMeasuring;

/** End what is being measured. */
function stopMeasuring() {
  measuring?.abort();
  measuring = null;
  text(parts.measure, "Measure precision and recall");
  text(parts.say, "");
}

/** What stands of a measurement that was stopped. @param {number} count @param {number} all values of psi */
export const partly = (count, all) => (count
  ? `Stopped: what is drawn was measured at ${count} of ${all} values of psi. ` : "Stopped before anything was measured.");

function drawChart() {
  const { width, height, left, bottom } = CHART;
  const x = (/** @type {number} */ psi) => left + (psi / PSIS[PSIS.length - 1]) * (width - left - 60);
  const y = (/** @type {number} */ share) => 6 + (height - bottom - 6) * (1 - share);
  const line = (/** @type {"precision" | "recall"} */ name) => {
    const last = figures[figures.length - 1];
    return [svg("path", { d: path(figures.map((one) => [x(one.psi), y(one[name])])), class: `gv-combine-${name}` }),
      svg("text", { x: x(last.psi) + 5, y: y(last[name]) + 4, class: `gv-combine-${name}` }, name)];
  };
  parts.chart.replaceChildren(svg("svg", {
    viewBox: `0 0 ${width} ${height}`, role: "img",
    "aria-label": figures.map(({ psi, precision, recall }) =>
      `psi ${psi}: precision ${precision}, recall ${recall}`).join("; "),
  },
  svg("path", { d: `M${left} ${y(0)}H${width - 56}M${left} ${y(1)}H${width - 56}`, class: "gv-path-axis" }),
  svg("text", { x: 8, y: y(1) + 4 }, "1"), svg("text", { x: 8, y: y(0) + 4 }, "0"),
  ...figures.map(({ psi }) => svg("text", { x: x(psi), y: height - 4, "text-anchor": "middle" }, String(psi))),
  ...line("precision"), ...line("recall")));
  parts.chart.dataset.count = String(figures.length);
}
