// @ts-check
// Directions to walk along: each as a filmstrip from -3 to +3 sigma through this picture, and how
// much it changes. One that is worth it gets a slider, a name, and a place beside the run.

import { on } from "../lib/bus.js";
import { el, text } from "../lib/dom.js";
import { showNotice } from "../lib/library.js";
import { refill } from "../lib/refill.js";
import { post } from "../lib/request.js";
import { resize } from "../lib/pictures.js";
import { combine, toText } from "../latent/vectors.js";
import { cellSize, drawSamples, paintCell } from "./draw.js";
import { current, directionsOf, explored, isPinned, latent, togglePin, toVector, whenRests } from "./state.js";

export const label = "Directions";
export const why = "Directions in z that change the picture: found, named, and put on sliders";

const KINDS = {
  sefa: ["SeFa", "Closed form (Shen and Zhou 2021): the directions along which the first layer reacts most."],
  pca: ["PCA", "GANSpace (Härkönen et al. 2020): principal components of the first activations, carried back to z."],
  classes: ["Classes", "From the mean z of all other samples to the mean z of a class."],
  axes: ["Axes", "A VAE's own numbers, those that say most of a sample first."],
  starred: ["Starred", "From the average z towards the mean of the starred ones."],
  kept: ["Kept", "Those that were kept with this run."],
};
const SIGMAS = [-3, -2, -1, 0, 1, 2, 3];
const GAP = 2;
/** A hand rests so long before all filmstrips are drawn again. */
const REST = 150;

let kind = "sefa";
/** @type {(import("./state.js").Direction & {change: number})[]} */
let found = [];
/** @type {Record<string, any>} */
let parts = {};
/** Names that people gave, by key. @type {Record<string, string>} */
const names = {};
let searched = "";
let drawing = 0;
/** Draws the filmstrips at once. */
let refreshWhenRested = () => {};

export function make() {
  parts = {
    kinds: el("div", { class: "gv-switch", role: "group", "aria-label": "Kind of directions" },
      ...Object.entries(KINDS).map(([name, [words, title]]) => el("button", {
        type: "button", "data-kind": name, title, onclick: () => { kind = name; find(); },
      }, words))),
    say: el("p", { class: "gv-say" }),
    note: el("p", { class: "gv-note", role: "status", hidden: true }),
    list: el("div", { class: "gv-directions", role: "list" }),
  };
  refreshWhenRested = whenRests(parts.list, REST, drawStrips);
  on("explore-pins", showPins);
  return el("div", {}, el("div", { class: "gv-explore-bar" }, parts.kinds), parts.say, parts.note, parts.list);
}

export function open() {
  for (const button of parts.kinds.children) button.hidden = !fits(button.dataset.kind);
  if (!fits(kind)) kind = "sefa";
  if (searched !== `${explored.source?.run} ${kind}`) find();
  else refreshWhenRested();
}

/** @param {string} name */
function fits(name) {
  const { source } = explored;
  if (name === "axes") return Boolean(source?.autoencoder);
  if (name === "classes") return Boolean(source && !source.conditional && source.labels.length);
  return true;
}

async function find() {
  searched = `${explored.source?.run} ${kind}`;
  for (const button of parts.kinds.children) {
    button.setAttribute("aria-pressed", String(button.dataset.kind === kind));
  }
  text(parts.say, KINDS[kind][1]);
  const [mine, of] = [current(), kind];
  parts.list.dataset.kind = "";
  try {
    const answer = await directionsOf(of);
    if (mine !== current() || of !== kind) return;
    found = answer;
    showNotice(parts.note, found.length || of !== "kept" ? "" : "Nothing is kept with this run yet: name a direction and keep it.");
  } catch (problem) {
    if (mine !== current() || of !== kind) return;
    found = [];
    showNotice(parts.note, /** @type {Error} */ (problem).message, true);
  }
  makeRows();
  parts.list.dataset.kind = of;
  refreshWhenRested();
}

function makeRows() {
  const most = Math.max(...found.map(({ change }) => change), 1e-9);
  refill(parts.list, () => {
    parts.list.replaceChildren(...found.map((direction) => row(direction, direction.change / most)));
    showPins();
  });
}

/** @param {import("./state.js").Direction & {change: number}} direction @param {number} share */
function row(direction, share) {
  const name = el("input", {
    class: "gv-input", value: nameOf(direction), "aria-label": `Name of ${direction.label}`, maxlength: 60,
    onchange: () => { names[direction.key] = name.value; },
  });
  const strip = el("canvas", { class: "gv-explore-strip", role: "img", "aria-label": `${direction.label}, from -3 to +3 sigma` });
  strip.addEventListener("click", (event) => {
    const at = Math.min(6, Math.floor((7 * event.offsetX) / strip.clientWidth));
    toVector(combine([[1, latent()], [SIGMAS[at], direction.vector]], direction.vector.length));
  });
  const amount = explored.source?.kind === "images" ? `${(100 * direction.change).toFixed(1)} %` : direction.change.toFixed(2);
  return el("div", { class: "gv-direction", role: "listitem", "data-key": direction.key },
    el("div", { class: "gv-direction-head" }, name,
      el("button", { type: "button", class: "gv-button gv-small", "data-act": "pin", onclick: () => togglePin({ ...direction, label: nameOf(direction) }) }, "Slider"),
      el("button", { type: "button", class: "gv-button gv-small", "data-act": "keep", onclick: () => keepOrForget(direction) }, kind === "kept" ? "Take away" : "Keep")),
    strip,
    el("div", { class: "gv-direction-change", title: "How far a pixel goes on average between -1 and +1 sigma, as a share of black to white" },
      el("i", { style: `width: ${Math.round(60 * share)}%` }), el("span", {}, amount)));
}

/** @param {import("./state.js").Direction} direction */
const nameOf = ({ key, label: words }) => names[key] ?? words;

function showPins() {
  for (const direction of found) {
    const button = parts.list?.querySelector(`[data-key="${direction.key}"] [data-act=pin]`);
    button?.setAttribute("aria-pressed", String(isPinned(direction)));
  }
}

/** @param {import("./state.js").Direction} direction */
async function keepOrForget(direction) {
  const forget = kind === "kept";
  const answer = await post("gv/explore/keep", {
    run: explored.source?.run, kind: "directions", name: forget ? direction.label : nameOf(direction), forget,
    content: forget ? {} : { vector: toText([direction.vector]), step: explored.source?.step, found: kind },
  });
  showNotice(parts.note, answer.sentence, !answer.ok);
  if (answer.ok && forget) find();
}

/** All filmstrips through the point as it is now. */
async function drawStrips() {
  // those of another source or kind are on their way
  if (!parts.list.dataset.kind || !found.length || !explored.source) return;
  drawing += 1;
  const mine = drawing;
  const z = latent();
  const [width, height] = cellSize();
  const sheets = [...parts.list.querySelectorAll("canvas")];
  for (const sheet of sheets) resize(sheet, SIGMAS.length * (width + GAP) - GAP, height);
  const vectors = found.flatMap(({ vector }) =>
    SIGMAS.map((sigma) => combine([[1, z], [sigma, vector]], z.length)));
  try {
    await drawSamples(vectors, vectors.map(() => explored.y), (index, sample) => {
      const sheet = sheets[Math.floor(index / SIGMAS.length)];
      if (sheet) paintCell(sheet, sample, (index % SIGMAS.length) * (width + GAP), 0);
    }, () => mine === drawing);
    if (mine === drawing) parts.list.dataset.drawn = String((Number(parts.list.dataset.drawn) || 0) + 1);
  } catch (problem) {
    if (mine === drawing) showNotice(parts.note, /** @type {Error} */ (problem).message, true);
  }
}
