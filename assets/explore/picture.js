// @ts-check
// The left side: which generator, the picture of this browser's z, all that moves it, and what can
// be taken along.

import { on } from "../lib/bus.js";
import { $, el, findAll, text } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { nameAmong, showNotice } from "../lib/library.js";
import { LATENT_REFRESH, RUNS_REFRESH } from "../lib/pacing.js";
import { get, post, postForBytes } from "../lib/request.js";
import * as route from "../lib/route.js";
import { fillTrack, slider } from "../lib/slider.js";
import { now, stats } from "../lib/stream.js";
import { current } from "../lib/tabs.js";
import { isWhole, keepWhole } from "../lib/whole_number.js";
import { MOST_SEEDS, dot, norm, toText } from "../latent/vectors.js";
import { differenceOf, paintSample, pictureOf } from "./draw.js";
import * as inBrowser from "./in_browser.js";
import * as stars from "./stars.js";
import {
  change, className, explored, isSeed, isStarred, latent, leaveSource, openSource, randomSeed,
  toSeed, toggleStar, wantedRun,
} from "./state.js";

const SPAN = 4;
const RANDOM_BELOW = 10_000;
const NOTHING_YET = "Nothing has been trained yet: the generator appears here with the first training steps.";
const HERE = "This browser draws the picture: the server is not asked.";

let busy = false;
let wanted = false;
let lastRequest = 0;
let shownVersion = 0;
let timer = 0;
/** The step of the picture that is shown: what its line of Python names. */
let shownStep = 0;
/** Counts lines of Python that were asked for: the newest wins. */
let filling = 0;
/** @type {ReturnType<typeof slider>[]} */
let sliders = [];
/** @type {{sample: import("./draw.js").Sample, z: import("../latent/vectors.js").Vector, label: string} | null} */
let held = null;
/** @type {import("./draw.js").Sample | null} */
let shownSample = null;

export async function start() {
  wire();
  stars.start();
  on("explore-source", showSource);
  on("explore-point", () => { showControls(); requestPicture(); });
  on("explore-pins", makeSliders);
  on("explore-stars", showStar);
  on("hello", () => { if (!explored.source || !route.get("at")) reopen(); });
  on("snapshot", follow);
  on("explore-go", goTo);
  new IntersectionObserver(([entry]) => { if (entry.isIntersecting) loadRuns(); }).observe($("gv-explore"));
  setInterval(() => { if (current() === "explore" && !document.hidden) loadRuns(); }, RUNS_REFRESH);
  await Promise.all([loadRuns(), reopen()]);
}

/** Another entry of the history names another generator or point. */
export async function followAddress() {
  if (wantedRun() !== explored.source?.run) await reopen();
}

/** Another view sends a run here, and perhaps a point. */
async function goTo({ run, seed, y, psi }) {
  if (run !== explored.source?.run) await reopen(run);
  if (seed === undefined) return;
  change({ y: explored.source?.conditional ? y : null, psi });
  await showSeed(seed);
}

/** Go to what a seed draws, or say why not. @param {number} seed */
async function showSeed(seed) {
  try {
    await toSeed(seed);
    showNotice($("gv-explore-note"), "");
  } catch (problem) {
    showNotice($("gv-explore-note"), /** @type {Error} */ (problem).message, true);
    void loadRuns();
  }
}

/** Open what the address or the page is about; a refusal is told where the picture would be. */
async function reopen(run = wantedRun() ?? newest()) {
  const sentence = run !== null ? await openSource(run) : listed ? NOTHING_YET : "";
  if (!sentence) return;
  if (explored.source) showNotice($("gv-explore-note"), sentence, true);
  else text($("gv-explore-wait"), sentence);
}

/** @type {{id: string, name: string, step: number, active: boolean}[]} */
let runs = [];
/** Whether the list of runs has come, which may be empty. */
let listed = false;
const newest = () => runs[0]?.id ?? null;

async function loadRuns() {
  const answer = await get("gv/explore/runs");
  if (!answer.ok) return;
  const first = !runs.length;
  runs = answer.runs;
  listed = true;
  await leaveIfDeleted();
  showRuns();
  if (first && !explored.source && !wantedRun()) reopen();
}

/** Somebody may have deleted the run that is explored, or shows it no more. The list has only the
 * newest runs: where it is not among them, the server is asked. */
async function leaveIfDeleted() {
  const { source } = explored;
  if (!source || runs.some(({ id }) => id === source.run.split("@")[0])) return;
  const answer = await get(`gv/explore/info?run=${encodeURIComponent(source.run)}`);
  if (!answer.absent || source !== explored.source) return;
  leaveSource();
  $("gv-explore-side").dataset.ready = "no";
  $("gv-explore-step").replaceChildren();
  release();
  showNotice($("gv-explore-note"), "");
  delete document.body.dataset.gvExplore;
  text($("gv-explore-caption"), "");
  const way = runs.length ? "Choose another one above." : NOTHING_YET;
  text($("gv-explore-wait"), `The run “${source.name}” is not here any more. ${way}`);
}

function showRuns() {
  const list = $("gv-explore-run", HTMLSelectElement);
  const mine = explored.source?.run.split("@")[0] ?? "";
  const known = runs.some(({ id }) => id === mine) || !explored.source ? runs
    : [
      { id: mine, name: explored.source.name, step: explored.source.step, active: explored.source.active },
      ...runs,
    ];
  const key = `${mine ? "" : "none,"}${known.map(({ id, name, active }) => `${id}${name}${active}`)}`;
  if (list.dataset.key === key && list.value === mine) return;
  list.dataset.key = key;
  list.replaceChildren(...(mine ? [] : [el("option", { value: "", disabled: true }, "Choose a run")]), ...known.map(({ id, name, step, active }) =>
    el("option", { value: id }, `${nameAmong({ id, name }, known)}${active ? ", training" : `, step ${count(step)}`}`)));
  list.value = mine;
}

function showSource() {
  const { source } = explored;
  if (!source) return;
  $("gv-explore-side").dataset.ready = "yes";
  document.body.dataset.gvExplore = source.run;
  showNotice($("gv-explore-note"), "");
  showRuns();
  const [run, step] = source.run.split("@");
  const list = $("gv-explore-step", HTMLSelectElement);
  list.replaceChildren(
    el("option", { value: run }, source.active ? "now, as it trains" : `the end, step ${count(step ? source.checkpoints.at(-1) ?? 0 : source.step)}`),
    ...source.checkpoints.toReversed().map((at) =>
      el("option", { value: `${run}@${at}` }, `checkpoint at step ${count(at)}`)));
  list.value = source.run;
  text($("gv-explore-png"), source.kind === "points" ? "JSON" : "PNG");
  makeClasses();
  makeSliders();
  release();
}

function wire() {
  for (const id of ["gv-explore-run", "gv-explore-step"]) {
    const list = $(id, HTMLSelectElement);
    list.addEventListener("change", () => {
      route.set({ at: list.value });
      reopen(list.value);
    });
  }
  $("gv-explore-random").addEventListener("click", () => showSeed(randomSeed() % RANDOM_BELOW));
  $("gv-explore-seed").addEventListener("input", () => {
    const seed = $("gv-explore-seed", HTMLInputElement).valueAsNumber;
    if (isWhole(seed, 0, MOST_SEEDS - 1)) showSeed(seed);
  });
  keepWhole($("gv-explore-seed", HTMLInputElement), 0, MOST_SEEDS - 1, () => explored.seed,
    (sentence) => text($("gv-explore-caption"), sentence));
  $("gv-explore-reset").addEventListener("click", () => change({ psi: 1, moves: {} }));
  const psi = $("gv-explore-psi", HTMLInputElement);
  psi.addEventListener("input", () => change({ psi: psi.valueAsNumber }));
  $("gv-explore-star").addEventListener("click", () => toggleStar(latent(), explored.y, seedOnly()));
  $("gv-explore-hold").addEventListener("click", () => (held ? release() : hold()));
  $("gv-explore-png").addEventListener("click", savePicture);
  $("gv-explore-python").addEventListener("click", showLine);
  $("gv-explore-copy").addEventListener("click", copyLine);
}

/** The seed, where it alone makes the z. */
const seedOnly = () => (explored.psi === 1 && isSeed() ? explored.seed : null);

function makeClasses() {
  const { source } = explored;
  const box = $("gv-explore-classes");
  box.hidden = !source?.conditional;
  box.replaceChildren(...(source?.conditional ? source.classes : []).map((name, index) => el("button", {
    type: "button", role: "radio", "data-class": index, title: `Draw a ${name}`,
    onclick: () => change({ y: index }),
  }, name)));
  box.onkeydown = (event) => {
    const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (!step || !source) return;
    event.preventDefault();
    const next = ((explored.y ?? 0) + step + source.classes.length) % source.classes.length;
    change({ y: next });
    /** @type {HTMLElement} */ (box.children[next]).focus();
  };
}

function makeSliders() {
  sliders = explored.pinned.map(({ key, label }) => slider(label, {
    value: explored.moves[key] ?? 0, span: SPAN, attributes: { "data-direction": key },
    onMove: (value) => change({ moves: { ...explored.moves, [key]: value } }),
  }));
  $("gv-explore-sliders").replaceChildren(...sliders.map(({ row }) => row));
}

/** Bring every control to the point's values. */
function showControls() {
  stats.moved = performance.now();
  const seed = $("gv-explore-seed", HTMLInputElement);
  if (document.activeElement !== seed) seed.value = explored.seed === null ? "" : String(explored.seed);
  const psi = $("gv-explore-psi", HTMLInputElement);
  psi.value = String(explored.psi);
  fillTrack(psi);
  text(psi.nextElementSibling, explored.psi.toFixed(2));
  for (const { input, set } of sliders) {
    if (document.activeElement !== input) set(explored.moves[input.dataset.direction ?? ""] ?? 0);
  }
  findAll("button", $("gv-explore-classes")).forEach((button, index) => {
    button.setAttribute("aria-checked", String(index === explored.y));
    button.tabIndex = index === explored.y ? 0 : -1;
  });
  showStar();
}

function showStar() {
  if (!explored.source) return;
  const on = isStarred(latent(), explored.y);
  $("gv-explore-star").setAttribute("aria-pressed", String(on));
  text($("gv-explore-star"), on ? "Starred" : "Star");
}

// -- the picture -----------------------------------------------------------------------------------

/** The generator trains on: draw the same z again, sometimes, and only where it is seen. */
function follow() {
  clearTimeout(timer);
  const { source } = explored;
  if (!source || source.run !== now.run?.id || now.snapshot === shownVersion) return;
  if (current() !== "explore" || document.hidden) return;
  const wait = lastRequest + LATENT_REFRESH - performance.now();
  if (wait > 0) timer = setTimeout(follow, wait);
  else requestPicture();
}

/** The newest position always wins; nothing queues. */
async function requestPicture() {
  wanted = true;
  if (busy) return;
  busy = true;
  while (wanted && explored.source) {
    wanted = false;
    lastRequest = performance.now();
    await updatePicture(stats.moved, explored.source);
  }
  busy = false;
}

/** @param {number} moved @param {import("./state.js").Source} source */
async function updatePicture(moved, source) {
  try {
    const picture = await inBrowser.draw(source, latent(), explored.y);
    const drawn = picture ? { sample: picture, version: now.snapshot, step: source.step, where: HERE }
      : await drawnByServer(source);
    if (source !== explored.source) return;
    ({ sample: shownSample, version: shownVersion, step: shownStep } = drawn);
    paint(source, drawn.where);
    stats.explore = { moved, shown: performance.now(), step: shownStep };
    inBrowser.prepare(source);
  } catch (problem) {
    const { name, message } = /** @type {Error} */ (problem);
    text($("gv-explore-caption"), name === "TimeoutError"
      ? "The server took too long; move a slider to try again." : message);
    void loadRuns();
  }
}

/** @param {import("./state.js").Source} source */
async function drawnByServer(source) {
  const body = { run: source.run, z: toText([latent()]), class: source.conditional ? explored.y : null };
  const { number, bytes } = await postForBytes("gv/latent", body);
  const sample = number("Width") ? pictureOf(bytes, number("Width"), number("Height"), 3)
    : JSON.parse(new TextDecoder().decode(bytes)).points[0];
  return { sample, version: number("Version") || now.snapshot, step: number("Step") || source.step, where: "" };
}

/** @param {import("./state.js").Source} source @param {string} where it was drawn, where not by the server */
function paint(source, where) {
  if (!shownSample) return;
  const canvas = $("gv-explore-canvas", HTMLCanvasElement);
  paintSample(canvas, shownSample);
  const from = explored.seed === null ? "a z of its own" : `seed ${explored.seed}`;
  const what = source.conditional ? `class ${className(explored.y)}, ` : "";
  canvas.setAttribute("aria-label", `Generated picture, ${what}${from}, step ${shownStep}`);
  canvas.dataset.shown = String((Number(canvas.dataset.shown) || 0) + 1);
  const caption = $("gv-explore-caption");
  text(caption, `${where ? "Drawn here" : "G(z)"} at step ${count(shownStep)}`);
  caption.title = where;
  compareWithHeld();
  if (!$("gv-explore-line").hidden) fillLine();
}

// -- comparing two ---------------------------------------------------------------------------------

function hold() {
  if (!shownSample) return;
  held = { sample: shownSample, z: latent(), label: stars.nameOfStar(explored) };
  paintSample($("gv-explore-held", HTMLCanvasElement), shownSample);
  $("gv-explore-compared").hidden = false;
  $("gv-explore-hold").setAttribute("aria-pressed", "true");
  compareWithHeld();
}

function release() {
  held = null;
  $("gv-explore-compared").hidden = true;
  $("gv-explore-hold").setAttribute("aria-pressed", "false");
}

function compareWithHeld() {
  if (!held || !shownSample) return;
  const z = latent();
  const cosine = dot(z, held.z) / Math.max(norm(z) * norm(held.z), 1e-12);
  const angle = (Math.acos(Math.max(-1, Math.min(1, cosine))) * 180) / Math.PI;
  const difference = $("gv-explore-difference", HTMLCanvasElement);
  const pictures = held.sample instanceof ImageData && shownSample instanceof ImageData;
  difference.hidden = !pictures;
  if (held.sample instanceof ImageData && shownSample instanceof ImageData) {
    paintSample(difference, differenceOf(held.sample, shownSample));
  }
  text($("gv-explore-compared-say"),
    `Held: ${held.label}. Between the two: ${angle.toFixed(0)}° in z${pictures ? "; right, where the pictures differ." : "."}`);
}

// -- what can be taken along -----------------------------------------------------------------------

/** The picture exactly, and its line of Python. */
function exact() {
  const { source, seed, psi, y } = explored;
  const point = Object.values(explored.moves).some(Boolean) || seed === null
    ? { z: toText([latent()]) } : { seed, psi };
  return post("gv/explore/exact", { run: source?.run, step: shownStep, y: source?.conditional ? y : null, ...point });
}

async function savePicture() {
  const answer = await exact();
  showNotice($("gv-explore-note"), answer.ok ? "" : answer.sentence, true);
  if (!answer.ok) return;
  const link = answer.png ? { href: `data:image/png;base64,${answer.png}`, download: `${nameOfFile()}.png` }
    : { href: `data:application/json,${JSON.stringify(answer.point)}`, download: `${nameOfFile()}.json` };
  el("a", link).click();
}

const nameOfFile = () => [
  explored.source?.run.split("@")[0], shownStep, explored.seed === null ? "z" : `seed-${explored.seed}`,
  explored.y === null ? "" : `class-${explored.y}`,
].filter((part) => part !== "").join("-");

function showLine() {
  const box = $("gv-explore-line");
  box.hidden = !box.hidden;
  $("gv-explore-python").setAttribute("aria-expanded", String(!box.hidden));
  if (!box.hidden) fillLine();
}

async function fillLine() {
  filling += 1;
  const mine = filling;
  const answer = await exact();
  if (mine !== filling) return;
  text($("gv-explore-code"), answer.ok ? `import ganviz\n${answer.line}` : answer.sentence);
  $("gv-explore-copy").hidden = !answer.ok;
}

async function copyLine() {
  try {
    await navigator.clipboard.writeText($("gv-explore-code").textContent ?? "");
    text($("gv-explore-copy"), "Copied");
  } catch {
    text($("gv-explore-copy"), "Select and copy it");
  }
  setTimeout(() => text($("gv-explore-copy"), "Copy"), 2000);
}
