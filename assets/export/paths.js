// @ts-check
// Paths that were kept with the run, drawn beforehand: choose one, play it.

import { $, el, text } from "../lib/dom.js";
import { counted } from "../lib/format.js";
import { album, context, resize } from "../lib/pictures.js";
import { player } from "../lib/player.js";
import { data } from "./data.js";

const SMOOTH_FROM = 64;
const pictures = album();
let wanted = "";
/** @type {ReturnType<typeof player> | null} */
let transport = null;

export function startPaths() {
  const { latent, paths } = data;
  $("paths").hidden = !latent || !paths.length;
  if (!latent || !paths.length) return;
  const canvas = $("path-picture", HTMLCanvasElement);
  resize(canvas, ...latent.size);
  canvas.classList.toggle("smooth", latent.size[0] > SMOOTH_FROM);
  const list = $("path-name", HTMLSelectElement);
  list.append(...paths.map(({ name }, index) => el("option", { value: index }, name)));
  list.addEventListener("change", () => open(paths[Number(list.value)], latent.size));
  open(paths[0], latent.size);
}

/**
 * Open a path; where another one plays, this one is played from its beginning.
 * @param {import("./data.js").Path} path
 * @param {[number, number]} size of a frame
 */
function open({ name, file, frames, columns }, size) {
  const plays = transport?.playing;
  transport?.stop();
  transport = player($("path-player"), {
    steps: Array.from({ length: frames }, (_, index) => index + 1),
    onStep: (_, index) => show(file, index, columns, size),
    label: `Frame of the path ${name}`,
    words: (step) => `frame ${step} of ${frames}`,
  });
  text($("path-about"), counted(frames, "1 frame, drawn when this page was made.", `${frames} frames, drawn when this page was made.`));
  transport.go(0);
  if (plays) transport.toggle();
}

/**
 * @param {string} file
 * @param {number} index
 * @param {number} columns
 * @param {[number, number]} size
 */
async function show(file, index, columns, [width, height]) {
  const frame = `${file} ${index}`;
  wanted = frame;
  const sheet = await pictures(file);
  if (!sheet || wanted !== frame) return;
  const canvas = $("path-picture", HTMLCanvasElement);
  const [left, top] = [(index % columns) * width, Math.floor(index / columns) * height];
  context(canvas).drawImage(sheet, left, top, width, height, 0, 0, width, height);
  canvas.dataset.drawn = frame;
}
