// @ts-check
// The data of a plane of points: JSON by itself, or in a text chunk of the picture that is kept.

/** The keyword of the chunk, as ganviz/engine/point_frames.py writes it. */
const KEYWORD = "ganviz";
const PNG_HEADER = 8;

/**
 * @typedef {{x: number[], y: number[]}} Points
 * @typedef {object} Surface
 * @property {number[]} x its extent
 * @property {number[]} y
 * @property {number} size of the grid's side
 * @property {string} unit probability or raw
 * @property {number | null} level where D cannot tell
 * @property {ArrayLike<number>} z row by row from the lowest y
 * @typedef {object} Arrows where a loss of G would push some fakes
 * @property {string} own the run's objective
 * @property {Points} at where the fakes were
 * @property {Record<string, Points>} pushes for each objective minus its gradient at them
 * @typedef {object} Plane
 * @property {number} step
 * @property {Points} fake
 * @property {Surface | null} surface D's verdict
 * @property {Points | null} manifold the images of an even grid of latents, row by row
 * @property {Arrows | null} arrows
 */

/**
 * The plane in the bytes of a frame; null for a picture that carries none.
 * @param {Uint8Array} bytes
 * @returns {Plane | null}
 */
export function readPlane(bytes) {
  const text = bytes[0] === 0x7b ? new TextDecoder().decode(bytes) : textChunk(bytes, KEYWORD);
  return text === null ? null : unpack(JSON.parse(text));
}

/**
 * The text that a PNG carries under `keyword`, or null.
 * @param {Uint8Array} bytes
 * @param {string} keyword
 */
export function textChunk(bytes, keyword) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const latin = new TextDecoder("latin1");
  for (let at = PNG_HEADER; at + 12 <= bytes.length;) {
    const length = view.getUint32(at);
    const kind = latin.decode(bytes.subarray(at + 4, at + 8));
    const body = bytes.subarray(at + 8, at + 8 + length);
    if (kind === "tEXt" && latin.decode(body.subarray(0, keyword.length + 1)) === `${keyword}\0`) {
      return latin.decode(body.subarray(keyword.length + 1));
    }
    at += 12 + length;
  }
  return null;
}

/** @returns {Plane} */
function unpack({ step, unit, points, surface = null, manifold = null, arrows = null }) {
  return {
    step, fake: unpackPoints({ unit, points }), surface: surface && unpackSurface(surface),
    manifold: manifold && unpackPoints(manifold), arrows: arrows && unpackArrows(arrows),
  };
}

/** @returns {Points} */
export function unpackPoints({ unit, points }) {
  const bytes = fromBase64(points);
  const view = new DataView(bytes.buffer);
  const found = { x: /** @type {number[]} */ ([]), y: /** @type {number[]} */ ([]) };
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    found.x.push(unit * view.getInt16(at, true));
    found.y.push(unit * view.getInt16(at + 2, true));
  }
  return found;
}

/** @returns {Arrows} */
function unpackArrows({ own, at, pushes }) {
  const unpacked = Object.entries(pushes).map(([name, each]) => [name, unpackPoints(each)]);
  return { own, at: unpackPoints(at), pushes: Object.fromEntries(unpacked) };
}

/** @returns {Surface} */
function unpackSurface({ low, high, z, x, y, size, unit, level }) {
  const values = Float32Array.from(fromBase64(z), (byte) => low + ((high - low) * byte) / 255);
  return { x, y, size, unit, level, z: values };
}

/** @param {string} text */
const fromBase64 = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
