// The latent explorer: sliders push this browser's own z; the newest position always wins, nothing queues.

import { $, address, count, draw, el, expect, keep, text } from "../lib/dom.js";
import { emit, now, on, stats } from "../lib/stream.js";
import { rawList } from "./raw.js";

const REFRESH = 600; // ms between pictures that only follow the training
const GIVE_UP = 8000;
const LARGEST = 196; // px on the page

/** This browser's z: an offset on the vector that `seed` draws. Kept while the tab lives. */
export const z = { seed: 1, class: null, directions: {}, raw: {}, psi: 1 };
export const info = { ready: false, classes: [], conditional: false, latent_dim: 0, kind: "images" };

let busy = false;
let wanted = false;
let shownVersion = 0;
let lastAsked = 0;
let visible = true;
let asked = 0; // counts pictures, so that none is painted over by one asked for before it
let painted = 0;
let generation = 0; // counts runs: an answer for an earlier run is dropped
let follow = 0;

export function start() {
  Object.assign(z, keep.get("z", sessionStorage) ?? { seed: 1 + Math.floor(Math.random() * 9999) });
  sliders(Array.from({ length: 8 }, (_, index) => ({ index, label: `Direction ${index + 1}` })));
  $("gv-random").addEventListener("click", () => change({ seed: Math.floor(Math.random() * 2 ** 31) }));
  $("gv-seed").addEventListener("input", () => {
    const seed = $("gv-seed").valueAsNumber;
    if (Number.isInteger(seed) && seed >= 0 && seed < 2 ** 31) change({ seed }, false);
  });
  $("gv-psi").addEventListener("input", () => change({ psi: $("gv-psi").valueAsNumber }));
  $("gv-latent-reset").addEventListener("click", () => change({ directions: {}, raw: {}, psi: 1 }));
  rawList({ z, info, change });
  new IntersectionObserver(([entry]) => {
    visible = entry.isIntersecting;
    if (visible) followTraining();
  }).observe($("gv-latent"));
  document.addEventListener("visibilitychange", () => { if (!document.hidden) followTraining(); });
  on("hello", hello);
  on("snapshot", followTraining);
  show();
}

function hello({ run, sameRun }) {
  info.kind = run?.spec?.kind ?? "images";
  if (sameRun) return;
  generation += 1;
  shownVersion = 0;
  info.ready = false;
  $("gv-latent").dataset.ready = "no";
  const points = info.kind === "points";
  text($("gv-latent-wait"), points ? "Latent pictures are for image data; this run learns points."
    : "The generator's picture appears here with the first snapshot.");
}

/** The snapshot got better: show the same z again, a few times a second at most, and only where it is seen. */
function followTraining() {
  clearTimeout(follow);
  if (!visible || document.hidden || !canAsk()) return;
  if (info.ready && now.snapshot === shownVersion) return;
  const rest = lastAsked + REFRESH - performance.now();
  if (rest > 0) follow = setTimeout(followTraining, rest);
  else ask();
}

/** Change z and ask for its picture. */
export function change(part, redraw = true) {
  Object.assign(z, part);
  keep.set("z", z, sessionStorage);
  stats.moved = performance.now();
  if (redraw) show();
  ask();
}

/** What the server needs to draw a z; entries at zero are left out. */
export function asRequest(from = z) {
  const moved = (table) => Object.fromEntries(Object.entries(table).filter(([, value]) => value !== 0));
  return {
    seed: from.seed, class: info.conditional ? from.class ?? 0 : null,
    directions: moved(from.directions), raw: moved(from.raw), psi: from.psi,
  };
}

/** There is a generator that draws pictures. */
const canAsk = () => now.run && now.snapshot > 0 && info.kind === "images";

async function ask() {
  wanted = true;
  if (busy || !canAsk()) return;
  busy = true;
  while (wanted) {
    wanted = false;
    lastAsked = performance.now();
    const moved = stats.moved;
    const mine = generation;
    try {
      if (!info.ready) await learn();
      const picture = await fetchPicture("gv/latent", { ...asRequest(), run: now.run.id });
      if (mine !== generation) continue;
      const order = (asked += 1);
      if (moved !== stats.latent?.moved) paint(picture, moved, order); // the person who moved waits for it
      else draw("latent", () => { if (mine === generation && order > painted) paint(picture, moved, order); });
    } catch (problem) {
      if (mine === generation) trouble(problem);
    }
  }
  busy = false;
}

/** POST `body` and read the raw picture; throws an Error with the server's sentence. */
export const fetchPicture = (path, body) => expect(read(path, body));

async function read(path, body) {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), GIVE_UP);
  try {
    const response = await fetch(address(path), {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ ...body, run: now.run?.id }), signal: limit.signal,
    });
    if (!response.ok) throw new Error((await response.json().catch(() => ({}))).error ?? "No picture came back.");
    const told = (name) => Number(response.headers.get(`X-Gv-${name}`));
    const picture = { width: told("Width"), height: told("Height"), step: told("Step"), version: told("Version") };
    return { ...picture, rgb: new Uint8Array(await response.arrayBuffer()) };
  } finally {
    clearTimeout(timer);
  }
}

async function learn() {
  const response = await fetch(address(`gv/latent/info?run=${encodeURIComponent(now.run?.id ?? "")}`));
  if (!response.ok) throw new Error((await response.json().catch(() => ({}))).error ?? "");
  const facts = await response.json();
  if (!facts.version) throw new Error("");
  Object.assign(info, facts, { ready: true });
  if (z.class == null || z.class >= info.classes.length) z.class = info.conditional ? Math.min(3, info.classes.length - 1) : null;
  sliders(info.directions);
  classes();
  $("gv-latent").dataset.ready = "yes";
  show();
  emit("latent-ready", info);
}

/** RGB bytes onto a canvas of the picture's own size; CSS enlarges it. */
export function putPicture(canvas, { rgb, width, height }) {
  const pixels = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) {
    pixels[to] = rgb[from];
    pixels[to + 1] = rgb[from + 1];
    pixels[to + 2] = rgb[from + 2];
  }
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  canvas.getContext("2d").putImageData(new ImageData(pixels, width, height), 0, 0);
}

function paint(picture, moved, order) {
  painted = order;
  const canvas = $("gv-latent-canvas");
  putPicture(canvas, picture);
  const box = Math.min(canvas.parentElement.clientWidth, LARGEST);
  canvas.style.width = `${picture.width <= box ? Math.floor(box / picture.width) * picture.width : box}px`;
  canvas.classList.toggle("gv-smooth", picture.width > 40);
  const what = info.conditional ? `class ${info.classes[asRequest().class]}, ` : "";
  canvas.setAttribute("aria-label", `Generated picture, ${what}seed ${z.seed}, step ${picture.step}`);
  text($("gv-latent-caption"), `G(z) at step ${count(picture.step)}`);
  shownVersion = picture.version;
  canvas.dataset.version = picture.version;
  canvas.dataset.shown = (Number(canvas.dataset.shown) || 0) + 1;
  stats.latent = { version: picture.version, moved, shown: performance.now() };
  followTraining();
}

function trouble(problem) {
  const words = problem.name === "AbortError" ? "The server took too long; move a slider to try again." : problem.message;
  if (words) text($(info.ready ? "gv-latent-caption" : "gv-latent-wait"), words);
}

function sliders(directions) {
  const rows = directions.slice(0, 8).map(({ index, label }) => slider(label, z.directions[index] ?? 0, (value) => {
    change({ directions: { ...z.directions, [index]: value } }, false);
  }, { "data-direction": index }));
  $("gv-sliders").replaceChildren(...rows);
}

/** A labelled range from -4 to 4 with its value beside it; a double click returns it to zero. */
export function slider(label, value, moved, attributes = {}) {
  const output = el("output", {}, value.toFixed(2));
  const input = el("input", { type: "range", min: -4, max: 4, step: 0.02, value, "aria-label": label, ...attributes });
  const fill = () => {
    const at = (100 * (Number(input.value) + 4)) / 8;
    input.style.setProperty("--gv-from", `${Math.min(50, at)}%`);
    input.style.setProperty("--gv-to", `${Math.max(50, at)}%`);
    output.textContent = Number(input.value).toFixed(2);
  };
  input.addEventListener("input", () => { fill(); moved(Number(input.value)); });
  input.addEventListener("dblclick", () => { input.value = 0; fill(); moved(0); });
  input.refill = fill;
  fill();
  return el("label", { class: "gv-slider" }, el("span", {}, label), input, output);
}

function classes() {
  const box = $("gv-classes");
  box.hidden = !info.conditional;
  box.replaceChildren(...(info.conditional ? info.classes : []).map((name, index) => el("button", {
    type: "button", role: "radio", "data-class": index, "aria-checked": false, title: `Draw a ${name}`,
    onclick: () => change({ class: index }),
  }, name)));
  box.onkeydown = (event) => {
    const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    change({ class: (z.class + step + info.classes.length) % info.classes.length });
    box.children[z.class].focus();
  };
}

/** Bring every control to z's values. */
function show() {
  draw("latent-controls", () => {
    if (document.activeElement !== $("gv-seed")) $("gv-seed").value = z.seed;
    $("gv-psi").value = z.psi;
    $("gv-psi").style.setProperty("--gv-fill", `${z.psi * 100}%`);
    text($("gv-psi").nextElementSibling, z.psi.toFixed(2));
    for (const input of $("gv-sliders").querySelectorAll("input")) {
      input.value = z.directions[input.dataset.direction] ?? 0;
      input.refill();
    }
    [...$("gv-classes").children].forEach((button, index) => {
      button.setAttribute("aria-checked", index === z.class);
      button.tabIndex = index === z.class ? 0 : -1;
    });
    emit("z-shown");
  });
}
