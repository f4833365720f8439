// @ts-check
// The plane of samples in the lab: layers that its legend switches, a view that is moved and
// magnified, what lies under the pointer, and a way back in time.

import { $, el, find, findAll, text } from "../lib/dom.js";
import { count, figure } from "../lib/format.js";
import { LAB_FRAME, LAB_IDLE_RATIO } from "../lib/pacing.js";
import { post } from "../lib/request.js";
import { fillTrack } from "../lib/slider.js";
import { storage } from "../lib/storage.js";
import { now, on, stats } from "../lib/stream.js";
import { current, onTab } from "../lib/tabs.js";
import { takenPlane } from "../train/scatter.js";
import { animation } from "./animation.js";
import { meanLength } from "./layers.js";
import * as measures from "./measures.js";
import { ARROW_ROLES, fakeAt, held, judge, moving, paint, replay, shownLosses, take, verdictAt } from "./plane_view.js";
import { forgetSheets } from "./sheets.js";
import { WHOLE, moved, zoomed } from "./viewport.js";

const LAYERS = [
  ["real", "Real", "Samples of the data, as rings."],
  ["fake", "Generated", "What G makes of the same latents, again and again, as crosses."],
  ["trail", "trails", "Where the generated points came from: their last eight places."],
  ["d", "D's verdict", "Green where D takes samples for real, purple where it takes them for generated, with contours; where D is nearly nowhere sure the colours show little differences."],
  ["arrows", "G's push", "Where one step down the chosen loss of G would move each generated point: minus its gradient there."],
  ["manifold", "G's grid", "An even grid of latents (of more than two numbers the first two, the others 0), bent by G. Each cell holds the same share of the latents: small cells are dense."],
  ["density", "densities", "Where real and generated points lie dense."],
];
const SMALLEST = 60;
const LARGEST = 640;
/** px of the window that the canvas leaves to what stands around it. */
const AROUND = 330;
const LEAST = 300;
const STEP = 1.5;
const OWN = "own";
const NO_POINTS = "No points yet";
const NO_D = "A VAE has no discriminator: no verdict, and nothing that pushes its samples.";
const PACKED = "This D judges several samples at once, so that none of them has a push of its own.";

/** @type {Record<string, boolean>} */
const layers = { real: true, fake: true, trail: false, d: true, arrows: true, manifold: false, density: false, ...storage.get("lab-layers") };
/** @type {number[][] | null} */
let latents = null;
/** The pointer's place on the canvas. @type {{x: number, y: number} | null} */
let pointer = null;

/** @param {HTMLElement} section */
export function start(section) {
  section.append(
    el("header", { class: "gv-card-head" }, el("h2", {}, "The plane"), el("span", { class: "gv-caption", id: "gv-lab-step" }),
      el("span", { class: "gv-spring" }), zoomButtons()),
    legend(),
    el("div", { class: "gv-lab-stage" }, el("canvas", { id: "gv-lab-plane", role: "img", tabindex: "0", "aria-label": NO_POINTS })),
    el("p", { class: "gv-caption gv-lab-at", id: "gv-lab-at" }),
    key(), arrowRow(),
    el("p", { class: "gv-note", id: "gv-lab-why", hidden: true }),
    el("div", { class: "gv-scrub" }, el("input", { type: "range", id: "gv-lab-scrub", min: 0, max: 0, value: 0, "aria-label": "Step that is drawn", oninput: lookBack }),
      el("button", { type: "button", class: "gv-button gv-small", id: "gv-lab-newest", onclick: () => $("gv-live").click() }, "Newest")),
  );
  measures.start(section);
  listen($("gv-lab-plane", HTMLCanvasElement));
  new ResizeObserver(() => wake(true)).observe(find(section, ".gv-lab-stage"));
  on("plane-taken", newPlane);
  on("theme", () => { forgetSheets(); judge(); wake(true); });
  on("hello", hello);
  on("measured", (kind) => { if (kind === null || kind === "scatter") wake(true); });
  on("lab-shown", ({ recording, sub }) => {
    if (!sub && !held.replayed) return;
    replay(recording, sub);
    stepInWords();
    wake(true);
  });
  onTab(() => wake(true));
  hello({ sameRun: false });
  take(takenPlane());
  show();
  wake(true);
}

/** @param {{sameRun: boolean}} message */
function hello({ sameRun }) {
  $("gv-lab-canvas").hidden = now.run?.spec?.kind !== "points";
  if (sameRun) return;
  latents = null;
  held.view = WHOLE;
  take(null);
  held.at = null;
  show();
  const canvas = $("gv-lab-plane", HTMLCanvasElement);
  canvas.getContext("2d")?.clearRect(0, 0, canvas.width, canvas.height);
  canvas.setAttribute("aria-label", NO_POINTS);
  delete canvas.dataset.step;
  wake(true);
}

/** @param {import("../lib/plane_data.js").Plane} plane */
function newPlane(plane) {
  take(plane);
  show();
  wake(true);
}

// -- what stands around the canvas

function legend() {
  return el("div", { class: "gv-legend gv-lab-legend", role: "group", "aria-label": "Layers of the plane" },
    ...LAYERS.map(([name, label, words]) => el("button", {
      type: "button", class: "gv-key", "data-layer": name, "aria-pressed": String(layers[name]), "data-tip": words,
      onclick: (/** @type {Event} */ { currentTarget }) => toggle(name, /** @type {Element} */ (currentTarget)),
    }, el("i"), label)));
}

/** @param {string} name @param {Element} button */
function toggle(name, button) {
  layers[name] = !layers[name];
  button.setAttribute("aria-pressed", String(layers[name]));
  storage.set("lab-layers", layers);
  if (name === "manifold" && layers.manifold && !matchMedia("(prefers-reduced-motion: reduce)").matches) held.unfolded = performance.now();
  show();
  wake(true);
}

/** The key of D's verdict: what the ends of the colours stand for. */
function key() {
  return el("div", { class: "gv-lab-key", id: "gv-lab-key", hidden: true }, el("span", {}, "generated"), el("b"), el("i", {}, el("u")), el("b"),
    el("span", {}, "real"));
}

function arrowRow() {
  return el("div", { class: "gv-lab-arrows", id: "gv-lab-arrows", hidden: true },
    el("label", { class: "gv-inline" }, "Push of ", el("select", { id: "gv-lab-loss", onchange: chooseLoss })),
    el("p", { class: "gv-caption", id: "gv-lab-pushes" }));
}

function chooseLoss() {
  const { value } = $("gv-lab-loss", HTMLSelectElement);
  held.loss = value === OWN ? null : value;
  show();
  wake(true);
}

function zoomButtons() {
  const button = (/** @type {string} */ words, /** @type {string} */ label, /** @type {() => void} */ act) =>
    el("button", { type: "button", class: "gv-button gv-small", "aria-label": words, "data-tip": words, onclick: act }, label);
  return el("span", { class: "gv-lab-zoom" }, button("Magnify", "+", () => zoom(STEP)), button("Show more", "−", () => zoom(1 / STEP)),
    button("Show all", "1:1", () => { held.view = WHOLE; wake(true); }));
}

/** All words that follow from the plane. */
function show() {
  const { plane, scale } = held;
  stepInWords();
  reserve($("gv-lab-key"), layers.d, Boolean(scale));
  if (scale) {
    const [low, high] = findAll("#gv-lab-key b");
    text(low, figure(scale.low));
    text(high, figure(scale.high));
  }
  showArrows();
  scrubber();
  const why = !plane || plane.arrows ? "" : plane.surface ? PACKED : NO_D;
  text($("gv-lab-why"), why);
  $("gv-lab-why").hidden = !why;
  for (const [name, missing] of [["d", plane && !plane.surface], ["arrows", plane && !plane.arrows]]) {
    find($("gv-lab-canvas"), `[data-layer=${name}]`, HTMLButtonElement).disabled = Boolean(missing);
  }
}

/**
 * What is wanted stands there where the plane has it; before there is a plane its place is kept, or all
 * below would move when that comes.
 * @param {HTMLElement} place
 * @param {boolean} wanted
 * @param {boolean} has
 */
function reserve(place, wanted, has) {
  place.hidden = !wanted || Boolean(held.plane && !has);
  place.toggleAttribute("data-reserved", !has);
}

/** Which step is drawn; D's verdict and the grid are of the newest picture also while a step is replayed. */
function stepInWords() {
  const { plane, replayed } = held;
  const drawn = replayed ? `step ${count(replayed.step)}, replayed` : plane ? `step ${count(plane.step)}` : "";
  const other = replayed && plane && plane.step !== replayed.step ? `; D's verdict of step ${count(plane.step)}` : "";
  text($("gv-lab-step"), drawn + other);
  $("gv-lab-canvas").dataset.parts = replayed?.parts.join(" ") ?? "";
}

/** Which losses can be chosen, and how strong each pushes on average. */
function showArrows() {
  const arrows = held.plane?.arrows;
  reserve($("gv-lab-arrows"), layers.arrows, Boolean(arrows));
  if (!arrows) return;
  const names = Object.keys(arrows.pushes);
  const select = $("gv-lab-loss", HTMLSelectElement);
  if (select.dataset.names !== names.join()) {
    select.dataset.names = names.join();
    select.replaceChildren(el("option", { value: OWN }, `this run's loss (${labelOf(arrows.own)})`),
      ...names.slice(1).map((name) => el("option", { value: name }, labelOf(name))), el("option", { value: "all" }, "all of them"));
  }
  const drawn = shownLosses();
  $("gv-lab-pushes").replaceChildren("Mean length: ", ...names.flatMap((name, i) => [
    el("b", { "data-role": drawn.includes(name) ? ARROW_ROLES[i] : "" }, `${labelOf(name)} ${figure(meanLength(arrows.pushes[name]))}`),
    i < names.length - 1 ? ", " : ". "]));
}

/** @param {string} name of an objective */
const labelOf = (name) => window.gvFacts.fields.objective.choices
  .find((/** @type {[string, string]} */ [, value]) => value === name)?.[0] ?? name;

/** The scrubber is Train's: one place in time for the whole page. */
function scrubber() {
  const [mine, theirs] = [$("gv-lab-scrub", HTMLInputElement), $("gv-scrub", HTMLInputElement)];
  Object.assign(mine, { max: theirs.max, value: theirs.value, disabled: theirs.disabled });
  fillTrack(mine);
}

function lookBack() {
  const theirs = $("gv-scrub", HTMLInputElement);
  theirs.value = $("gv-lab-scrub", HTMLInputElement).value;
  theirs.dispatchEvent(new Event("input"));
}

// -- the pointer

/** @param {HTMLCanvasElement} canvas */
function listen(canvas) {
  /** @type {{x: number, y: number} | null} */
  let grip = null;
  canvas.addEventListener("pointerdown", (event) => { grip = placeOf(event); canvas.setPointerCapture(event.pointerId); });
  canvas.addEventListener("pointermove", (event) => {
    pointer = placeOf(event);
    if (grip && held.view.zoom > 1) {
      held.view = moved(held.view, canvas.clientWidth, pointer.x - grip.x, pointer.y - grip.y);
      grip = pointer;
      wake(true);
    }
    describePlace();
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { grip = null; });
  canvas.addEventListener("pointerleave", () => { pointer = null; describePlace(); });
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(event.deltaY < 0 ? STEP : 1 / STEP, placeOf(event));
  }, { passive: false });
  canvas.addEventListener("keydown", byKey);
  canvas.addEventListener("pointerenter", fetchLatents);
}

/** @param {MouseEvent} event */
const placeOf = ({ offsetX, offsetY }) => ({ x: offsetX, y: offsetY });

/** @param {number} factor @param {{x: number, y: number}} [place] */
function zoom(factor, place) {
  const canvas = $("gv-lab-plane", HTMLCanvasElement);
  const side = canvas.clientWidth;
  held.view = zoomed(held.view, factor, side, place ?? { x: side / 2, y: side / 2 });
  canvas.toggleAttribute("data-moves", held.view.zoom > 1);
  wake(true);
}

/** @param {KeyboardEvent} event */
function byKey(event) {
  const shift = /** @type {Record<string, number[]>} */ ({ ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] })[event.key];
  const factor = /** @type {Record<string, number>} */ ({ "+": STEP, "=": STEP, "-": 1 / STEP })[event.key];
  if (factor) zoom(factor);
  else if (shift) held.view = moved(held.view, $("gv-lab-plane").clientWidth, shift[0], shift[1]);
  else return;
  event.preventDefault();
  wake(true);
}

/** What lies under the pointer: D's verdict there, and of a fake its latent. */
function describePlace() {
  const { at } = held;
  if (!pointer || !at) return text($("gv-lab-at"), "");
  const fake = fakeAt(pointer.x, pointer.y);
  const [x, y] = [at.ux(pointer.x), at.uy(pointer.y)];
  const verdict = verdictAt(x, y);
  const judged = verdict === null ? "" : `, D says ${figure(verdict)}`;
  const z = fake >= 0 && latents?.[fake] ? `; generated from z = (${latents[fake].map((value) => value.toFixed(2)).join(", ")})` : "";
  text($("gv-lab-at"), `(${x.toFixed(2)}, ${y.toFixed(2)})${judged}${z}`);
}

/** The latents of the fakes, once a run. */
async function fetchLatents() {
  if (latents || !now.run) return;
  latents = [];
  const { id } = now.run;
  const answer = await post("gv/lab/latents", { run: id });
  if (now.run?.id === id) latents = answer.ok ? answer.z : null;
}

// -- drawing

const visible = () => current() === "lab" && !document.hidden && !$("gv-lab-canvas").hidden;

const wake = animation(frame, LAB_FRAME);
/** How long the last drawing took, ms: of two the shorter counts, as a hiccup is no slow machine. */
let took = 0;

/** Draw; while something moves, ms to the next drawing. */
function frame() {
  if (!visible()) return null;
  const began = performance.now();
  const stage = find($("gv-lab-canvas"), ".gv-lab-stage");
  const side = Math.floor(Math.min(stage.clientWidth, LARGEST, Math.max(LEAST, innerHeight - AROUND)));
  const canvas = $("gv-lab-plane", HTMLCanvasElement);
  if (side < SMALLEST) return null;
  canvas.style.width = canvas.style.height = `${side}px`; // before there is a plane, too: else all below it would move
  if (!paint(canvas, side, layers)) return null;
  note(canvas);
  const before = took;
  took = performance.now() - began;
  return moving() ? Math.max(LAB_FRAME, LAB_IDLE_RATIO * Math.min(took, before)) : null;
}

/** For a screen reader, tests and benchmarks. @param {HTMLCanvasElement} canvas */
function note(canvas) {
  const step = held.plane?.step ?? 0;
  if (canvas.dataset.step !== String(step)) {
    canvas.dataset.step = String(step);
    canvas.setAttribute("aria-label", `${held.plane?.fake.x.length} generated points at step ${step}, beside real ones`);
    stats.lab = { ...stats.lab, step, at: Date.now() / 1000 };
  }
  stats.lab = { ...stats.lab, frames: (stats.lab?.frames ?? 0) + 1 };
}
