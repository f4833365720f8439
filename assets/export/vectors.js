// @ts-check
// Arithmetic of latent vectors and of the tiles between which a position lies.

/**
 * The two tiles on either side of a position, with their bilinear weights.
 * @param {number} at -1 to 1
 * @param {number} count of tiles along the axis
 * @returns {[number, number][]} tile and weight
 */
export function blend(at, count) {
  if (count < 2) return [[0, 1]];
  const position = Math.min(1, Math.max(0, (at + 1) / 2)) * (count - 1);
  const low = Math.min(Math.floor(position), count - 2);
  return [[low, 1 - (position - low)], [low + 1, position - low]];
}

/**
 * `base` pulled towards the mean by `psi`, and the sliders' offsets on top.
 * @param {ArrayLike<number>} base
 * @param {number} psi
 * @param {{directions: number[][], offsets: number[]}} moves
 */
export function composeZ(base, psi, { directions, offsets }) {
  const z = Float32Array.from(base, (value) => value * psi);
  directions.forEach((direction, index) => {
    if (!offsets[index]) return;
    direction.forEach((value, entry) => { z[entry] += offsets[index] * value; });
  });
  return z;
}

/** A standard normal number (Box and Muller, 1958). */
export const gaussian = () =>
  Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
