// @ts-check
// Latents as numbers: the arithmetic of sliders, paths and maps, and their text in addresses and
// requests. Everything is added up in double precision and rounded once, so that what an address
// gives back is the same z to the last bit.

/** @typedef {Float32Array} Vector */

/**
 * `sum of weight * vector`.
 * @param {[number, Vector][]} terms
 * @param {number} dim
 * @returns {Vector}
 */
export function combine(terms, dim) {
  const sum = new Float64Array(dim);
  for (const [weight, vector] of terms) {
    if (weight === 0) continue;
    for (let index = 0; index < dim; index += 1) sum[index] += weight * vector[index];
  }
  return Float32Array.from(sum);
}

/** @param {Vector} a @param {Vector} b */
export function dot(a, b) {
  let sum = 0;
  for (let index = 0; index < a.length; index += 1) sum += a[index] * b[index];
  return sum;
}

/** @param {Vector} a */
export const norm = (a) => Math.sqrt(dot(a, a));

/**
 * The straight line from `a` (t = 0) to `b` (t = 1).
 * @param {Vector} a @param {Vector} b @param {number} t
 */
export const lerp = (a, b, t) => combine([[1 - t, a], [t, b]], a.length);

const NEARLY = 1e-6;

/**
 * The great circle from `a` to `b` (Shoemake 1985): the direction turns evenly, the norm goes in a
 * straight line. Where they are parallel, or one has no direction, it is `lerp`; where they are
 * opposite, a fixed one of the half circles is taken, as ganviz/latent/paths.py does.
 * @param {Vector} a @param {Vector} b @param {number} t
 */
export function slerp(a, b, t) {
  const [from, to] = [norm(a), norm(b)];
  if (Math.min(from, to) < NEARLY) return lerp(a, b, t);
  const start = Float64Array.from(a, (value) => value / from);
  const end = Float64Array.from(b, (value) => value / to);
  const angle = angleOf(start, end);
  if (angle < NEARLY) return lerp(a, b, t);
  const aside = asideOf(start, end, angle);
  if (!aside) return lerp(a, b, t);
  const length = from + t * (to - from);
  const [along, across] = [length * Math.cos(t * angle), length * Math.sin(t * angle)];
  return Float32Array.from(start, (value, index) => along * value + across * aside[index]);
}

/** Exact near 0 and pi, where acos is not. @param {Float64Array} a @param {Float64Array} b */
function angleOf(a, b) {
  let [apart, summed] = [0, 0];
  for (let index = 0; index < a.length; index += 1) {
    apart += (a[index] - b[index]) ** 2;
    summed += (a[index] + b[index]) ** 2;
  }
  return 2 * Math.atan2(Math.sqrt(apart), Math.sqrt(summed));
}

/** The unit vector at a right angle to `start` towards `end`. */
function asideOf(start, end, angle) {
  let aside = end;
  if (Math.PI - angle < NEARLY) {
    if (start.length === 1) return null;
    let least = 0;
    start.forEach((value, index) => { if (Math.abs(value) < Math.abs(start[least])) least = index; });
    aside = new Float64Array(start.length);
    aside[least] = 1;
  }
  let shared = 0;
  for (let index = 0; index < start.length; index += 1) shared += start[index] * aside[index];
  const rest = Float64Array.from(aside, (value, index) => value - shared * start[index]);
  const size = Math.sqrt(rest.reduce((sum, value) => sum + value * value, 0));
  return rest.map((value) => value / size);
}

/**
 * Latents as base64 of 32-bit numbers, in the alphabet for addresses and without padding.
 * @param {Vector[]} vectors
 */
export function toText(vectors) {
  const bytes = new Uint8Array(vectors.reduce((sum, { length }) => sum + 4 * length, 0));
  let at = 0;
  for (const vector of vectors) {
    const view = new DataView(bytes.buffer, at, 4 * vector.length);
    vector.forEach((value, index) => view.setFloat32(4 * index, value, true));
    at += 4 * vector.length;
  }
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/**
 * The one latent of `dim` numbers that a text holds; null where it holds anything else.
 * @param {string} text
 * @param {number} dim
 * @returns {Vector | null}
 */
export function fromText(text, dim) {
  try {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    if (binary.length !== 4 * dim) return null;
    const vector = toVectors(Uint8Array.from(binary, (one) => one.charCodeAt(0)), dim)[0];
    return vector.every(Number.isFinite) ? vector : null;
  } catch {
    return null;
  }
}

/**
 * Little-endian 32-bit numbers as latents of `dim` numbers.
 * @param {Uint8Array} bytes
 * @param {number} dim
 * @returns {Vector[]}
 */
export function toVectors(bytes, dim) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: Math.floor(bytes.length / (4 * dim)) }, (_, row) =>
    Float32Array.from({ length: dim }, (_, index) => view.getFloat32(4 * (row * dim + index), true)));
}
