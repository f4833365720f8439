// @ts-check
// The game as a graph: noise -> G -> fakes -> D <- reals, the two losses, and the gradients that flow
// back. Each part is a button that opens what it is made of; the lines between them are drawn to fit.

import { el, text } from "../lib/dom.js";
import { brief, count, counted } from "../lib/format.js";
import { draw } from "../lib/schedule.js";
import { svg } from "../lib/svg.js";
import { mean } from "./moves.js";
import { drawLosses, drawNoise, drawSamples, drawScores } from "./miniatures.js";

/** @typedef {import("./recordings.js").Recording} Recording */
/** @typedef {import("./recordings.js").Move} Move */

/** @type {Record<string, {label: string, role: string, picture: boolean}>} */
export const NODES = {
  noise: { label: "Noise z", role: "g", picture: true },
  generator: { label: "Generator G", role: "g", picture: false },
  fakes: { label: "Fakes G(z)", role: "fake", picture: true },
  reals: { label: "Reals x", role: "real", picture: true },
  discriminator: { label: "Discriminator D", role: "d", picture: true },
  "d-loss": { label: "D's loss", role: "d", picture: true },
  "g-loss": { label: "G's loss", role: "g", picture: true },
};

/** @type {Record<string, {from: string, to: string, back?: boolean, role: string}>} */
const EDGES = {
  "noise-generator": { from: "noise", to: "generator", role: "g" },
  "generator-fakes": { from: "generator", to: "fakes", role: "fake" },
  "fakes-discriminator": { from: "fakes", to: "discriminator", role: "fake" },
  "reals-discriminator": { from: "reals", to: "discriminator", role: "real" },
  "discriminator-d-loss": { from: "discriminator", to: "d-loss", role: "d" },
  "discriminator-g-loss": { from: "discriminator", to: "g-loss", role: "g" },
  "d-loss-back": { from: "d-loss", to: "discriminator", back: true, role: "d" },
  "g-loss-back": { from: "g-loss", to: "discriminator", back: true, role: "g" },
  "fakes-back": { from: "fakes", to: "generator", back: true, role: "g" },
};
const OPENS = "What it is made of, and what a new run can begin with";
/** px between a line and the gradient that flows against it. */
const APART = 9;
/** px of a box's side that no line leaves from: it is round there. */
const CORNER = 14;

/** @type {HTMLElement} */
let box;
/** @type {Record<string, HTMLElement>} */
const nodes = {};
/** @type {Record<string, Element>} */
let lines = {};
/** @type {Recording | null} */
let recording = null;
/** The parts that take part in what is shown; null: all of them. @type {string[] | null} */
let active = null;

/**
 * Build the graph in `place`; `open` is called with the part that a person opens.
 * @param {HTMLElement} place
 * @param {(part: string) => void} open
 */
export function start(place, open) {
  box = place;
  for (const [name, { label, role, picture }] of Object.entries(NODES)) {
    const button = el("button", { type: "button", "data-part": name, title: OPENS, "aria-expanded": "false", "aria-controls": "gv-lab-part", onclick: () => open(name) }, label);
    nodes[name] = el("div", { class: "gv-lab-node", "data-part": name, "data-role": role }, button,
      ...(picture ? [el("canvas", { role: "img", "aria-label": nothingOf(name) })] : []),
      el("p", { class: "gv-lab-value" }));
  }
  box.append(svg("svg", { class: "gv-lab-edges", "aria-hidden": "true" }), ...Object.values(nodes));
  new ResizeObserver(() => draw("lab-edges", connect)).observe(box);
}

/** The element of a part, for what others put into it. @param {string} name */
export const node = (name) => nodes[name];

/** Mark the part whose details are open. @param {string} name */
export function markOpen(name) {
  for (const one of Object.values(nodes)) {
    one.firstElementChild?.setAttribute("aria-expanded", String(one.dataset.part === name));
  }
}

/**
 * Show a recorded step; `parts`: those that take part now, null all.
 * @param {Recording | null} step
 * @param {string[] | null} [parts]
 */
export function show(step, parts = null) {
  recording = step;
  active = parts;
  draw("lab-graph", paint);
}

function paint() {
  for (const [name, one] of Object.entries(nodes)) dim(one, name);
  for (const [name, line] of Object.entries(lines)) dim(line, name);
  const values = recording ? valuesOf(recording) : {};
  for (const name of Object.keys(nodes)) text(nodes[name].querySelector(".gv-lab-value"), values[name] ?? "");
  labelEdges();
  if (!recording) return wipe();
  drawNoise(canvasOf("noise"), recording);
  drawSamples(canvasOf("fakes"), recording, "fake", active?.includes("fakes-back") ?? false);
  drawSamples(canvasOf("reals"), recording, "real");
  drawScores(canvasOf("discriminator"), recording, active);
  drawLosses(canvasOf("d-loss"), recording, "discriminator");
  drawLosses(canvasOf("g-loss"), recording, "generator");
  for (const [name, words] of Object.entries(described(recording))) canvasOf(name).setAttribute("aria-label", words);
}

/** @param {string} name */
const nothingOf = (name) => `${NODES[name].label}: no step yet`;

/** Nothing is left of a run that is no longer shown; G's grid goes by itself. */
function wipe() {
  for (const name of ["noise", "fakes", "reals", "discriminator", "d-loss", "g-loss"]) {
    const canvas = canvasOf(name);
    canvas.getContext("2d")?.clearRect(0, 0, canvas.width, canvas.height);
    canvas.setAttribute("aria-label", nothingOf(name));
  }
}

/** @param {string} name */
const canvasOf = (name) => /** @type {HTMLCanvasElement} */ (nodes[name].querySelector("canvas"));

/** @param {Element} element @param {string} name */
function dim(element, name) {
  element.toggleAttribute("data-dim", Boolean(active && !active.includes(name)));
  element.toggleAttribute("data-active", Boolean(active?.includes(name)));
}

/** The figures that stand in the parts. @param {Recording} step @returns {Record<string, string>} */
function valuesOf({ moves, kind }) {
  const { discriminator: d, generator: g } = moves;
  const points = kind === "points";
  return {
    ...samplesOf(d ?? g, d, points),
    generator: moved(g),
    discriminator: moved(d),
    "d-loss": brief(d?.loss),
    "g-loss": brief(g?.loss),
  };
}

/** What a player did, and what it is made of. @param {Move | undefined} move */
const moved = (move) => (move
  ? `${counted(move.layers?.length ?? 0, "1 layer", `${count(move.layers?.length ?? 0)} layers`)}\nmoved ${brief(move.update)}` : "held still");

/** @param {Move} any @param {Move | undefined} d @param {boolean} points */
const samplesOf = (any, d, points) => ({
  noise: `z =\n${numbers(any.z)}`,
  fakes: points ? `x =\n${numbers(any.fake)}` : `${any.n} of them`,
  reals: points ? `x =\n${numbers(d?.real)}` : "",
});

/** The first two numbers of a sample, as people write them. @param {ArrayLike<number> | undefined} values */
const numbers = (values) => (values?.length
  ? `(${Array.from({ length: Math.min(2, values.length) }, (_, index) => values[index].toFixed(2)).join(", ")})` : "–");

/** What a screen reader says of each picture. @param {Recording} step @returns {Record<string, string>} */
function described({ moves, step }) {
  const { discriminator: d, generator: g } = moves;
  const { n, real_scores: real, fake_scores: fake } = d ?? g;
  return {
    noise: `${n} latents of step ${step}`,
    fakes: `${n} fakes of step ${step}`,
    reals: `${d?.n ?? 0} reals of step ${step}`,
    discriminator: `D's scores: ${brief(mean(real))} for reals, ${brief(mean(fake))} for fakes, on average`,
    "d-loss": `D's loss ${brief(d?.loss)}`,
    "g-loss": `G's loss ${brief(g?.loss)}`,
  };
}

// -- lines between the parts ---------------------------------------------------------------------

/** Draw the lines where the parts stand now. */
function connect() {
  const frame = box.getBoundingClientRect();
  const picture = /** @type {SVGElement} */ (box.querySelector(".gv-lab-edges"));
  if (frame.width < 20) return;
  picture.setAttribute("viewBox", `0 0 ${frame.width} ${frame.height}`);
  const rects = Object.fromEntries(Object.entries(nodes).map(([name, one]) => {
    const { left, top, width, height } = one.getBoundingClientRect();
    return [name, { x: left - frame.left, y: top - frame.top, width, height }];
  }));
  lines = {};
  picture.replaceChildren(arrowHeads(), ...Object.entries(EDGES).map(([name, edge]) => {
    const [from, to] = ends(rects[edge.from], rects[edge.to], edge.back ? APART : -APART / 2);
    const line = svg("line", { x1: from[0], y1: from[1], x2: to[0], y2: to[1], "marker-end": `url(#gv-lab-head-${edge.role})` });
    const words = svg("text", placeOfWords(from, to, Boolean(edge.back)));
    lines[name] = svg("g", { class: `gv-lab-edge${edge.back ? " gv-lab-back" : ""}`, "data-edge": name, "data-role": edge.role }, line, words);
    return lines[name];
  }));
  paint();
}

/**
 * Beside the middle of a line: over it or below it, and left or right of one that falls.
 * @param {number[]} from
 * @param {number[]} to
 * @param {boolean} back
 */
function placeOfWords(from, to, back) {
  const [x, y] = [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2];
  const falls = Math.abs(to[1] - from[1]) > Math.abs(to[0] - from[0]);
  if (falls) return { x: x + (back ? 6 : -6), y: y + 2, "text-anchor": back ? "start" : "end" };
  return { x, y: y + (back ? 14 : -7), "text-anchor": "middle" };
}

function arrowHeads() {
  const roles = [...new Set(Object.values(EDGES).map(({ role }) => role))];
  return svg("defs", {}, ...roles.map((role) => svg("marker", {
    id: `gv-lab-head-${role}`, "data-role": role, class: "gv-lab-head", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto",
  }, svg("path", { d: "M0 0 L8 4 L0 8 Z" }))));
}

/**
 * Where a line from one box to another leaves and arrives, moved aside by `aside`.
 * @param {{x: number, y: number, width: number, height: number}} a
 * @param {{x: number, y: number, width: number, height: number}} b
 * @param {number} aside
 */
function ends(a, b, aside) {
  const overlap = (/** @type {"x" | "y"} */ axis, /** @type {"width" | "height"} */ size) =>
    [Math.max(a[axis], b[axis]), Math.min(a[axis] + a[size], b[axis] + b[size])];
  const [left, right] = overlap("x", "width");
  if (left < right) {
    const x = (left + right) / 2 + aside;
    return a.y < b.y ? [[x, a.y + a.height], [x, b.y]] : [[x, a.y], [x, b.y + b.height]];
  }
  const [top, bottom] = overlap("y", "height");
  const at = (/** @type {{y: number, height: number}} */ box) =>
    Math.max(box.y + CORNER, Math.min(box.y + box.height - CORNER, (top + bottom) / 2)) + aside;
  return a.x < b.x ? [[a.x + a.width, at(a)], [b.x, at(b)]] : [[a.x, at(a)], [b.x + b.width, at(b)]];
}

/** The figures on the lines. */
function labelEdges() {
  const figures = recording ? figuresOf(recording.moves) : {};
  for (const [name, line] of Object.entries(lines)) text(line.querySelector("text"), figures[name] ?? "");
}

/** @param {Record<string, Move>} moves @returns {Record<string, string>} */
function figuresOf({ discriminator: d, generator: g }) {
  return {
    "fakes-discriminator": brief(mean((d ?? g).fake_scores)),
    ...(d ? { "reals-discriminator": brief(mean(d.real_scores)), "d-loss-back": `∇ ${brief(d.gradient)}` } : {}),
    ...(g ? { "fakes-back": `∇ ${brief(g.gradient)}` } : {}),
  };
}
