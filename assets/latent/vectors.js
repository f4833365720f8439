// @ts-check
// Latents as numbers: the arithmetic of sliders, sums and maps, and their text in addresses and
// requests. Everything is added up in double precision and rounded once, so that what an address
// gives back is the same z to the last bit.

/** @typedef {Float32Array} Vector */

/** Seeds are whole numbers below this. */
export const MOST_SEEDS = 2 ** 31;

/** @param {number} below */
export const randomInteger = (below) => Math.floor(Math.random() * below);

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
