// @ts-check
// Samples of any latents, in parts that fit into a request, and how they come onto canvases.

import { context, resize } from "../lib/pictures.js";
import { post, postForBytes } from "../lib/request.js";
import { toText } from "../latent/vectors.js";
import { explored } from "./state.js";

/** @typedef {import("../latent/vectors.js").Vector} Vector */
/** @typedef {ImageData | [number, number]} Sample a picture, or a point of the plane */

/** Bytes of latents in one request; the server takes 64 KB with everything. */
const MOST = 42_000;
/** So many samples come first, so that something is seen at once. */
const FIRST = 20;

/**
 * Draw samples, while they are `wanted()`; `onSample(index, sample)` is called as they come. Throws
 * an Error with a sentence.
 * @param {Vector[]} vectors
 * @param {(number | null)[]} labels
 * @param {(index: number, sample: Sample) => void} onSample
 * @param {() => boolean} [wanted]
 */
export async function drawSamples(vectors, labels, onSample, wanted = () => true) {
  const dim = explored.source?.latent_dim ?? 1;
  const most = Math.max(1, Math.floor(MOST / (4 * dim)));
  let from = 0;
  while (from < vectors.length) {
    const count = Math.min(from ? most : Math.min(FIRST, most), vectors.length - from);
    const end = from + count;
    const body = samplesBody(vectors.slice(from, end), labels.slice(from, end));
    const { pictures: part } = await fetchPictures("samples", body);
    if (!wanted()) return;
    part.forEach((sample, index) => onSample(from + index, sample));
    from += count;
  }
}

/**
 * POST a request whose answer is pictures, or points. Throws an Error with a sentence.
 * @param {string} name
 * @param {object} body
 * @returns {Promise<{pictures: Sample[], header: (name: string) => string}>}
 */
export async function fetchPictures(name, body) {
  const { header, number, bytes } = await postForBytes(`gv/explore/${name}`, body);
  if (!header("Count")) return { pictures: JSON.parse(new TextDecoder().decode(bytes)).points, header };
  const [count, width, height, channels] = ["Count", "Width", "Height", "Channels"].map(number);
  const size = width * height * channels;
  const pictures = Array.from({ length: count }, (_, index) =>
    pictureOf(bytes.subarray(index * size, (index + 1) * size), width, height, channels));
  return { pictures, header };
}

/**
 * What names samples in a request.
 * @param {Vector[]} vectors
 * @param {(number | null)[]} labels
 */
export const samplesBody = (vectors, labels) => ({
  run: explored.source?.run, z: toText(vectors), y: explored.source?.conditional ? labels : null,
});

/**
 * Raw pixels as a picture.
 * @param {Uint8Array} bytes
 * @param {number} width
 * @param {number} height
 * @param {number} channels 1 or 3
 */
export function pictureOf(bytes, width, height, channels) {
  const pixels = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let index = 0; index < width * height; index += 1) {
    for (let part = 0; part < 3; part += 1) {
      pixels[4 * index + part] = bytes[index * channels + (channels === 3 ? part : 0)];
    }
  }
  return new ImageData(pixels, width, height);
}

/** How far the plane of points reaches, either way, and how large it is drawn. */
export const REACH = 2.2;
const PLANE = 112;

/**
 * Put a sample onto a canvas of its own; CSS enlarges it. A point is a dot in the plane.
 * @param {HTMLCanvasElement} canvas
 * @param {Sample} sample
 */
export function paintSample(canvas, sample) {
  if (sample instanceof ImageData) {
    resize(canvas, sample.width, sample.height);
    context(canvas).putImageData(sample, 0, 0);
    canvas.classList.toggle("gv-smooth", sample.width > 40);
    return;
  }
  resize(canvas, PLANE, PLANE);
  canvas.classList.add("gv-smooth");
  const pen = context(canvas);
  pen.clearRect(0, 0, PLANE, PLANE);
  dot(pen, sample, 0, 0, PLANE);
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {[number, number]} point
 */
function dot(pen, [x, y], left, top, side) {
  const style = getComputedStyle(document.body);
  pen.strokeStyle = style.getPropertyValue("--gv-line");
  pen.beginPath();
  pen.moveTo(left + side / 2, top);
  pen.lineTo(left + side / 2, top + side);
  pen.moveTo(left, top + side / 2);
  pen.lineTo(left + side, top + side / 2);
  pen.stroke();
  pen.fillStyle = style.getPropertyValue("--gv-fake");
  pen.beginPath();
  const at = (/** @type {number} */ value) => (side * (value / REACH + 1)) / 2;
  pen.arc(left + at(x), top + side - at(y), side / 16, 0, 2 * Math.PI);
  pen.fill();
}

/**
 * Put a sample into a cell of a sheet.
 * @param {HTMLCanvasElement} sheet
 * @param {Sample} sample
 * @param {number} left
 * @param {number} top
 */
export function paintCell(sheet, sample, left, top) {
  const pen = context(sheet);
  if (sample instanceof ImageData) pen.putImageData(sample, left, top);
  else {
    pen.clearRect(left, top, PLANE, PLANE);
    dot(pen, sample, left, top, PLANE);
  }
}

/**
 * Where two pictures differ.
 * @param {ImageData} a
 * @param {ImageData} b
 */
export function differenceOf(a, b) {
  const pixels = new Uint8ClampedArray(a.data.length);
  a.data.forEach((value, index) => {
    pixels[index] = index % 4 === 3 ? 255 : Math.abs(value - (b.data[index] ?? 0));
  });
  return new ImageData(pixels, a.width, a.height);
}

/** The sides of a cell that holds one sample. @returns {[number, number]} */
export const cellSize = () => {
  const { source } = explored;
  return source?.kind === "images" ? [source.width, source.height] : [PLANE, PLANE];
};

/**
 * D's scores of samples. Throws an Error with a sentence.
 * @param {Vector[]} vectors
 * @param {(number | null)[]} labels
 * @returns {Promise<{scores: number[], unit: string, step: number}>}
 */
export async function scoresOf(vectors, labels) {
  const answer = await post("gv/explore/scores", samplesBody(vectors, labels));
  if (!answer.ok) throw new Error(answer.sentence);
  return /** @type {any} */ (answer);
}
