// @ts-check
// Latent space without a server: sprite sheets of pictures drawn beforehand over two directions,
// blended between their tiles; and, where the page carries onnxruntime-web and the generator, every
// direction live.

import { $, el, findAll, text } from "../lib/dom.js";
import { imageOf } from "../lib/onnx.js";
import { album, context, resize } from "../lib/pictures.js";
import { fillTrack, slider } from "../lib/slider.js";
import { data } from "./data.js";
import { loadGenerator } from "./generator.js";
import { blend, composeZ, gaussian } from "./vectors.js";

/** Bilinear weights below this are not worth a drawing. */
const FAINT = 0.002;
/** The page is shown first, the generator read then. */
const LIVE_AFTER = 200;
const SMOOTH_FROM = 64;

const state = {
  base: 0, z: /** @type {Float32Array | null} */ (null), label: 0,
  offsets: /** @type {number[]} */ ([]), psi: 1, requested: "", busy: false, again: false,
  generator: /** @type {import("./generator.js").Generator | null} */ (null),
};
/** @type {ReturnType<typeof slider>[]} */
const sliders = [];
const pictures = album();

export function startLatent() {
  const { latent } = data;
  $("latent").hidden = !latent && !data.latent_note;
  text($("latent-note"), data.latent_note);
  if (latent) return begin(latent);
  for (const part of findAll(".pad, .foot, #mode")) part.hidden = true;
}

/** @param {import("./data.js").Latent} latent */
function begin(latent) {
  state.offsets = latent.directions.map(() => 0);
  const canvas = $("sample", HTMLCanvasElement);
  resize(canvas, ...latent.size);
  canvas.classList.toggle("smooth", latent.size[0] > SMOOTH_FROM);
  addClasses(latent);
  addSliders(latent, Math.min(2, latent.directions.length));
  followPointer(latent);
  $("another").addEventListener("click", () => another(latent));
  $("another").hidden = latent.bases.length < 2;
  $("still").addEventListener("click", () => { state.offsets.fill(0); show(latent); });
  const psi = $("psi", HTMLInputElement);
  psi.addEventListener("input", () => { state.psi = psi.valueAsNumber; show(latent); });
  showMode();
  show(latent);
  const { live } = data;
  if (live) setTimeout(() => goLive(latent, live.scripts).catch(stayWithSprites), LIVE_AFTER);
}

function showMode() {
  const live = state.generator !== null;
  $("mode").toggleAttribute("data-live", live);
  text($("mode"), live ? "live: the generator runs in this browser" : "drawn beforehand");
  document.body.dataset.latent = live ? "live" : "sprites";
}

function addClasses(latent) {
  const box = $("classes");
  box.hidden = !latent.classes.length;
  box.append(...latent.classes.map((name, index) => el("button", {
    type: "button", onclick: () => { state.label = index; show(latent); },
  }, name)));
}

/** Sliders for the first `count` directions; those that are there already stay. */
function addSliders(latent, count) {
  for (let index = sliders.length; index < count; index += 1) {
    const one = slider(`Direction ${index + 1}`, {
      value: state.offsets[index], span: latent.span,
      onMove: (value) => { state.offsets[index] = value; show(latent); },
    });
    sliders.push(one);
    $("sliders").append(one.row);
  }
}

/** Drag over the picture: sideways direction 1, up and down direction 2. */
function followPointer(latent) {
  const pad = $("pad");
  const move = (/** @type {PointerEvent} */ event) => {
    const box = pad.getBoundingClientRect();
    const at = [(event.clientX - box.left) / box.width, 1 - (event.clientY - box.top) / box.height];
    at.slice(0, state.offsets.length).forEach((share, axis) => {
      state.offsets[axis] = latent.span * (2 * Math.min(1, Math.max(0, share)) - 1);
    });
    show(latent);
  };
  pad.addEventListener("pointerdown", (event) => {
    pad.setPointerCapture(event.pointerId);
    move(event);
  });
  pad.addEventListener("pointermove", (event) => {
    if (pad.hasPointerCapture(event.pointerId)) move(event);
  });
}

function another(latent) {
  state.base = (state.base + 1) % latent.bases.length;
  state.z = state.generator ? Float32Array.from({ length: latent.dim }, gaussian) : null;
  show(latent);
}

function show(latent) {
  sliders.forEach(({ set }, index) => set(state.offsets[index]));
  const psi = $("psi", HTMLInputElement);
  text(psi.nextElementSibling, state.psi.toFixed(2));
  fillTrack(psi);
  findAll("button", $("classes")).forEach((button, index) =>
    button.setAttribute("aria-pressed", String(index === state.label)));
  const [x, y] = [state.offsets[0] ?? 0, state.offsets[1] ?? 0].map((to) => to / latent.span);
  $("dot").style.left = `${50 + 50 * x}%`;
  $("dot").style.top = `${50 - 50 * y}%`;
  if (state.generator) drawLive(latent, state.generator);
  else if (data.sprites) drawSprites(latent, data.sprites);
}

/**
 * Blend the four tiles around the position of the sliders, each by how near it is.
 * @param {import("./data.js").Latent} latent
 * @param {import("./data.js").Sprites} sprites
 */
async function drawSprites(latent, { columns, rows, sheets }) {
  const ofBase = sheets[state.base] ?? sheets[0];
  const file = ofBase[state.label] ?? ofBase[0];
  state.requested = file;
  const sheet = await pictures(file);
  if (!sheet || state.requested !== file || state.generator) return;
  const canvas = $("sample", HTMLCanvasElement);
  const [x, y] = [state.offsets[0] ?? 0, state.offsets[1] ?? 0].map((to) => to / latent.span);
  blendTiles(context(canvas), sheet, latent.size, blend(x, columns), blend(y, rows));
  const at = state.offsets.slice(0, 2).map((to) => to.toFixed(2));
  canvas.dataset.drawn = `${file} ${at}`;
}

/** Draw the sum of the tiles of a sheet, each by its weights across and along. */
function blendTiles(pen, sheet, [width, height], across, along) {
  pen.globalCompositeOperation = "source-over";
  pen.globalAlpha = 1;
  pen.fillStyle = "#000";
  pen.fillRect(0, 0, width, height);
  pen.globalCompositeOperation = "lighter";
  for (const [column, byColumn] of across) {
    for (const [row, byRow] of along) {
      if (byColumn * byRow <= FAINT) continue;
      pen.globalAlpha = byColumn * byRow;
      pen.drawImage(sheet, column * width, row * height, width, height, 0, 0, width, height);
    }
  }
}

async function goLive(latent, scripts) {
  const generator = await loadGenerator(latent, scripts);
  await generator.draw(z(latent), state.label);
  window.page = { draw: generator.draw };
  state.generator = generator;
  showMode();
  addSliders(latent, latent.directions.length);
  $("psi-row").hidden = $("another").hidden = false;
  show(latent);
}

function stayWithSprites(error) {
  document.body.dataset.live = `failed: ${error?.message ?? error}`;
  text($("latent-note"), "This browser could not start the generator, so the pictures are those drawn beforehand.");
}

const z = (latent) => composeZ(state.z ?? latent.bases[state.base], state.psi, {
  directions: latent.directions, offsets: state.offsets,
});

/** Draw the newest position; those that came while drawing become one. */
async function drawLive(latent, generator) {
  state.again = state.busy;
  if (state.busy) return;
  state.busy = true;
  do {
    state.again = false;
    const begun = performance.now();
    const picture = imageOf(await generator.draw(z(latent), state.label), {
      width: latent.size[0], height: latent.size[1], channels: latent.channels,
    });
    const canvas = $("sample", HTMLCanvasElement);
    context(canvas).putImageData(picture, 0, 0);
    canvas.dataset.drawn = `live ${state.offsets.map((to) => to.toFixed(2))}`;
    document.body.dataset.drawMs = (performance.now() - begun).toFixed(1);
  } while (state.again);
  state.busy = false;
}
