// @ts-check
// A map: the plane of two directions through a point, as a sheet of pictures that a finger walks
// on. For a VAE the data lie on it as coloured points; for points the plane's grid and its image
// stand beside each other.

import { on } from "../lib/bus.js";
import { el, text } from "../lib/dom.js";
import { showNotice } from "../lib/library.js";
import { context, resize } from "../lib/pictures.js";
import { post } from "../lib/request.js";
import { combine, dot, toText } from "../latent/vectors.js";
import { REACH, cellSize, drawSamples, paintCell } from "./draw.js";
import { change, current, directionsOf, explored, latent, toVector } from "./state.js";

export const label = "Map";
export const why = "Walk on the plane of two directions; the picture follows";

const SIDE = 20;
const SPANS = [0.5, 1, 2, 3, 4, 6];
/** px of the pad on the page, at most */
const PAD = 640;
const COLOURS = ["#4e79a7", "#f28e2b", "#59a14f", "#b07aa1", "#9c755f", "#76b7b2", "#edc948", "#ff9da7", "#e15759", "#8c8c8c"];

/** @type {Record<string, any>} */
let parts = {};
/** @type {import("./state.js").Direction[]} */
let choices = [];
/** The plane: its centre, and its two unit vectors at right angles. @type {{centre: Float32Array, u: Float32Array, v: Float32Array} | null} */
let plane = null;
let span = 3;
let pickedU = "";
let pickedV = "";
let drawing = 0;
let opened = "";
/** @type {{at: [number, number][], labels: number[] | null} | null} */
let codes = null;
let moving = false;
/** The class of the sheet's pictures. @type {number | null} */
let drawnClass = null;

export function make() {
  const list = (/** @type {string} */ name, /** @type {(value: string) => void} */ pick) => {
    const node = el("select", { class: "gv-input", "data-choice": name, onchange: () => { pick(node.value); centre(); } });
    return node;
  };
  parts = {
    u: list("across", (value) => { pickedU = value; }), v: list("up", (value) => { pickedV = value; }),
    say: el("p", { class: "gv-say" }), note: el("p", { class: "gv-note", role: "status", hidden: true }),
    sheet: el("canvas", { class: "gv-map-sheet" }), marks: el("canvas", { class: "gv-map-marks" }),
    image: el("canvas", { class: "gv-map-image", width: 560, height: 560, role: "img", "aria-label": "Where the generator takes the grid of z" }),
    legend: el("div", { class: "gv-map-legend" }), scale: el("span", { class: "gv-caption" }),
  };
  parts.pad = el("div", {
    class: "gv-map-pad", tabindex: 0, role: "application",
    "aria-label": "The plane of two directions: arrow keys walk, plus and minus zoom",
    onpointerdown: grab, onpointermove: pull, onpointerup: drop, onpointercancel: drop,
    onwheel: zoomByWheel, onkeydown: walk,
  }, parts.sheet, parts.marks);
  on("explore-point", () => {
    if (!parts.pad.isConnected || !plane) return;
    if (explored.y !== drawnClass) drawSheet();
    else if (!moving) showMarks();
  });
  return el("div", { class: "gv-map" },
    el("div", { class: "gv-explore-bar" },
      el("label", { class: "gv-inline" }, "Across", parts.u), el("label", { class: "gv-inline" }, "up", parts.v),
      el("button", { type: "button", class: "gv-button gv-small", "data-act": "centre", onclick: () => centre() }, "Centre on this z"),
      el("button", { type: "button", class: "gv-button gv-small", onclick: () => zoom(-1), "aria-label": "Zoom in" }, "+"),
      el("button", { type: "button", class: "gv-button gv-small", onclick: () => zoom(1), "aria-label": "Zoom out" }, "−"),
      parts.scale),
    parts.say, parts.note,
    el("div", { class: "gv-map-body" }, parts.pad, parts.image, parts.legend));
}

const isPoints = () => explored.source?.kind === "points";

export async function open() {
  const { source } = explored;
  if (!source) return;
  parts.image.hidden = !isPoints();
  parts.legend.hidden = true;
  if (opened === source.run) { showMarks(); return; }
  opened = source.run;
  const mine = current();
  try {
    const found = source.latent_dim === 2 ? [axis(0), axis(1)] : await directionsOf(source.autoencoder ? "axes" : "sefa");
    if (mine !== current()) return;
    offer(found);
    await centre();
  } catch (problem) {
    if (mine === current()) showNotice(parts.note, /** @type {Error} */ (problem).message, true);
  }
}

/** Directions that span the plane; those with a slider come first. @param {import("./state.js").Direction[]} found */
function offer(found) {
  const fresh = found.filter(({ key }) => !explored.pinned.some((one) => one.key === key));
  choices = [...explored.pinned, ...fresh];
  pickedU = choices[0]?.key ?? "";
  pickedV = choices[1]?.key ?? pickedU;
  for (const [node, value] of [[parts.u, pickedU], [parts.v, pickedV]]) {
    node.replaceChildren(...choices.map(({ key, label: words }) => el("option", { value: key }, words)));
    node.value = value;
  }
}

/** @param {number} index @returns {import("./state.js").Direction} */
const axis = (index) => ({ key: `z${index}`, label: `z[${index}]`, vector: Float32Array.of(index ? 0 : 1, index ? 1 : 0) });

/** Lay the plane through the point as it is now. */
async function centre() {
  const [u, v] = [pickedU, pickedV].map((key) => choices.find((one) => one.key === key)?.vector);
  if (!u || !v) return;
  const aside = combine([[1, v], [-dot(u, v), u]], v.length);
  const length = Math.sqrt(dot(aside, aside));
  if (length < 1e-3) {
    showNotice(parts.note, "A plane needs two different directions.", true);
    return;
  }
  showNotice(parts.note, "");
  const whole = explored.source?.latent_dim === 2;
  plane = { centre: whole ? new Float32Array(2) : latent(), u, v: combine([[1 / length, aside]], v.length) };
  codes = null;
  await Promise.all([drawSheet(), loadCodes()]);
}

/** @param {number} x @param {number} y in sigmas from the centre */
const pointAt = (x, y) => {
  const { centre: c, u, v } = /** @type {NonNullable<typeof plane>} */ (plane);
  return combine([[1, c], [x, u], [y, v]], c.length);
};

/** The sheet of 20 x 20 pictures, a row at first and then the rest; for points the image of a grid. */
async function drawSheet() {
  if (!plane) return;
  drawing += 1;
  const mine = drawing;
  drawnClass = explored.y;
  text(parts.scale, `±${span} σ`);
  text(parts.say, isPoints() ? "Left the plane of z, right where G takes its grid. Drag the dot."
    : "Drag on the sheet: the picture left follows. Each small picture is G at that place.");
  const [width, height] = cellSize();
  const step = (2 * span) / SIDE;
  const places = Array.from({ length: SIDE * SIDE }, (_, index) => [
    -span + (index % SIDE + 0.5) * step, span - (Math.floor(index / SIDE) + 0.5) * step]);
  const samples = isPoints() ? mesh() : places;
  if (!isPoints()) resize(parts.sheet, SIDE * width, SIDE * height);
  /** @type {[number, number][]} */
  const image = [];
  try {
    const vectors = samples.map(([x, y]) => pointAt(x, y));
    await drawSamples(vectors, samples.map(() => explored.y), (index, sample) => {
      if (sample instanceof ImageData) {
        paintCell(parts.sheet, sample, (index % SIDE) * width, Math.floor(index / SIDE) * height);
      }
      else image[index] = sample;
    }, () => mine === drawing);
    if (mine !== drawing) return;
    if (isPoints()) drawMesh(image);
    parts.pad.dataset.drawn = String((Number(parts.pad.dataset.drawn) || 0) + 1);
  } catch (problem) {
    if (mine === drawing) showNotice(parts.note, /** @type {Error} */ (problem).message, true);
  }
  showMarks();
}

/** The crossings of a square grid over the plane. @returns {number[][]} */
const mesh = () => Array.from({ length: (SIDE + 1) ** 2 }, (_, index) => [
  -span + (index % (SIDE + 1)) * ((2 * span) / SIDE),
  span - Math.floor(index / (SIDE + 1)) * ((2 * span) / SIDE),
]);

/** The grid of z, and the lines that G makes of it. @param {[number, number][]} image */
function drawMesh(image) {
  resize(parts.sheet, PAD, PAD);
  const at = (/** @type {[number, number]} */ [x, y]) => {
    const { width } = parts.image;
    return [(width * (x / REACH + 1)) / 2, (width * (1 - y / REACH)) / 2];
  };
  const pens = [context(parts.sheet), context(parts.image)];
  pens[0].clearRect(0, 0, PAD, PAD);
  pens[1].clearRect(0, 0, parts.image.width, parts.image.height);
  const [across, up] = ["--gv-fake", "--gv-d"].map((name) => getComputedStyle(document.body).getPropertyValue(name));
  for (let line = 0; line <= SIDE; line += 1) {
    for (const [colour, index] of /** @type {[string, (step: number) => number][]} */ ([
      [across, (step) => line * (SIDE + 1) + step], [up, (step) => step * (SIDE + 1) + line]])) {
      const steps = Array.from({ length: SIDE + 1 }, (_, step) => index(step));
      stroke(pens[1], colour, steps.map((one) => at(image[one])));
      stroke(pens[0], colour, steps.map((one) =>
        [(one % (SIDE + 1)) * (PAD / SIDE), Math.floor(one / (SIDE + 1)) * (PAD / SIDE)]));
    }
  }
}

/** @param {CanvasRenderingContext2D} pen @param {string} colour @param {number[][]} points */
function stroke(pen, colour, points) {
  pen.strokeStyle = colour;
  pen.globalAlpha = 0.7;
  pen.beginPath();
  points.forEach(([x, y], index) => (index ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  pen.stroke();
  pen.globalAlpha = 1;
}

/** The data on the plane, where an encoder knows their places. */
async function loadCodes() {
  const { source } = explored;
  if (!source?.autoencoder || !plane) return;
  const mine = plane;
  const [centreText, u, v] = [plane.centre, plane.u, plane.v].map((one) => toText([one]));
  const body = { run: source.run, centre: centreText, u, v };
  const answer = await post("gv/explore/codes", body);
  if (mine !== plane) return;
  if (!answer.ok) { showNotice(parts.note, answer.sentence, true); return; }
  codes = { at: answer.at, labels: answer.labels };
  parts.legend.hidden = !answer.labels;
  parts.legend.replaceChildren(...(answer.labels ? source.labels : []).slice(0, 10).map((name, index) =>
    el("span", {}, el("i", { style: `background: ${COLOURS[index]}` }), name)));
  parts.pad.dataset.codes = String(answer.at.length);
  showMarks();
}

/** The coloured data, and the cross where the point lies. */
function showMarks() {
  if (!plane || plane.centre.length !== explored.source?.latent_dim) return;
  resize(parts.marks, PAD, PAD);
  const pen = context(parts.marks);
  pen.clearRect(0, 0, PAD, PAD);
  const to = (/** @type {number} */ value) => (PAD * (value / span + 1)) / 2;
  codes?.at.forEach(([x, y], index) => {
    pen.fillStyle = COLOURS[(codes?.labels?.[index] ?? 9) % 10];
    pen.beginPath();
    pen.arc(to(x), PAD - to(y), 3, 0, 2 * Math.PI);
    pen.fill();
  });
  const [x, y] = placeOfPoint();
  pen.lineWidth = 5;
  for (const colour of ["#000", "#fff"]) {
    pen.strokeStyle = colour;
    pen.beginPath();
    pen.arc(to(x), PAD - to(y), 9, 0, 2 * Math.PI);
    pen.stroke();
    pen.lineWidth = 2.5;
  }
}

/** Where the point lies, seen from above the plane. @returns {[number, number]} */
function placeOfPoint() {
  const { centre: c, u, v } = /** @type {NonNullable<typeof plane>} */ (plane);
  const away = combine([[1, latent()], [-1, c]], c.length);
  return [dot(away, u), dot(away, v)];
}

// -- walking ---------------------------------------------------------------------------------------

/** @param {PointerEvent} event */
function follow(event) {
  const box = parts.pad.getBoundingClientRect();
  const x = span * ((2 * (event.clientX - box.left)) / box.width - 1);
  const y = span * (1 - (2 * (event.clientY - box.top)) / box.height);
  goTo(Math.max(-span, Math.min(span, x)), Math.max(-span, Math.min(span, y)));
}

/** @param {number} x @param {number} y */
function goTo(x, y) {
  if (!plane) return;
  toVector(pointAt(x, y));
  showMarks();
}

/** @param {PointerEvent} event */
function grab(event) {
  parts.pad.setPointerCapture(event.pointerId);
  moving = true;
  follow(event);
}

/** @param {PointerEvent} event */
function pull(event) { if (moving) follow(event); }

function drop() {
  moving = false;
  change({});
}

/** @param {WheelEvent} event */
function zoomByWheel(event) {
  if (!event.ctrlKey && !parts.pad.matches(":focus")) return;
  event.preventDefault();
  zoom(Math.sign(event.deltaY));
}

/** @param {number} by */
function zoom(by) {
  const at = SPANS.indexOf(span) + by;
  if (!SPANS[at]) return;
  span = SPANS[at];
  drawSheet();
}

/** @param {KeyboardEvent} event */
function walk(event) {
  const by = /** @type {Record<string, [number, number]>} */ ({
    ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1],
  })[event.key];
  const nearer = { "+": -1, "=": -1, "-": 1 }[event.key];
  if (nearer) zoom(nearer);
  if (!by || !plane) return;
  event.preventDefault();
  const [x, y] = placeOfPoint();
  goTo(x + (by[0] * span) / SIDE, y + (by[1] * span) / SIDE);
}
