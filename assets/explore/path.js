// @ts-check
// A path through key frames: reorder them, play it, see how far from the sphere it leads, and take
// it along as a film. The server makes the latents, so that the film has the frames of the preview.

import { on } from "../lib/bus.js";
import { el, find, findAll, text } from "../lib/dom.js";
import { saveFile, showNotice } from "../lib/library.js";
import { FILM_RATE } from "../lib/pacing.js";
import { refill } from "../lib/refill.js";
import { get, post, postForBytes } from "../lib/request.js";
import { fillTrack } from "../lib/slider.js";
import { path, svg } from "../lib/svg.js";
import { norm, toText, toVectors } from "../latent/vectors.js";
import { drawSamples, paintSample } from "./draw.js";
import { nameOfStar, paintStars } from "./stars.js";
import { current, explored, latent, toVector, vectorOf } from "./state.js";
import { setUsable } from "./usable.js";

export const label = "Path";
export const why = "From one starred picture to the next: play it, and save it as a film";

const KINDS = { slerp: "slerp", lerp: "lerp", spline: "closed spline" };
const FORMATS = { gif: "GIF", webp: "WebP", mp4: "MP4", png: "PNG strip" };
const TOO_FEW = "A path needs at least two key frames: star pictures, or add this one.";
const FRAMES = [16, 32, 64, 128, 240];
const RATES = [FILM_RATE, 12, 24, 30];
const PLOT = { width: 420, height: 110, left: 30, bottom: 18 };

/** @type {import("./state.js").Star[]} */
let keys = [];
const choices = { kind: "slerp", frames: 64, fps: 24, format: "gif" };
/** @type {{vectors: Float32Array[], labels: (number | null)[], samples: import("./draw.js").Sample[]}} */
let way = { vectors: [], labels: [], samples: [] };
/** @type {Record<string, any>} */
let parts = {};
let drawing = 0;
let opened = "";
let playing = 0;
let at = 0;

export function make() {
  const pick = (/** @type {keyof typeof choices} */ name, /** @type {[any, string][]} */ values, words) => {
    const list = el("select", { class: "gv-input", "data-choice": name, onchange: () => {
      Object.assign(choices, { [name]: typeof choices[name] === "number" ? Number(list.value) : list.value });
      if (name === "kind" || name === "frames") draw();
      if (name === "fps" && playing) play();
    } }, ...values.map(([value, shown]) => el("option", { value, selected: value === choices[name] }, shown)));
    return el("label", { class: "gv-inline" }, words, list);
  };
  parts = {
    keys: el("ol", { class: "gv-path-keys", "aria-label": "Key frames, in order", onkeydown: moveByKey }),
    note: el("p", { class: "gv-note", role: "status", hidden: true }),
    canvas: el("canvas", { width: 28, height: 28, role: "img", "aria-label": "The path's picture" }),
    scrub: el("input", { type: "range", min: 0, max: 1, value: 0, "aria-label": "Frame of the path", oninput: () => { pause(); show(parts.scrub.valueAsNumber); } }),
    play: el("button", { type: "button", class: "gv-button gv-small gv-strong", "data-act": "play", onclick: () => (playing ? pause() : play()) }, "Play"),
    caption: el("span", { class: "gv-caption" }),
    plot: el("div", { class: "gv-path-plot" }),
    film: el("button", { type: "button", class: "gv-button gv-small", "data-act": "film", onclick: saveFilm }, "Download"),
    keep: el("button", { type: "button", class: "gv-button gv-small", "data-act": "keep", onclick: keep }, "Keep with the run"),
    kept: el("select", { class: "gv-input", "aria-label": "Paths kept with the run", hidden: true, onchange: openKept }),
    name: el("input", { class: "gv-input", placeholder: "Name", "aria-label": "Name of the path", maxlength: 60 }),
  };
  on("explore-stars", () => { if (parts.keys.isConnected) followStars(); });
  return el("div", { class: "gv-path" },
    el("div", { class: "gv-explore-bar" }, pick("kind", Object.entries(KINDS), "Way"), pick("frames", FRAMES.map((n) => [n, String(n)]), "frames"),
      pick("fps", RATES.map((n) => [n, String(n)]), "a second"),
      el("button", { type: "button", class: "gv-button gv-small", "data-act": "add", onclick: addHere }, "Add this picture")),
    el("p", { class: "gv-say" }, "Key frames: all starred pictures. Drag one to another place, or focus it and press Alt with an arrow key; Delete takes it off the path."),
    parts.note, parts.keys,
    el("div", { class: "gv-path-body" },
      el("div", { class: "gv-path-stage" }, parts.canvas, el("div", { class: "gv-path-play" }, parts.play, parts.scrub), parts.caption),
      el("div", {}, el("h3", {}, "Length of z along the path"), parts.plot,
        el("div", { class: "gv-explore-bar" }, pick("format", Object.entries(FORMATS), "Save as"), parts.film),
        el("div", { class: "gv-explore-bar" }, parts.name, parts.keep, parts.kept))));
}

export function open() {
  if (opened !== explored.source?.run) {
    opened = explored.source?.run ?? "";
    keys = [...explored.stars];
    loadKept();
    showKeys();
    draw();
  } else followStars();
}

/** Stars that are new join the path; those that are gone leave it. */
function followStars() {
  const same = (a, b) => a.z === b.z && a.y === b.y;
  const left = keys.filter((key) => explored.stars.some((star) => same(star, key)) || removable.has(key));
  const stars = new Set(explored.stars.map(nameOf));
  for (const one of seen) if (!stars.has(one)) seen.delete(one);
  const fresh = explored.stars.filter((star) => !seen.has(nameOf(star)));
  if (left.length === keys.length && !fresh.length) return;
  keys = [...left, ...fresh];
  showKeys();
  draw();
}

/** Tells stars apart. @param {{z: string, y: number | null}} star */
const nameOf = ({ z, y }) => `${z}${y}`;

/** Key frames that were added without a star. */
const removable = new WeakSet();
/** Stars that have been on the path: one taken off it does not come back by itself. @type {Set<string>} */
const seen = new Set();

function addHere() {
  const key = { z: toText([latent()]), y: explored.y, seed: explored.seed };
  removable.add(key);
  keys.push(key);
  showKeys();
  draw();
}

function showKeys() {
  for (const star of explored.stars) seen.add(nameOf(star));
  refill(parts.keys, fillKeys);
}

function fillKeys() {
  parts.keys.replaceChildren(...keys.map((key, index) => el("li", {
    draggable: true, tabindex: 0, "data-index": index, "aria-label": `Key frame ${index + 1}: ${nameOfStar(key)}`,
    ondragstart: (/** @type {DragEvent} */ event) => event.dataTransfer?.setData("text/plain", String(index)),
    ondragover: (/** @type {DragEvent} */ event) => event.preventDefault(),
    ondrop: (/** @type {DragEvent} */ event) => {
      event.preventDefault();
      move(Number(event.dataTransfer?.getData("text/plain")), index);
    },
    onclick: () => { const vector = vectorOf(key); if (vector) toVector(vector, key.y, key.seed); },
  }, el("canvas", { width: 28, height: 28 }))));
  const mine = keys;
  paintStars([.../** @type {any} */ (parts.keys.querySelectorAll("canvas"))], keys, () => mine === keys);
}

/** @param {number} from @param {number} to */
function move(from, to) {
  if (!keys[from] || !keys[to] || from === to) return;
  const [key] = keys.splice(from, 1);
  keys.splice(to, 0, key);
  keys = [...keys];
  showKeys();
  findAll("li", parts.keys)[to].focus();
  draw();
}

/** @param {KeyboardEvent} event */
function moveByKey(event) {
  const index = findAll("li", parts.keys).findIndex((one) => one === document.activeElement);
  if (index < 0) return;
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (event.key === "Enter") findAll("li", parts.keys)[index].click();
  if (event.key === "Delete" || event.key === "Backspace") {
    keys = keys.filter((_, one) => one !== index);
    showKeys();
    findAll("li", parts.keys)[Math.min(index, keys.length - 1)]?.focus();
    draw();
  } else if (by && event.altKey) move(index, index + by);
  else if (by) findAll("li", parts.keys)[index + by]?.focus();
  else return;
  event.preventDefault();
}

const body = () => ({
  run: explored.source?.run, keys: keys.length ? toText(keys.map((key) => vectorOf(key) ?? latent())) : "",
  y: explored.source?.conditional ? keys.map(({ y }) => y) : null, kind: choices.kind, frames: choices.frames,
});

/** Draw the path anew. One that plays goes on, on the new path, as far along as it was. */
async function draw() {
  drawing += 1;
  const [mine, source] = [drawing, current()];
  setUsable([parts.play, parts.scrub, parts.film, parts.keep], TOO_FEW, keys.length >= 2);
  if (keys.length < 2) {
    pause();
    showNotice(parts.note, TOO_FEW);
    at = 0;
    way = { vectors: [], labels: [], samples: [] };
    parts.plot.replaceChildren();
    return;
  }
  try {
    const { bytes, header } = await postForBytes("gv/explore/path", body());
    if (mine !== drawing || source !== current()) return;
    const vectors = toVectors(bytes, explored.source?.latent_dim ?? 1);
    const nearest = header("Nearest").split(",").map(Number);
    at = Math.round((at * (vectors.length - 1)) / Math.max(1, way.vectors.length - 1));
    way = { vectors, labels: nearest.map((index) => keys[index].y), samples: [] };
    showNotice(parts.note, "");
    drawPlot();
    parts.scrub.max = vectors.length - 1;
    if (playing) play();
    await drawSamples(vectors, way.labels, (index, sample) => {
      way.samples[index] = sample;
      if (index === at && !playing) show(at);
    }, () => mine === drawing);
    if (mine === drawing) parts.canvas.dataset.frames = String(way.samples.length);
  } catch (problem) {
    if (mine !== drawing) return;
    pause();
    showNotice(parts.note, /** @type {Error} */ (problem).message, true);
  }
}

/** The norm of z along the path, beside that of most samples, sqrt(dim). */
function drawPlot() {
  const norms = way.vectors.map(norm);
  const typical = Math.sqrt(explored.source?.latent_dim ?? 1);
  const most = 1.15 * Math.max(typical, ...norms);
  const { width, height, left, bottom } = PLOT;
  const x = (/** @type {number} */ index) => left + (index / (norms.length - 1)) * (width - left - 4);
  const y = (/** @type {number} */ value) => (height - bottom) * (1 - value / most);
  const least = Math.min(...norms);
  parts.plot.dataset.least = (least / typical).toFixed(3);
  parts.plot.replaceChildren(svg("svg", {
    viewBox: `0 0 ${width} ${height}`, role: "img",
    "aria-label": `The length of z: from ${norms[0].toFixed(1)}, at least ${least.toFixed(1)}; most samples have ${typical.toFixed(1)}`,
  },
  svg("path", { d: `M${left} ${y(typical)}H${width}`, class: "gv-path-typical" }),
  svg("text", { x: width, y: y(typical) + 14, "text-anchor": "end" }, "most samples"),
  svg("text", { x: 0, y: y(0) }, "0"), svg("text", { x: 0, y: y(typical) + 4 }, typical.toFixed(1)),
  svg("path", { d: `M${left} ${y(0)}H${width}`, class: "gv-path-axis" }),
  svg("path", { d: path(norms.map((value, index) => [x(index), y(value)])), class: "gv-path-line" }),
  svg("path", { d: "", class: "gv-path-now" })));
}

/** @param {number} index */
function show(index) {
  at = index;
  const sample = way.samples[index];
  if (!sample) return;
  paintSample(parts.canvas, sample);
  parts.scrub.value = String(index);
  fillTrack(parts.scrub);
  text(parts.caption, `Frame ${index + 1} of ${way.vectors.length}, length of z ${norm(way.vectors[index]).toFixed(2)}`);
  const { width, height, left, bottom } = PLOT;
  const x = left + (index / Math.max(1, way.vectors.length - 1)) * (width - left - 4);
  if (parts.plot.firstChild) find(parts.plot, ".gv-path-now").setAttribute("d", `M${x} 0V${height - bottom}`);
}

/** Frames that have not come yet are waited for. By a clock of its own: a loop of animation frames
 * would be slowed down when nobody touches the page (`lib/frame_throttle.js`). */
function play() {
  clearInterval(playing);
  text(parts.play, "Pause");
  const began = performance.now() - (1000 * at) / choices.fps;
  playing = setInterval(() => {
    if (!parts.canvas.isConnected) { pause(); return; }
    const count = way.vectors.length;
    if (count) show(Math.floor(((performance.now() - began) * choices.fps) / 1000) % count);
  }, 1000 / choices.fps);
}

export const rest = pause;

function pause() {
  clearInterval(playing);
  playing = 0;
  text(parts.play, "Play");
}

async function saveFilm() {
  showNotice(parts.note, "");
  const { fps, format } = choices;
  parts.film.disabled = true;
  try {
    await saveFile("gv/explore/film", { ...body(), fps, format }, `path.${format}`);
  } catch (problem) {
    showNotice(parts.note, /** @type {Error} */ (problem).message, true);
  } finally {
    setUsable([parts.film], TOO_FEW, keys.length >= 2);
  }
}

/** @type {any[]} */
let kept = [];

async function loadKept() {
  const answer = await get(`gv/explore/kept?run=${encodeURIComponent(explored.source?.run ?? "")}`);
  kept = answer.ok ? answer.paths : [];
  parts.kept.hidden = !kept.length;
  parts.kept.replaceChildren(el("option", { value: "" }, "Open a kept path"),
    ...kept.map(({ name }, index) => el("option", { value: index }, name)));
}

function openKept() {
  const one = kept[parts.kept.value];
  if (!one || !Array.isArray(one.keys)) return;
  keys = one.keys.map(({ z, y, seed }) => ({ z: String(z), y: y ?? null, seed: seed ?? null }))
    .filter(vectorOf);
  keys.forEach((key) => removable.add(key));
  if (KINDS[one.kind]) choices.kind = one.kind;
  if (FRAMES.includes(one.frames)) choices.frames = one.frames;
  for (const name of ["kind", "frames"]) findAll(`[data-choice=${name}]`, parts.note.parentNode).forEach((list) => {
    /** @type {HTMLSelectElement} */ (list).value = String(choices[name]);
  });
  showKeys();
  draw();
}

async function keep() {
  const answer = await post("gv/explore/keep", {
    run: explored.source?.run, kind: "paths", name: parts.name.value || "Path",
    content: { kind: choices.kind, frames: choices.frames, step: explored.source?.step, keys },
  });
  showNotice(parts.note, answer.sentence, !answer.ok);
  if (answer.ok) loadKept();
}
