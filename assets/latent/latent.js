// @ts-check
// The latent explorer: sliders push this browser's own z; the newest position always wins, nothing
// queues.

import { $, el, findAll, text } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { ASK_AGAIN, LATENT_REFRESH } from "../lib/pacing.js";
import { paintRgb } from "../lib/pictures.js";
import { get, post, postForBytes } from "../lib/request.js";
import * as route from "../lib/route.js";
import { draw, whileLoading } from "../lib/schedule.js";
import { fillTrack, slider } from "../lib/slider.js";
import { storage } from "../lib/storage.js";
import { emit, now, on, stats } from "../lib/stream.js";
import { tab } from "../lib/tabs.js";
import { isWhole, keepWhole } from "../lib/whole_number.js";
import { entriesPanel } from "./entries.js";
import { MOST_SEEDS, randomInteger } from "./vectors.js";

/** px on the page */
const LARGEST = 196;
/** Standard deviations that a slider moves z by, either way. */
export const SPAN = 4;
const DIRECTIONS = 8;
/** What this page calls itself: its newest request takes the place of one that waits. */
const PAGE = Math.random().toString(36).slice(2, 12);

/**
 * @typedef {object} Latent an offset on the vector that `seed` draws
 * @property {number} seed
 * @property {number | null} [tile] of the sample grid, whose z stands in the place of the seed's
 * @property {string} [run] of the tile
 * @property {number | null} class
 * @property {Record<string, number>} directions
 * @property {Record<string, number>} raw single entries of z
 * @property {number} [psi] truncation
 */

/** This browser's z, kept while the tab lives. @type {Latent} */
export const z = { seed: 1, tile: null, class: null, directions: {}, raw: {}, psi: 1 };
export const info = {
  ready: false, conditional: false, latent_dim: 0, kind: "images",
  classes: /** @type {string[]} */ ([]), directions: [], version: 0,
};

/** @type {ReturnType<typeof slider>[]} */
let sliders = [];
let busy = false;
let wanted = false;
let shownVersion = 0;
/** Step of the picture that is shown. @type {number | null} */
let shownStep = null;
/** The grid shows an earlier step. */
let looksBack = false;
let lastRequest = 0;
let visible = true;
/** Counts pictures, so that none is painted over by one requested before it. */
let requested = 0;
let painted = 0;
/** Counts runs: an answer for an earlier run is dropped. */
let generation = 0;
let timer = 0;

export function start() {
  Object.assign(z, storage.get("z", sessionStorage) ?? { seed: 1 + randomInteger(9999) });
  reserveSliders(DIRECTIONS);
  wireControls();
  entriesPanel({ z, info, change });
  new IntersectionObserver(([entry]) => {
    visible = entry.isIntersecting;
    if (visible) followTraining();
  }).observe($("gv-latent"));
  document.addEventListener("visibilitychange", () => { if (!document.hidden) followTraining(); });
  on("hello", hello);
  on("snapshot", followTraining);
  on("lookback", (/** @type {number | null} */ step) => {
    looksBack = step !== null;
    caption();
  });
  showControls();
}

function wireControls() {
  $("gv-random").addEventListener("click", () => change({ seed: randomInteger(MOST_SEEDS), tile: null }));
  $("gv-seed").addEventListener("input", () => {
    const seed = $("gv-seed", HTMLInputElement).valueAsNumber;
    if (isWhole(seed, 0, MOST_SEEDS - 1)) change({ seed, tile: null }, false);
  });
  keepWhole($("gv-seed", HTMLInputElement), 0, MOST_SEEDS - 1, () => (z.tile === null ? z.seed : null),
    (sentence) => text($("gv-latent-caption"), sentence));
  const psi = $("gv-psi", HTMLInputElement);
  psi.addEventListener("input", () => change({ psi: psi.valueAsNumber }));
  $("gv-latent-reset").addEventListener("click", () =>
    change({ directions: {}, raw: {}, psi: 1 }));
  $("gv-latent-explore").addEventListener("click", exploreOn);
}

/** Open this seed, class and truncation in the tab Explore. */
function exploreOn() {
  const parts = [`seed-${z.seed}`, z.class === null ? "" : `class-${z.class}`, `psi-${z.psi ?? 1}`];
  route.set({ at: now.run?.id ?? null, z: parts.filter(Boolean).join("_"), base: null });
  // where the tab has been opened before, it does not read the address again
  emit("explore-go", { run: now.run?.id ?? null, seed: z.seed, y: z.class, psi: z.psi ?? 1 });
  tab("explore");
}

function hello({ run, sameRun }) {
  info.kind = run?.spec?.kind ?? "images";
  if (sameRun) return;
  generation += 1;
  shownVersion = 0;
  info.ready = false;
  clearPicture();
  reserveSliders(Number(run?.config.latent_dim ?? DIRECTIONS));
  $("gv-latent").dataset.ready = "no";
  text($("gv-latent-wait"), info.kind === "points"
    ? "A ring in the plane marks G(z), once the generator has been copied."
    : "The generator's picture appears here with the first snapshot.");
}

/** The picture of an earlier run says nothing about this one. */
function clearPicture() {
  const canvas = $("gv-latent-canvas", HTMLCanvasElement);
  Object.assign(canvas, { width: 1, height: 1 });
  delete canvas.dataset.version;
  canvas.setAttribute("aria-label", "No picture yet");
  shownStep = null;
  caption();
}

/** Which generator drew the picture: it is the newest one, whatever step the grid looks back to. */
function caption() {
  const step = shownStep === null ? "" : `G(z) at step ${count(shownStep)}`;
  // of points the plane shows them, which looks back
  text($("gv-latent-newest"), looksBack && info.kind === "points" ? "of the newest step" : "");
  text($("gv-latent-caption"), step && looksBack ? `${step}, the newest: it does not look back` : step);
}

/** The snapshot got better: draw the same z again, sometimes, and only where it is seen. */
function followTraining() {
  clearTimeout(timer);
  if (!visible || document.hidden || !canRequest()) return;
  if (info.ready && now.snapshot === shownVersion) return;
  const wait = lastRequest + LATENT_REFRESH - performance.now();
  if (wait > 0) timer = setTimeout(followTraining, wait);
  else requestPicture();
}

/**
 * Change z and request its picture.
 * @param {Partial<Latent>} part
 */
export function change(part, redraw = true) {
  Object.assign(z, part);
  storage.set("z", z, sessionStorage);
  stats.moved = performance.now();
  emit("showing", { latent: z });
  if (redraw) showControls();
  requestPicture();
}

/** What the server needs to draw a z; entries at zero are left out. */
export function asRequest(from = z) {
  const moved = (/** @type {Record<string, number>} */ table, /** @type {number} */ size) =>
    Object.fromEntries(Object.entries(table)
      .filter(([index, value]) => value !== 0 && (!info.ready || Number(index) < size)));
  const tile = tileOf(from);
  return {
    seed: from.seed, ...(tile === null ? {} : { tile }), class: info.conditional ? from.class ?? 0 : null,
    directions: moved(from.directions, info.directions.length),
    raw: moved(from.raw, info.latent_dim), psi: from.psi,
  };
}

/** The tile whose z stands for the seed's: one of the run that is shown. @param {Latent} from */
const tileOf = ({ tile = null, run }) => (run === now.run?.id ? tile : null);

/** There is a generator that draws pictures. */
const canRequest = () => now.run && now.snapshot > 0;

async function requestPicture() {
  wanted = true;
  if (busy || !canRequest()) return;
  busy = true;
  while (wanted) {
    wanted = false;
    lastRequest = performance.now();
    await updatePicture(stats.moved, generation);
  }
  busy = false;
}

/** Fetch and paint the picture of z as it is now, for the run that `mine` counts. */
async function updatePicture(moved, mine) {
  try {
    if (!info.ready) await readInfo();
    if (mine !== generation) return;
    if (info.kind === "points") return await updatePoint(moved, mine);
    const picture = await fetchPicture("gv/latent", { ...asRequest(), page: PAGE });
    if (mine !== generation) return;
    const order = (requested += 1);
    const show = () => {
      if (mine === generation && order > painted) paint(picture, moved, order);
    };
    // the person who moved waits for it
    if (moved !== stats.latent?.moved) show();
    else draw("latent", show);
  } catch (problem) {
    if (mine !== generation) return;
    showProblem(/** @type {Error} */ (problem));
    // a run that is paused sends no news that would ask again, and what is shown is not of this z
    shownVersion = 0;
    clearTimeout(timer);
    timer = setTimeout(followTraining, ASK_AGAIN);
  }
}

/** Of points there is no picture: the plane marks where z lies. */
async function updatePoint(moved, mine) {
  const version = now.snapshot;
  const answer = await post("gv/latent", { ...asRequest(), run: now.run?.id, page: PAGE });
  if (mine !== generation) return;
  if (!answer.ok) throw new Error(answer.sentence);
  shownVersion = version;
  stats.latent = { version, moved, shown: performance.now() };
  emit("latent-point", { x: answer.points[0][0], y: answer.points[0][1] });
  followTraining();
}

/** The latent explorer takes the z of a tile of the sample grid. */
export function useTile(tile, classIndex) {
  change({ tile, run: now.run?.id, class: classIndex, directions: {}, raw: {}, psi: 1 });
  $("gv-latent").scrollIntoView({ block: "nearest" });
}

/**
 * @typedef {object} Picture
 * @property {number} width
 * @property {number} height
 * @property {number} step
 * @property {number} version of the generator that drew it
 * @property {Uint8Array} rgb
 */

/**
 * Request the raw picture of `body`; throws an Error with the server's sentence.
 * @param {string} path
 * @param {object} body
 * @returns {Promise<Picture>}
 */
export const fetchPicture = (path, body) => whileLoading(readPicture(path, body));

async function readPicture(path, body) {
  const { number, bytes } = await postForBytes(path, { ...body, run: now.run?.id });
  // before a run has said what it makes, its answer may be a point
  if (!number("Width")) throw new Error("");
  return {
    width: number("Width"), height: number("Height"), step: number("Step"),
    version: number("Version"), rgb: bytes,
  };
}

async function readInfo() {
  const mine = generation;
  const answer = await get(`gv/latent/info?run=${encodeURIComponent(now.run?.id ?? "")}`);
  if (mine !== generation) throw new Error(""); // another run is shown by now: this says nothing about it
  if (!answer.ok) throw new Error(answer.sentence);
  if (!answer.version) throw new Error("");
  Object.assign(info, answer, { ready: true });
  if (!info.conditional) z.class = null;
  else z.class = Math.min(z.class ?? 3, info.classes.length - 1);
  makeSliders(info.directions);
  makeClasses();
  $("gv-latent").dataset.ready = "yes";
  showControls();
  emit("latent-ready", info);
}

/** @param {Picture} picture */
function paint(picture, moved, order) {
  painted = order;
  const canvas = $("gv-latent-canvas", HTMLCanvasElement);
  paintRgb(canvas, picture);
  const box = Math.min(canvas.parentElement?.clientWidth ?? LARGEST, LARGEST);
  const width = picture.width <= box ? Math.floor(box / picture.width) * picture.width : box;
  canvas.style.width = `${width}px`;
  canvas.classList.toggle("gv-smooth", picture.width > 40);
  const tile = tileOf(z);
  const from = tile === null ? `seed ${z.seed}` : `tile ${tile + 1}`;
  const what = info.conditional ? `class ${info.classes[asRequest().class ?? 0]}, ` : "";
  canvas.setAttribute("aria-label", `Generated picture, ${what}${from}, step ${picture.step}`);
  shownStep = picture.step;
  caption();
  shownVersion = picture.version;
  canvas.dataset.version = String(picture.version);
  canvas.dataset.shown = String((Number(canvas.dataset.shown) || 0) + 1);
  stats.latent = { version: picture.version, moved, shown: performance.now() };
  followTraining();
}

/** @param {Error} problem */
function showProblem(problem) {
  const words = problem.name === "TimeoutError"
    ? "The server took too long; it is asked again." : problem.message;
  if (words) text($(info.ready ? "gv-latent-caption" : "gv-latent-wait"), words);
}

/**
 * Sliders of a z of so many entries, before its directions are known: nothing moves when they are.
 * @param {number} entries
 */
function reserveSliders(entries) {
  makeSliders(Array.from({ length: entries }, (_, index) =>
    ({ index, label: `Direction ${index + 1}` })));
}

function makeSliders(directions) {
  sliders = directions.slice(0, DIRECTIONS).map(({ index, label }) => slider(label, {
    value: z.directions[index] ?? 0, span: SPAN, attributes: { "data-direction": index },
    onMove: (value) => change({ directions: { ...z.directions, [index]: value } }, false),
  }));
  $("gv-sliders").replaceChildren(...sliders.map(({ row }) => row));
}

function makeClasses() {
  const box = $("gv-classes");
  box.hidden = !info.conditional;
  box.replaceChildren(...(info.conditional ? info.classes : []).map((name, index) => el("button", {
    type: "button", role: "radio", "data-class": index, "aria-checked": false,
    title: `Draw a ${name}`, onclick: () => change({ class: index }),
  }, name)));
  box.onkeydown = (event) => {
    const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = ((z.class ?? 0) + step + info.classes.length) % info.classes.length;
    change({ class: next });
    /** @type {HTMLElement} */ (box.children[next]).focus();
  };
}

/** Bring every control to z's values. */
function showControls() {
  draw("latent-controls", () => {
    const seed = $("gv-seed", HTMLInputElement);
    const tile = tileOf(z);
    seed.title = tile === null ? "" : `The z of tile ${tile + 1} of the sample grid; a seed replaces it.`;
    if (document.activeElement !== seed) seed.value = tile === null ? String(z.seed) : "";
    const psi = $("gv-psi", HTMLInputElement);
    psi.value = String(z.psi);
    fillTrack(psi);
    text(psi.nextElementSibling, psi.valueAsNumber.toFixed(2));
    for (const { input, set } of sliders) set(z.directions[input.dataset.direction ?? ""] ?? 0);
    findAll("button", $("gv-classes")).forEach((button, index) => {
      button.setAttribute("aria-checked", String(index === z.class));
      button.tabIndex = index === z.class ? 0 : -1;
    });
    emit("z-changed");
  });
}
