// @ts-check
// Experiments with a generator of plain layers: gradients before the first step, and while G is frozen.

import { $, el, text } from "../lib/dom.js";
import { brief, count, power, stoppedAt } from "../lib/format.js";
import { post, postForLines } from "../lib/request.js";
import { fillTrack } from "../lib/slider.js";
import { chart, decades, path, scale, svg } from "../lib/svg.js";

/** @type {[string, Record<string, any>][]} */
const CHIPS = [
  ["8 sigmoid", { depth: 8, activation: "sigmoid", init: "default", norm: "none", residual: false }],
  ["with batch norm", { depth: 8, activation: "sigmoid", init: "default", norm: "batch", residual: false }],
  ["16 tanh, N(0, 1)", { depth: 16, activation: "tanh", init: "normal1", norm: "none", residual: false }],
  ["8 ReLU, tiny weights", { depth: 8, activation: "relu", init: "dcgan", norm: "none", residual: false }],
  ["with residual", { depth: 8, activation: "relu", init: "dcgan", norm: "none", residual: true }],
  ["2 ReLU", { depth: 2, activation: "relu", init: "default", norm: "none", residual: false }],
];
const LOWEST = -24;
const STEPS = 1000;
const LEFT = 34;
const RIGHT = 116; // room for names beside the curves
/** The newest answer. @type {any} */
let initial = null;
/** The request under way. @type {AbortController | null} */
let asking = null;
/** {objectives, points, done} @type {any} */
let frozen = null;
/** @type {AbortController | null} */
let freezing = null;
let paintInitial = () => {};
let paintFrozen = () => {};

export function start() {
  $("gv-plain-chips").append(...CHIPS.map(([label, chosen]) =>
    el("button", { type: "button", class: "gv-chip", onclick: () => set(chosen) }, label)));
  paintInitial = chart($("gv-initial-plot"), () => $("gv-initial-say").textContent ?? "", bars);
  paintFrozen = chart($("gv-frozen-plot"), () => $("gv-frozen-say").textContent ?? "", curves);
  const form = $("gv-plain-form");
  form.addEventListener("input", changed);
  form.addEventListener("submit", (event) => event.preventDefault());
  $("gv-frozen-go").addEventListener("click", () => (freezing ? freezing.abort() : freeze()));
  new IntersectionObserver(([entry], watcher) => {
    if (!entry.isIntersecting) return;
    watcher.disconnect();
    changed();
  }).observe($("gv-plain"));
}

/** The form's controls, by name. @returns {any} */
const controls = () => $("gv-plain-form", HTMLFormElement).elements;

const values = () => {
  const { depth, activation, init, norm, residual } = controls();
  return {
    depth: depth.valueAsNumber, activation: activation.value, init: init.value, norm: norm.value,
    residual: residual.checked,
  };
};

function set(chosen) {
  for (const [name, value] of Object.entries(chosen)) {
    if (name === "residual") controls().residual.checked = value;
    else controls()[name].value = value;
  }
  changed();
}

function changed() {
  const now = values();
  text($("gv-plain-depth-out"), String(now.depth));
  fillTrack($("gv-plain-depth", HTMLInputElement));
  [...$("gv-plain-chips").children].forEach((chip, i) => {
    const same = Object.entries(CHIPS[i][1]).every(([name, value]) => now[name] === value);
    chip.setAttribute("aria-pressed", String(same));
  });
  request(now);
}

/** Request the gradients of a network; only the newest request counts. */
async function request(network) {
  asking?.abort();
  const mine = (asking = new AbortController());
  const answer = await post("gv/probe/initial", network, { signal: mine.signal });
  if (answer.aborted) return;
  if (answer.ok) initial = answer;
  text($("gv-initial-say"), answer.ok ? verdict(answer) : answer.sentence);
  if (initial) $("gv-initial-plot").dataset.layers = initial.layers.length;
  paintInitial();
}

/** @param {any} answer */
function verdict({ ratio, gradient, seconds }) {
  const took = ` Answered in ${seconds.toFixed(2)} s.`;
  const most = Math.max(...gradient);
  if (!(most > 1e-12)) return `No layer gets a gradient worth the name: nothing would be learned.${took}`;
  if (ratio == null) return `The gradient of each layer, first to last.${took}`;
  const words = ratio < 1e-2 ? "it vanishes on its way back" : ratio > 1e2 ? "it explodes on its way back" : "it reaches every layer";
  const faint = most < 1e-4 ? " All of them are faint." : "";
  return `The first layer's gradient is ${brief(ratio)} of the last hidden one's: ${words}.${faint}${took}`;
}

function bars(width, height) {
  if (!initial) return [];
  const { gradient, layers, kinds } = initial;
  const logs = gradient.map((value) => (value > 0 ? Math.log10(value) : -Infinity));
  const high = Math.max(0, Math.ceil(Math.max(...logs.filter(Number.isFinite), -3)));
  const low = Math.max(LOWEST, Math.min(high - 4, Math.floor(Math.min(...logs.filter(Number.isFinite), 0))));
  const floor = height - 20;
  const y = scale(low, high, floor, 8);
  const room = (width - LEFT - 4) / layers.length;
  const nodes = grid(low, high, y, width, 5);
  logs.forEach((log, i) => {
    const top = y(Math.max(low, log));
    nodes.push(svg("rect", { x: LEFT + i * room + 0.12 * room, width: 0.76 * room, y: top, height: Math.max(1, floor - top), rx: Math.min(2, room / 4),
      class: `gv-svg-bar gv-of-${kinds[i]}` }, svg("title", {}, `${layers[i]}: ${brief(gradient[i])}`)));
  });
  nodes.push(svg("text", { x: LEFT, y: height - 4, class: "gv-svg-text" }, "first layer"));
  nodes.push(svg("text", { x: width - 4, y: height - 4, "text-anchor": "end", class: "gv-svg-text" }, "last"));
  return nodes;
}

function grid(low, high, y, width, most) {
  return decades(low, high, most).flatMap((n) => [svg("line", { x1: LEFT, x2: width, y1: y(n), y2: y(n), class: "gv-svg-grid" }),
    svg("text", { x: LEFT - 6, y: y(n) + 4, "text-anchor": "end", class: "gv-svg-text" }, power(n))]);
}

/** Train D on the frozen G; points come in a stream and are drawn as they come. */
async function freeze() {
  const mine = (freezing = new AbortController());
  const button = $("gv-frozen-go");
  frozen = { objectives: [], points: [], done: null };
  text(button, "Stop");
  text($("gv-frozen-say"), "D begins to learn…");
  paintFrozen();
  try {
    const body = { ...values(), width: 128, objective: $("gv-frozen-objective", HTMLSelectElement).value, steps: STEPS };
    await postForLines("gv/probe/frozen", body, take, mine.signal);
  } catch (error) {
    text($("gv-frozen-say"), mine.signal.aborted ? stoppedAt(frozen.points.at(-1), "measured", STEPS)
      : /** @type {Error} */ (error).message);
  }
  freezing = null;
  text(button, "Freeze G, train D");
  paintFrozen();
}

function take(line) {
  if (line.error) throw new Error(line.error);
  if (line.objectives) {
    frozen.objectives = line.objectives;
    return;
  }
  if (line.done) frozen.done = line;
  else frozen.points.push(line);
  const last = frozen.points.at(-1);
  const share = `D is right on ${(100 * last.accuracy).toFixed(0)} %.`;
  text($("gv-frozen-say"), line.done ? summary(line) : `Step ${count(last.step)} of ${count(STEPS)}: ${share}`);
  $("gv-frozen-plot").dataset.points = frozen.points.length;
  paintFrozen();
}

function summary({ steps, n, fall }) {
  const words = frozen.objectives.filter(({ vanishing }) => vanishing != null)
    .map(({ name, label }) => `${plainLabel(label)}: ${fate(fall[name])}`);
  return `After ${count(steps)} steps of D alone, G's gradient under each loss. ${words.join("; ")}. N = ${n}.`;
}

/** What became of a gradient, which is `fall` times smaller than at its peak. */
function fate(fall) {
  if (fall == null) return "it is gone";
  return fall < 1.5 ? "it is near its peak" : `it has fallen ${brief(fall)} times below its peak`;
}

/** The label without what stands in brackets: beside a curve there is no room for it. */
const plainLabel = (label) => label.replace(/ \(.*\)$/, "");

/** The class of a curve: the two losses that the experiment is about stand out. */
const curveClass = ({ vanishing }) =>
  `gv-curve-${vanishing == null ? "other" : vanishing ? "vanishing" : "strong"}`;

function curves(width, height) {
  if (!frozen?.points.length) return [];
  const right = width - RIGHT;
  const log = (value) => Math.log10(Math.max(value, 1e-12));
  const all = frozen.points.flatMap(({ gradients }) => Object.values(gradients).map(log));
  const low = Math.floor(Math.min(...all));
  const high = Math.max(Math.ceil(Math.max(...all)), low + 2);
  const floor = height - 20;
  const x = scale(0, Math.log10(STEPS), LEFT, right);
  const y = scale(low, high, floor, 8);
  const later = frozen.points.filter(({ step }) => step > 0);
  // the two that stand out are drawn last, above the others
  const pointsOf = (name) =>
    later.map(({ step, gradients }) => [x(Math.log10(step)), y(log(gradients[name]))]);
  const lines = !later.length ? [] : [...frozen.objectives]
    .sort((a, b) => Number(a.vanishing != null) - Number(b.vanishing != null))
    .map((one) => ({ ...one, points: pointsOf(one.name) }));
  return [
    ...grid(low, high, y, right, 5),
    ...lines.map((one) => svg("path", { d: path(one.points), class: `gv-svg-line ${curveClass(one)}` })),
    ...names(lines, right, floor),
    ...[1, 10, 100, STEPS].map((step) => svg("text", {
      x: x(Math.log10(step)), y: height - 4, "text-anchor": step === 1 ? "start" : "middle", class: "gv-svg-text",
    }, step === STEPS ? `${count(step)} steps` : String(step))),
  ];
}

/** The name of each curve at its end. */
function names(lines, right, floor) {
  const ends = lines.map((one) => ({ one, x: one.points.at(-1)[0], y: one.points.at(-1)[1] }));
  apart(ends, floor);
  return ends.map(({ one, x, y }) =>
    svg("text", { x: Math.min(right, x) + 5, y: y + 4, class: `gv-svg-text ${curveClass(one)}` }, plainLabel(one.label)));
}

/** Push labels apart so that none covers another. */
function apart(ends, floor) {
  ends.sort((a, b) => a.y - b.y);
  for (let i = 1; i < ends.length; i += 1) ends[i].y = Math.max(ends[i].y, ends[i - 1].y + 12);
  const over = Math.max(0, (ends.at(-1)?.y ?? 0) - floor);
  if (!over) return;
  ends.at(-1).y -= over;
  for (let i = ends.length - 2; i >= 0; i -= 1) ends[i].y = Math.min(ends[i].y, ends[i + 1].y - 12);
}
