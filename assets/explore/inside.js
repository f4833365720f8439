// @ts-check
// Inside the generator, at this z: what each layer makes of it, units that are switched off, which
// units draw a stroke, and a handle that takes a part of the picture along.

import { el, findAll, text } from "../lib/dom.js";
import { counted } from "../lib/format.js";
import { showNotice } from "../lib/library.js";
import { context } from "../lib/pictures.js";
import { refill } from "../lib/refill.js";
import { post, postForLines } from "../lib/request.js";
import { fromText } from "../latent/vectors.js";
import { fetchPictures, paintSample, pictureOf, samplesBody } from "./draw.js";
import { current, explored, latent, toVector, whenRests } from "./state.js";

export const label = "Inside";
export const why = "What each layer of the generator makes of this z";
export const fits = () => (explored.source?.kind === "points" ? "points" : "");

const REST = 150;
const MOST_EDITS = 64;
const MODES = {
  units: ["Which unit draws this?", "Click a place in the picture: the units of the chosen layer are ranked by what their absence changes there."],
  drag: ["Drag it", "Press on a part of the picture and pull it to where it shall go: z follows."],
};

/** @type {Record<string, any>} */
let parts = {};
/** @type {{name: string, units: number, side: [number, number], order: number[], maps: string}[]} */
let layers = [];
let chosen = "";
let mode = "units";
/** What units are multiplied by: 0 is off, 2 is up. @type {Map<string, number>} */
const edits = new Map();
let asking = 0;
/** Refreshes at once. */
let refreshWhenRested = () => {};
/** Where a handle was taken. @type {[number, number] | null} */
let grip = null;
/** @type {AbortController | null} */
let dragging = null;

export function make() {
  parts = {
    note: el("p", { class: "gv-note", role: "status", hidden: true }),
    canvas: el("canvas", { width: 28, height: 28, class: "gv-inside-picture", role: "img", "aria-label": "The picture, with some units changed", onpointerdown: press, onpointerup: release }),
    modes: el("div", { class: "gv-switch", role: "group", "aria-label": "What a click in the picture does" },
      ...Object.entries(MODES).map(([name, [words, title]]) => el("button", { type: "button", "data-mode": name, title, onclick: () => setMode(name) }, words))),
    say: el("p", { class: "gv-say" }),
    layers: el("div", { class: "gv-switch", role: "group", "aria-label": "Layer" }),
    maps: el("div", { class: "gv-inside-maps" }), caption: el("p", { class: "gv-caption", role: "status" }),
    all: el("button", { type: "button", class: "gv-button gv-small", onclick: () => { edits.clear(); showMaps(); drawEdited(); } }, "All units as they are"),
  };
  refreshWhenRested = whenRests(parts.maps, REST, refresh);
  return el("div", { class: "gv-inside-panel" }, parts.note,
    el("div", { class: "gv-inside-body" },
      el("div", { class: "gv-path-stage" }, parts.canvas, parts.modes, parts.say),
      el("div", {}, el("div", { class: "gv-explore-bar" }, parts.layers, parts.all),
        el("p", { class: "gv-say" }, "The strongest units first; grey is 0. Click one to switch it off, again to double it, again to leave it."),
        parts.caption, parts.maps)));
}

export function open() {
  edits.clear();
  setMode(mode);
  refreshWhenRested();
}

/** @param {string} name */
function setMode(name) {
  mode = name;
  text(parts.say, MODES[name][1]);
  for (const button of parts.modes.children) button.setAttribute("aria-pressed", String(button.dataset.mode === name));
}

const here = () => samplesBody([latent()], [explored.y ?? 0]);

async function refresh() {
  if (!explored.source || fits()) return;
  asking += 1;
  const [mine, source] = [asking, current()];
  const answer = await post("gv/explore/layers", here());
  if (mine !== asking || source !== current()) return;
  showNotice(parts.note, answer.ok ? "" : answer.sentence, true);
  if (!answer.ok) { layers = []; parts.layers.replaceChildren(); parts.maps.replaceChildren(); return; }
  layers = answer.layers;
  if (!layers.some(({ name }) => name === chosen)) chosen = layers[layers.length - 1].name;
  refill(parts.layers, () => parts.layers.replaceChildren(...layers.map(({ name, units, side }, index) => el("button", {
    type: "button", "data-layer": name, "aria-pressed": String(name === chosen),
    onclick: () => choose(name),
  }, `Layer ${index + 1}: ${units} ${side[0] > 1 ? `maps, ${side[1]} px` : "units"}`))));
  showMaps();
  drawEdited();
}

/** Show the maps of another layer: those of all have come. @param {string} name */
function choose(name) {
  chosen = name;
  for (const button of parts.layers.children) button.setAttribute("aria-pressed", String(button.dataset.layer === name));
  sayEdits();
  showMaps();
}

const keyOf = (/** @type {number} */ unit) => `${chosen}/${unit}`;

/** @param {Map<number, number>} [effects] of units, where a place was clicked */
function showMaps(effects) {
  const layer = layers.find(({ name }) => name === chosen);
  if (!layer) return;
  const bytes = Uint8Array.from(atob(layer.maps), (one) => one.charCodeAt(0));
  const [height, width] = layer.side;
  const found = layer.order.map((unit, index) => ({ unit, index }));
  if (effects) found.sort((a, b) => (effects.get(b.unit) ?? -1) - (effects.get(a.unit) ?? -1));
  const buttons = () => found.map(({ unit, index }) => {
    const canvas = el("canvas", { width, height });
    const size = width * height;
    paintSample(canvas, pictureOf(bytes.subarray(index * size, (index + 1) * size), width, height, 1));
    const factor = edits.get(keyOf(unit));
    const state = factor === undefined ? "as it is" : factor ? "doubled" : "off";
    return el("button", {
      type: "button", class: "gv-explore-cell", "data-unit": unit, "data-state": state, "aria-label": `Unit ${unit}, ${state}`,
      title: effects?.has(unit) ? `Unit ${unit}: changes ${(100 * (effects.get(unit) ?? 0)).toFixed(1)} % there` : `Unit ${unit}`,
      onclick: () => turn(unit),
    }, canvas);
  });
  refill(parts.maps, () => {
    parts.maps.replaceChildren(...buttons());
    parts.maps.dataset.drawn = String((Number(parts.maps.dataset.drawn) || 0) + 1);
  });
}

/** As it is, off, doubled, as it is. @param {number} unit */
function turn(unit) {
  const key = keyOf(unit);
  const factor = edits.get(key);
  if (factor === undefined && edits.size >= MOST_EDITS) {
    showNotice(parts.note, `At most ${MOST_EDITS} units can be changed at once.`, true);
    return;
  }
  if (factor === undefined) edits.set(key, 0);
  else if (factor === 0) edits.set(key, 2);
  else edits.delete(key);
  const node = findAll("button", parts.maps).find(({ dataset }) => dataset.unit === String(unit));
  const state = edits.has(key) ? (edits.get(key) ? "doubled" : "off") : "as it is";
  node?.setAttribute("data-state", state);
  node?.setAttribute("aria-label", `Unit ${unit}, ${state}`);
  drawEdited();
}

const sayEdits = () =>
  text(parts.caption, edits.size ? counted(edits.size, "1 unit is changed.", `${edits.size} units are changed.`) : "");

async function drawEdited() {
  const mine = asking;
  const body = [...edits].map(([key, factor]) => {
    const cut = key.lastIndexOf("/");
    return { layer: key.slice(0, cut), unit: Number(key.slice(cut + 1)), factor };
  });
  try {
    const { pictures } = await fetchPictures("edited", { ...here(), edits: body });
    if (mine === asking) paintSample(parts.canvas, pictures[0]);
    sayEdits();
  } catch (problem) {
    showNotice(parts.note, /** @type {Error} */ (problem).message, true);
  }
}

// -- clicks in the picture -------------------------------------------------------------------------

/** @param {PointerEvent} event @returns {[number, number]} row and column */
function placeOf(event) {
  const { canvas } = parts;
  const box = canvas.getBoundingClientRect();
  const at = (/** @type {number} */ share, /** @type {number} */ size) => Math.max(0, Math.min(size - 1, Math.floor(share * size)));
  return [
    at((event.clientY - box.top) / box.height, canvas.height),
    at((event.clientX - box.left) / box.width, canvas.width),
  ];
}

/** @param {PointerEvent} event */
function press(event) {
  dragging?.abort();
  grip = placeOf(event);
  parts.canvas.setPointerCapture(event.pointerId);
  mark(...grip);
}

/** @param {PointerEvent} event */
function release(event) {
  const place = placeOf(event);
  if (mode === "units") rank(...place);
  else if (grip && (grip[0] !== place[0] || grip[1] !== place[1])) dragTo(grip, place);
  grip = null;
}

/** @param {number} row @param {number} column */
function mark(row, column) {
  const pen = context(parts.canvas);
  pen.fillStyle = "#f28e2b";
  pen.fillRect(column, row, 1, 1);
}

/** @param {number} row @param {number} column */
async function rank(row, column) {
  const answer = await post("gv/explore/effects", { ...here(), layer: chosen, row, column });
  showNotice(parts.note, answer.ok ? "" : answer.sentence, true);
  if (!answer.ok) return;
  showMaps(new Map(answer.units.map(({ unit, effect }) => [unit, effect])));
  const [first] = answer.units;
  text(parts.caption, `At row ${row + 1}, column ${column + 1} unit ${first.unit} does most: without it the place changes by ${(100 * first.effect).toFixed(1)} %.`);
  parts.maps.dataset.ranked = String((Number(parts.maps.dataset.ranked) || 0) + 1);
}

/** @param {[number, number]} start @param {[number, number]} end */
async function dragTo(start, end) {
  dragging = new AbortController();
  const { signal } = dragging;
  const radius = Math.max(2, Math.round(parts.canvas.width / 9));
  const follow = (line) => {
    const vector = line.z && fromText(line.z, explored.source?.latent_dim ?? 0);
    if (line.error) showNotice(parts.note, line.error, true);
    else if (vector && !signal.aborted) toVector(vector);
  };
  try {
    await postForLines("gv/explore/drag", { ...here(), start, end, radius }, follow, signal);
    parts.canvas.dataset.dragged = String((Number(parts.canvas.dataset.dragged) || 0) + 1);
  } catch (problem) {
    if (!signal.aborted) showNotice(parts.note, /** @type {Error} */ (problem).message, true);
  }
}
