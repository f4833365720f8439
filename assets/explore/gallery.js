// @ts-check
// A wall of samples with their seeds: find those that are worth a star, by eye or by what D says.

import { on } from "../lib/bus.js";
import { el, findAll, text } from "../lib/dom.js";
import { figure } from "../lib/format.js";
import { saveFile, showNotice } from "../lib/library.js";
import { STRIP_REFRESH } from "../lib/pacing.js";
import { post } from "../lib/request.js";
import { now } from "../lib/stream.js";
import { current as currentTab } from "../lib/tabs.js";
import { isWhole, keepWhole } from "../lib/whole_number.js";
import { MOST_SEEDS, combine } from "../latent/vectors.js";
import { drawSamples, paintSample, samplesBody, scoresOf } from "./draw.js";
import { change, className, current, explored, isStarred, latentsOf, randomSeed, toggleStar, whenRests } from "./state.js";

export const label = "Gallery";
export const why = "A wall of samples with their seeds, sorted by D's score";

const COUNTS = [36, 64, 144, 256];
const RANDOM_BELOW = 1_000_000;
/** So that the last of a wall is a seed, too. */
const MOST_FIRST = MOST_SEEDS - 301;
/** ms that a hand rests before the wall is drawn again. */
const REST = 120;

/** What a wall is sorted by: which way, what judges it, and how that is called. @type {Record<string, {sign: number, by?: string, word: string, say?: string}>} */
const JUDGES = {
  high: { sign: -1, word: "D's score" }, low: { sign: 1, word: "D's score" },
  near: { sign: 1, by: "distance", word: "distance", say: "Distance to the nearest training picture." },
  far: { sign: -1, by: "distance", word: "distance", say: "Distance to the nearest training picture." },
  sure: { sign: -1, by: "confidence", word: "confidence", say: "How sure a classifier of the data is of the class." },
};

/** @typedef {{seed: number, vector: import("../latent/vectors.js").Vector, y: number | null, canvas: HTMLCanvasElement, button: HTMLElement, score: number | null}} Cell */

const choices = { count: 64, first: 0, sort: "seed", one: false };
/** @type {Cell[]} */
let cells = [];
/** @type {Record<string, any>} */
let parts = {};
let drawing = 0;
let drawn = "";
let lastDrawing = 0;
let timer = 0;
/** Has the wall drawn where it is not that of the point. */
let askWall = () => {};

export function make() {
  const pick = (/** @type {string} */ name, /** @type {[any, string][]} */ values, /** @type {(value: string) => void} */ onPick) => {
    const list = el("select", { class: "gv-input", "data-choice": name, onchange: () => onPick(list.value) },
      ...values.map(([value, words]) => el("option", { value, selected: value === choices[name] }, words)));
    return list;
  };
  parts = {
    count: pick("count", COUNTS.map((n) => [n, String(n)]), (value) => { choices.count = Number(value); draw(); }),
    first: el("input", {
      type: "number", class: "gv-input", min: 0, max: MOST_SEEDS - 1, value: 0, "aria-label": "First seed",
      onchange: () => {
        const value = parts.first.valueAsNumber;
        if (isWhole(value, 0, MOST_FIRST)) { choices.first = value; draw(); }
      },
    }),
    one: pick("one", [["", "each class in turn"], ["yes", "the class chosen left"]], (value) => { choices.one = Boolean(value); draw(); }),
    sort: pick("sort", [["seed", "seed"], ["high", "D's score, highest first"], ["low", "D's score, lowest first"],
      ["near", "nearest to the data first"], ["far", "farthest from the data first"], ["sure", "a classifier's confidence"]],
      (value) => { choices.sort = value; sort(); }),
    say: el("span", { class: "gv-caption", role: "status" }),
    note: el("p", { class: "gv-note", hidden: true }),
    wall: el("div", { class: "gv-explore-wall", role: "list", "aria-label": "Samples", onkeydown: moveByKey }),
  };
  keepWhole(parts.first, 0, MOST_FIRST, () => choices.first, (sentence) => showNotice(parts.note, sentence));
  parts.oneLabel = el("label", { class: "gv-inline" }, "of", parts.one);
  on("explore-stars", showStars);
  askWall = whenRests(parts.wall, REST, () => { if (explored.source && key() !== drawn) draw(); });
  on("snapshot", follow);
  return el("div", { class: "gv-explore-gallery" },
    el("div", { class: "gv-explore-bar" },
      el("label", { class: "gv-inline" }, "Show", parts.count), el("label", { class: "gv-inline" }, "from seed", parts.first),
      parts.oneLabel, el("label", { class: "gv-inline" }, "by", parts.sort),
      el("button", {
        type: "button", class: "gv-button gv-small", onclick: () => {
          choices.first = randomSeed() % RANDOM_BELOW;
          parts.first.value = choices.first;
          draw();
        },
      }, "Other seeds"),
      el("span", { class: "gv-spring" }), parts.say,
      el("button", { type: "button", class: "gv-button gv-small", "data-act": "zip", onclick: saveZip }, "Download .zip")),
    parts.note, parts.wall);
}

/** What the wall depends on. */
const key = () => [explored.source?.run, explored.psi, choices.one ? explored.y : "", choices.count, choices.first].join();

export function open() {
  parts.oneLabel.hidden = !explored.source?.conditional;
  askWall();
}

/** The classes of the wall's samples. */
const labelOf = (/** @type {number} */ index) => {
  const { source, y } = explored;
  if (!source?.conditional) return null;
  return choices.one ? y : index % source.classes.length;
};

async function draw() {
  drawing += 1;
  const [mine, source] = [drawing, current()];
  const isWanted = () => mine === drawing && source === current();
  drawn = key();
  lastDrawing = performance.now();
  const seeds = Array.from({ length: choices.count }, (_, index) => choices.first + index);
  try {
    const bases = await latentsOf(seeds);
    if (!isWanted()) { giveUp(mine); return; }
    const { psi } = explored;
    makeCells(seeds, bases.map((base) => combine([[psi, base]], base.length)));
    await paintCells(isWanted);
    if (!isWanted()) { giveUp(mine); return; }
    parts.wall.dataset.drawn = String((Number(parts.wall.dataset.drawn) || 0) + 1);
    showNotice(parts.note, "");
    await sort();
  } catch (problem) {
    if (mine === drawing) showNotice(parts.note, /** @type {Error} */ (problem).message, true);
  }
}

/** A drawing that no other has replaced ends half way: it does not count. @param {number} mine */
function giveUp(mine) {
  if (mine !== drawing) return;
  drawn = "";
  askWall();
}

/** @param {() => boolean} isWanted */
const paintCells = (isWanted) => drawSamples(cells.map(({ vector }) => vector), cells.map(({ y }) => y),
  (index, sample) => paintSample(cells[index].canvas, sample), isWanted);

/** @param {number[]} seeds @param {import("../latent/vectors.js").Vector[]} vectors */
function makeCells(seeds, vectors) {
  cells = seeds.map((seed, index) => {
    const y = labelOf(index);
    const canvas = el("canvas", { width: 28, height: 28 });
    const vector = vectors[index];
    const button = el("button", {
      type: "button", class: "gv-explore-cell", "data-seed": seed, tabindex: index ? -1 : 0,
      onclick: (/** @type {MouseEvent} */ event) => {
        if (event.shiftKey) toggleStar(vector, y, explored.psi === 1 ? seed : null);
        else goTo(seed, y, index);
      },
    }, canvas);
    return { seed, vector, y, canvas, button, score: null };
  });
  cells.forEach(nameCell);
  parts.wall.replaceChildren(...cells.map(({ button }) => el("div", { role: "listitem" }, button)));
  showStars();
}

/** @param {Cell} cell */
function nameCell({ button, seed, y, score }) {
  const words = [`Seed ${seed}`, y === null ? "" : `class ${className(y)}`, score === null ? "" : `${JUDGES[choices.sort]?.word ?? "score"} ${figure(score)}`]
    .filter(Boolean).join(", ");
  button.setAttribute("aria-label", words);
  button.title = `${words}. Click: show it left. Shift and click, or the key S: star it.`;
}

async function goTo(seed, y, index) {
  try {
    const [base] = await latentsOf([seed]);
    if (base) change({ seed, base, y, moves: {} });
  } catch (problem) {
    showNotice(parts.note, /** @type {Error} */ (problem).message, true);
  }
  cells.forEach(({ button }, at) => { button.tabIndex = at === index ? 0 : -1; });
}

function showStars() {
  for (const { vector, y, button } of cells) button.classList.toggle("gv-starred", isStarred(vector, y));
}

/** Bring the cells into the order that was chosen. */
async function sort() {
  const mine = drawing;
  if (choices.sort !== "seed") {
    try {
      const answer = await judged();
      if (mine !== drawing) return;
      answer.scores.forEach((score, index) => { cells[index].score = score; });
      cells.forEach(nameCell);
      text(parts.say, JUDGES[choices.sort].say ?? unitSentence(answer.unit ?? ""));
    } catch (problem) {
      choices.sort = parts.sort.value = "seed";
      showNotice(parts.note, /** @type {Error} */ (problem).message, true);
    }
  }
  if (choices.sort === "seed") text(parts.say, "");
  const sign = JUDGES[choices.sort]?.sign;
  const order = sign ? rank(sign) : () => 0;
  const at = cells.find(({ button }) => button === document.activeElement);
  parts.wall.append(...cells.toSorted(order).map(({ button }) => /** @type {Node} */ (button.parentNode)));
  at?.button.focus({ preventScroll: true }); // a cell that is moved loses it
  parts.wall.dataset.sorted = choices.sort;
}

/** @returns {Promise<{scores: number[], unit?: string}>} */
async function judged() {
  const { by } = JUDGES[choices.sort];
  const [vectors, labels] = [cells.map(({ vector }) => vector), cells.map(({ y }) => y)];
  if (!by) return scoresOf(vectors, labels);
  text(parts.say, "Looking through the training pictures.");
  const answer = await post("gv/explore/judge", { ...samplesBody(vectors, labels), by });
  if (!answer.ok) throw new Error(answer.sentence);
  return /** @type {any} */ (answer);
}

/** @param {number} sign @returns {(a: Cell, b: Cell) => number} */
const rank = (sign) => (a, b) => sign * ((a.score ?? 0) - (b.score ?? 0));

/** @param {string} unit */
const unitSentence = (unit) => ({
  probability: "D's score: the probability that it is real.",
  relative: "D's score: only differences count.",
})[unit] ?? "D's score: higher is more real.";

/** The generator trains on: draw the wall again, sometimes, and only where it is seen. */
function follow() {
  clearTimeout(timer);
  if (explored.source?.run !== now.run?.id || currentTab() !== "explore" || !parts.wall?.isConnected) return;
  const wait = lastDrawing + STRIP_REFRESH - performance.now();
  if (wait > 0) timer = setTimeout(follow, wait);
  else redraw();
}

/** The same latents by the newest generator; no cell moves. */
async function redraw() {
  const mine = drawing;
  lastDrawing = performance.now();
  try {
    await paintCells(() => mine === drawing && parts.wall.isConnected);
  } catch { /* the next snapshot tries again */ }
}

/** @param {KeyboardEvent} event */
function moveByKey(event) {
  const all = findAll("button", parts.wall);
  const at = all.findIndex((one) => one === document.activeElement);
  if (at < 0) return;
  if (event.key.toLowerCase() === "s") {
    const cell = cells.find(({ button }) => button === all[at]);
    if (cell) toggleStar(cell.vector, cell.y, explored.psi === 1 ? cell.seed : null);
    return;
  }
  const across = all.filter((one) => one.offsetTop === all[0].offsetTop).length || 1;
  const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across }[event.key];
  const to = by === undefined ? undefined : all[at + by];
  if (!to) return;
  event.preventDefault();
  all.forEach((one) => { one.tabIndex = one === to ? 0 : -1; });
  to.focus();
}

async function saveZip() {
  const { source, psi } = explored;
  const body = {
    run: source?.run, step: source?.step, psi, seeds: cells.map(({ seed }) => seed),
    y: source?.conditional ? cells.map(({ y }) => y) : null,
  };
  showNotice(parts.note, "");
  try {
    await saveFile("gv/explore/zip", body, `${source?.run.split("@")[0]}-${source?.step}.zip`);
  } catch (problem) {
    showNotice(parts.note, /** @type {Error} */ (problem).message, true);
  }
}
