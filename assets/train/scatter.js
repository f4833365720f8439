// Points in the plane: real ones, generated ones, and D's verdict over the plane beneath them.

import { $, el, text } from "../lib/dom.js";
import { count, figure } from "../lib/format.js";
import { draw } from "../lib/schedule.js";
import { GLIDE } from "../lib/pacing.js";
import { storage } from "../lib/storage.js";
import { measured, newest } from "../lib/measured.js";
import { now, on } from "../lib/stream.js";
import { colour } from "../lib/theme.js";
import { tip } from "../lib/tips.js";

const MARGIN = 10;
const LAYERS = [
  ["real", "Real", "Samples of the data, as rings."],
  ["fake", "Generated", "What G makes of the same latent vectors, again and again, as crosses."],
  ["d", "D's verdict", "Where the plane is blue, D takes samples for real; the line is where it cannot tell."],
];
const FIGURES = [
  ["captured", "Modes", "Modes with at least one sample of high quality. One lucky sample counts: see the strict count beside it."],
  ["strict", "Strict", "Modes with at least 20 of 2,500 samples of high quality: a blur does not pass."],
  ["quality", "High quality", "Samples within three standard deviations of the nearest mode."],
  ["reverse_kl", "Reverse KL", "How unevenly the good samples are spread over the modes, in nats: 0 is even."],
];

const shown = { real: true, fake: true, d: true, ...(storage.get("scatter") ?? {}) };
let surface = null; // {image, box, contour}
let from = null; // the fakes' places before the newest event
let moved = 0;

export function start() {
  const stage = $("gv-stage");
  stage.append(el("div", { id: "gv-scatter", hidden: true }, el("canvas", { role: "img", "aria-label": "No points yet" })));
  stage.after(el("div", { id: "gv-modes", hidden: true }));
  document.querySelector(".gv-grid-card .gv-switch").before(legend());
  new ResizeObserver(() => draw("scatter", paint)).observe(stage);
  on("hello", ({ run, sameRun }) => {
    document.body.dataset.gvKind = run?.spec?.kind ?? "images";
    if (!sameRun) from = null;
  });
  on("measured", update);
  on("theme", () => draw("scatter", () => { heat(); paint(); }));
  update(null);
}

function legend() {
  return el("div", { id: "gv-scatter-legend", class: "gv-legend", role: "group", "aria-label": "Show or hide parts of the plane" },
    ...LAYERS.map(([name, label, words]) => el("button", {
      type: "button", class: "gv-key", "data-layer": name, "aria-pressed": shown[name], "data-tip": words,
      onclick: (event) => {
        shown[name] = !shown[name];
        event.currentTarget.setAttribute("aria-pressed", shown[name]);
        storage.set("scatter", shown);
        draw("scatter", paint);
      },
    }, el("i"), label)));
}

const isPoints = () => now.run?.spec?.kind === "points";

function update(kind) {
  const scatter = newest("scatter");
  $("gv-scatter").hidden = !isPoints() || !scatter;
  $("gv-modes").hidden = $("gv-scatter").hidden;
  if ($("gv-scatter").hidden) return;
  $("gv-grid-empty").hidden = true;
  if (kind === null || kind === "surface") draw("scatter-heat", heat);
  if (kind === null || kind === "modes") draw("scatter-modes", figures);
  if (kind === null) from = null;
  if (kind === "scatter") {
    from = held ?? null;
    moved = matchMedia("(prefers-reduced-motion: reduce)").matches || document.hidden ? 0 : performance.now();
  }
  draw("scatter", paint);
}

/** D's surface as a small picture that the canvas enlarges smoothly, and the line along which D cannot tell. */
function heat() {
  const data = newest("surface");
  surface = null;
  if (!data) return;
  const { size, z } = data;
  const sorted = [...z].sort((a, b) => a - b);
  const [low, high] = data.unit === "probability" ? [0, 1] : [sorted[Math.floor(0.02 * z.length)], sorted[Math.ceil(0.98 * z.length) - 1]];
  const image = new OffscreenCanvas(size, size);
  const pen = image.getContext("2d");
  const pixels = pen.createImageData(size, size);
  const [r, g, b] = rgb(colour("d"));
  z.forEach((value, index) => {
    const share = Math.min(1, Math.max(0, (value - low) / (high - low || 1)));
    const at = 4 * ((size - 1 - Math.floor(index / size)) * size + (index % size));
    pixels.data.set([r, g, b, 8 + 92 * share], at);
  });
  pen.putImageData(pixels, 0, 0);
  surface = { image, contour: data.level == null ? [] : contour(z, size, data.level) };
}

const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

/** Segments [x1, y1, x2, y2] in grid units where `z` crosses `level` (marching squares). */
function contour(z, size, level) {
  const lines = [];
  const cross = (a, b) => (level - a) / (b - a);
  for (let row = 0; row < size - 1; row += 1) {
    for (let col = 0; col < size - 1; col += 1) {
      const [a, b, c, d] = [z[row * size + col], z[row * size + col + 1], z[(row + 1) * size + col + 1], z[(row + 1) * size + col]];
      const cuts = [];
      if (a > level !== b > level) cuts.push([col + cross(a, b), row]);
      if (b > level !== c > level) cuts.push([col + 1, row + cross(b, c)]);
      if (d > level !== c > level) cuts.push([col + cross(d, c), row + 1]);
      if (a > level !== d > level) cuts.push([col, row + cross(a, d)]);
      for (let i = 0; i + 1 < cuts.length; i += 2) lines.push([...cuts[i], ...cuts[i + 1]]);
    }
  }
  return lines;
}

let held = null; // the fakes where they are drawn now

function paint() {
  const scatter = newest("scatter");
  const stage = $("gv-stage");
  const side = Math.floor(Math.min(stage.clientWidth, stage.clientHeight));
  if (!scatter || !isPoints() || side < 40) return;
  const canvas = $("gv-scatter").firstElementChild;
  const dense = devicePixelRatio;
  if (canvas.width !== Math.round(side * dense)) {
    canvas.width = canvas.height = Math.round(side * dense);
    canvas.style.width = canvas.style.height = `${side}px`;
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(dense, 0, 0, dense, 0, 0);
  pen.clearRect(0, 0, side, side);
  const box = extent(scatter);
  const span = Math.max(box.x[1] - box.x[0], box.y[1] - box.y[0]);
  const scale = (side - 2 * MARGIN) / span;
  const px = (x) => MARGIN + (x - (box.x[0] + box.x[1] - span) / 2) * scale;
  const py = (y) => side - MARGIN - (y - (box.y[0] + box.y[1] - span) / 2) * scale;
  if (shown.d && surface) paintSurface(pen, box, px, py);
  const share = Math.min(1, (performance.now() - moved) / GLIDE);
  held = between(from, scatter.fake, share);
  if (shown.real) rings(pen, scatter.real, px, py);
  if (shown.fake) crosses(pen, held, px, py);
  text($("gv-grid-caption"), `step ${count(measured.newest.scatter.step)}`);
  canvas.setAttribute("aria-label", words(scatter));
  canvas.dataset.step = measured.newest.scatter.step;
  if (share < 1) requestAnimationFrame(paint);
  else from = null;
}

/** What the view shows: D's grid where there is one, else the data with some room around it. */
function extent({ real }) {
  const grid = newest("surface");
  if (grid) return { x: grid.x, y: grid.y };
  const around = (values) => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return [low - 0.2 * (high - low), high + 0.2 * (high - low)];
  };
  return { x: around(real.x), y: around(real.y) };
}

function paintSurface(pen, box, px, py) {
  const { size } = newest("surface");
  const [left, top] = [px(box.x[0]), py(box.y[1])];
  const [width, height] = [px(box.x[1]) - left, py(box.y[0]) - top];
  const cell = [width / (size - 1), height / (size - 1)];
  pen.imageSmoothingEnabled = true;
  pen.imageSmoothingQuality = "high";
  pen.drawImage(surface.image, left - cell[0] / 2, top - cell[1] / 2, width + cell[0], height + cell[1]);
  pen.beginPath();
  for (const [x1, y1, x2, y2] of surface.contour) {
    pen.moveTo(left + x1 * cell[0], top + height - y1 * cell[1]);
    pen.lineTo(left + x2 * cell[0], top + height - y2 * cell[1]);
  }
  pen.strokeStyle = colour("d");
  pen.globalAlpha = 0.75;
  pen.lineWidth = 1.2;
  pen.stroke();
  pen.globalAlpha = 1;
}

const between = (a, b, share) => (a && share < 1 && a.x.length === b.x.length
  ? { x: b.x.map((x, i) => a.x[i] + (x - a.x[i]) * ease(share)), y: b.y.map((y, i) => a.y[i] + (y - a.y[i]) * ease(share)) } : b);
const ease = (t) => 1 - (1 - t) ** 3;

function rings(pen, { x, y }, px, py) {
  pen.beginPath();
  x.forEach((value, i) => {
    const [at, up] = [px(value), py(y[i])];
    pen.moveTo(at + 3, up);
    pen.arc(at, up, 3, 0, 2 * Math.PI);
  });
  pen.strokeStyle = colour("real");
  pen.globalAlpha = 0.7;
  pen.lineWidth = 1.3;
  pen.stroke();
  pen.globalAlpha = 1;
}

function crosses(pen, { x, y }, px, py) {
  pen.beginPath();
  x.forEach((value, i) => {
    const [at, up] = [px(value), py(y[i])];
    pen.moveTo(at - 2.5, up - 2.5);
    pen.lineTo(at + 2.5, up + 2.5);
    pen.moveTo(at - 2.5, up + 2.5);
    pen.lineTo(at + 2.5, up - 2.5);
  });
  pen.strokeStyle = colour("fake");
  pen.globalAlpha = 0.8;
  pen.lineWidth = 1.4;
  pen.stroke();
  pen.globalAlpha = 1;
}

function figures() {
  const modes = newest("modes");
  const place = $("gv-modes");
  if (!modes) {
    place.replaceChildren(el("p", { class: "gv-caption" }, "This data has no separate modes to count: judge by eye how well the crosses cover the rings."));
    return;
  }
  if (place.dataset.filled !== "yes") {
    place.dataset.filled = "yes";
    place.replaceChildren(...FIGURES.map(([name, label, why]) => el("div", { class: "gv-tile", "data-figure": name },
      el("span", {}, label, tip(why, label)), el("b", {}, "–"))),
      el("p", { class: "gv-caption" }, ""));
  }
  for (const [name] of FIGURES) text(place.querySelector(`[data-figure=${name}] b`), value(name, modes));
  text(place.lastElementChild, `Counted on ${count(modes.n)} generated samples.`);
}

function value(name, modes) {
  if (name === "quality") return `${(100 * modes.quality).toFixed(1)} %`;
  if (name === "reverse_kl") return modes.reverse_kl == null ? "–" : figure(modes.reverse_kl);
  return `${modes[name]} of ${modes.total}`;
}

function words({ fake, real }) {
  const modes = newest("modes");
  const found = modes ? ` ${modes.captured} of ${modes.total} modes captured, ${(100 * modes.quality).toFixed(1)} per cent of high quality.` : "";
  return `${real.x.length} real and ${fake.x.length} generated points at step ${measured.newest.scatter.step}.${found}`;
}
