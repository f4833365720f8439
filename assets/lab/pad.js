// @ts-check
// Draw a distribution with mouse, touch or pen, and train on it.

import { $, el, text } from "../lib/dom.js";
import { count, counted } from "../lib/format.js";
import { context, resize } from "../lib/pictures.js";
import { on } from "../lib/stream.js";
import { colour } from "../lib/theme.js";
import { startPreset } from "../train/form.js";
import { send, sendButton, sentByTheClass, whoLooks } from "./class_drawings.js";
import { MOST, REACH, fromText, mirrored, tidied, toText } from "./strokes.js";

/** @typedef {import("./strokes.js").Stroke} Stroke */

const PRESET = "drawn";
const SIDE = 320;
const BRUSH = 12;
const NOISES = "noise";

/** Tidied strokes, without their mirror images. @type {Stroke[]} */
let strokes = [];
/** The stroke that is being drawn. @type {Stroke | null} */
let current = null;

/** @param {HTMLElement} tools */
export function start(tools) {
  const noises = window.gvFacts.fields[NOISES].choices;
  tools.append(el("section", { class: "gv-card gv-lab-pad", id: "gv-lab-pad", "aria-labelledby": "gv-lab-pad-title" },
    el("header", { class: "gv-card-head" }, el("h2", { id: "gv-lab-pad-title" }, "Draw your own distribution")),
    el("div", { class: "gv-lab-pad-body" },
      el("canvas", { id: "gv-lab-drawing", width: SIDE, height: SIDE, role: "img", "aria-label": "Nothing is drawn yet" }),
      el("div", { class: "gv-lab-pad-side" },
        el("p", { class: "gv-say" }, "Draw with mouse, finger or pen: real points will lie along your strokes. A click makes a dot, and separate dots are modes that can be counted."),
        el("label", { class: "gv-inline" }, "Brush ", el("input", { type: "range", id: "gv-lab-brush", min: 4, max: 60, value: BRUSH })),
        el("label", { class: "gv-inline" }, "Mirror ", el("select", { id: "gv-lab-mirror", onchange: refresh },
          ...[["none", "none"], ["x", "left and right"], ["y", "up and down"], ["both", "both"]].map(([value, words]) => el("option", { value }, words)))),
        el("label", { class: "gv-inline" }, "Noise ", el("select", { id: "gv-lab-noise" },
          ...noises.map((/** @type {[string, string]} */ [words, value]) => el("option", { value }, words)))),
        el("label", { class: "gv-inline" }, "Numbers in z ", el("input", { type: "number", id: "gv-lab-numbers", class: "gv-input", min: 1, max: 1024, value: 2 })),
        el("div", { class: "gv-lab-pad-buttons" },
          el("button", { type: "button", class: "gv-button gv-small", id: "gv-lab-undo", onclick: undo }, "Undo"),
          el("button", { type: "button", class: "gv-button gv-small", id: "gv-lab-clear", onclick: () => replace([]) }, "Clear"),
          el("button", { type: "button", class: "gv-button gv-small", id: "gv-lab-example", onclick: () => replace(fromText(window.gvFacts.fields.drawing.default)) }, "An example"),
          el("button", { type: "button", class: "gv-button gv-small gv-strong", id: "gv-lab-draw-train", onclick: train }, "Train on it"), sendButton(hand),
          el("button", { type: "button", class: "gv-button gv-small", id: "gv-lab-draw-replace", hidden: true, onclick: () => $("gv-replace").click() },
            "Stop the other run and start this one")),
        el("p", { class: "gv-caption", id: "gv-lab-pad-say", role: "status" }))),
    sentByTheClass((words) => replace(fromText(words)),
      (canvas, words) => paintOn(canvas, fromText(words)))));
  whoLooks();
  listen($("gv-lab-drawing", HTMLCanvasElement));
  on("theme", refresh);
  on("started", () => { $("gv-lab-draw-replace").hidden = true; refresh(); });
  refresh();
}

/** @param {Stroke[]} all */
function replace(all) {
  strokes = all;
  refresh();
}

const undo = () => replace(strokes.slice(0, -1));

/** @param {HTMLCanvasElement} canvas */
function listen(canvas) {
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    current = { width: $("gv-lab-brush", HTMLInputElement).valueAsNumber, points: [placeOf(event, canvas)] };
    refresh();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!current) return;
    current.points.push(placeOf(event, canvas));
    paint();
  });
  canvas.addEventListener("pointerup", finish);
  canvas.addEventListener("pointercancel", () => { current = null; refresh(); });
}

/** In hundredths of the plane's unit, also outside of the canvas. @param {MouseEvent} event @param {HTMLCanvasElement} canvas @returns {[number, number]} */
function placeOf({ offsetX, offsetY }, canvas) {
  const unit = (2 * REACH) / canvas.clientWidth;
  return [offsetX * unit - REACH, REACH - offsetY * unit];
}

/** The stroke is done: it is kept, unless the drawing would be more than a run can hold. */
function finish() {
  if (!current) return;
  const stroke = tidied(current);
  current = null;
  const full = toText(mirrored([...strokes, stroke], mirror())).length > MOST;
  if (!full) strokes = [...strokes, stroke];
  refresh();
  if (full) text($("gv-lab-pad-say"), "The drawing is full: the last stroke was left out. Undo or clear some to go on.");
}

const mirror = () => $("gv-lab-mirror", HTMLSelectElement).value;

/** What is drawn, with its mirror images. */
const drawing = () => mirrored(current ? [...strokes, current] : strokes, mirror());

function refresh() {
  const all = drawing();
  for (const id of ["gv-lab-undo", "gv-lab-clear", "gv-lab-draw-train", "gv-lab-draw-send"]) {
    $(id, HTMLButtonElement).disabled = !strokes.length;
  }
  const words = strokes.length ? counted(all.length, "1 stroke.", `${count(all.length)} strokes.`) : "Nothing is drawn yet.";
  text($("gv-lab-pad-say"), words);
  $("gv-lab-drawing").setAttribute("aria-label", words);
  paint();
}

function paint() {
  const canvas = $("gv-lab-drawing", HTMLCanvasElement);
  resize(canvas, SIDE * devicePixelRatio, SIDE * devicePixelRatio);
  paintOn(canvas, drawing());
}

/** @param {HTMLCanvasElement} canvas square @param {Stroke[]} all */
function paintOn(canvas, all) {
  const side = canvas.width;
  const pen = context(canvas);
  pen.setTransform(side / (2 * REACH), 0, 0, -side / (2 * REACH), side / 2, side / 2);
  pen.clearRect(-REACH, -REACH, 2 * REACH, 2 * REACH);
  pen.strokeStyle = colour("line");
  pen.lineWidth = 1;
  pen.strokeRect(-100, -100, 200, 200);
  Object.assign(pen, { strokeStyle: colour("real"), lineCap: "round", lineJoin: "round", globalAlpha: 0.75 });
  for (const { width, points } of all) {
    pen.lineWidth = width;
    pen.beginPath();
    points.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    if (points.length === 1) pen.lineTo(points[0][0] + 0.01, points[0][1]);
    pen.stroke();
  }
  pen.globalAlpha = 1;
}

/** Send the drawing to the presenter. */
async function hand() {
  text($("gv-lab-pad-say"), await send(toText(mirrored(strokes, mirror()))));
}

/** Start a run on the drawing; what the server refuses, it says. */
async function train() {
  const written = toText(mirrored(strokes, mirror()));
  if (written.length > MOST) {
    text($("gv-lab-pad-say"), "The drawing and its mirror image are more than a run can hold: undo some strokes, or mirror less.");
    return;
  }
  const say = await startPreset(PRESET, {
    drawing: written, noise: $("gv-lab-noise", HTMLSelectElement).value,
    latent_dim: $("gv-lab-numbers", HTMLInputElement).valueAsNumber,
  });
  if (say) text($("gv-lab-pad-say"), say);
  $("gv-lab-draw-replace").hidden = document.body.dataset.gvNext !== "busy";
}
