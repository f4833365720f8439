// @ts-check
// A scale with a middle: D's verdict from "generated" over "cannot tell" to "real".

/** Below 1 it spreads what lies near the middle, where a D that plays well stays. */
const EXPONENT = 0.6;
/** Of values without bounds, so many lie within the scale. */
const WITHIN = 0.98;

/** Where D is nearly nowhere sure: the scale then ends at what there is, and its square root shows
 * little differences. */
const NEAR = 0.2;
const NEAR_EXPONENT = 0.5;

/**
 * @typedef {object} Scale
 * @property {number} low
 * @property {number} middle
 * @property {number} high
 * @property {number} [exponent]
 */

/**
 * The scale of a surface: of probabilities from 0 over 1/2 to 1; else as far to both sides of the
 * level where D cannot tell (of a critic: of the middle value) as nearly all values reach.
 * @param {{unit: string, level: number | null, z: ArrayLike<number>}} surface
 * @returns {Scale}
 */
export function scaleOf({ unit, level, z }) {
  if (unit === "probability") return { low: 0, middle: 0.5, high: 1 };
  const sorted = Array.from(z).sort((a, b) => a - b);
  const middle = level ?? sorted[Math.floor(sorted.length / 2)];
  const far = sorted.map((value) => Math.abs(value - middle)).sort((a, b) => a - b);
  const reach = far[Math.max(0, Math.ceil(WITHIN * far.length) - 1)] || 1;
  return { low: middle - reach, middle, high: middle + reach };
}

/**
 * The same, but where D is near equilibrium (nearly all probabilities within 0.2 of 1/2) the scale
 * ends at the values that there are, and grows by their signed square root.
 * @param {{unit: string, level: number | null, z: ArrayLike<number>}} surface
 * @returns {Scale}
 */
export function nearScaleOf(surface) {
  if (surface.unit !== "probability") return scaleOf(surface);
  const far = Array.from(surface.z, (value) => Math.abs(value - 0.5)).sort((a, b) => a - b);
  const reach = far[Math.max(0, Math.ceil(WITHIN * far.length) - 1)] || NEAR;
  if (reach >= NEAR) return scaleOf(surface);
  return { low: 0.5 - reach, middle: 0.5, high: 0.5 + reach, exponent: NEAR_EXPONENT };
}

/**
 * The value that lies at a position, the inverse of `position`.
 * @param {number} at -1 to 1
 * @param {Scale} scale
 */
export const valueAt = (at, { middle, high, exponent = EXPONENT }) =>
  middle + Math.sign(at) * (high - middle) * Math.abs(at) ** (1 / exponent);

/**
 * Where a value lies: -1 at the low end, 0 in the middle, 1 at the high end.
 * @param {number} value
 * @param {Scale} scale
 */
export function position(value, { middle, high, exponent = EXPONENT }) {
  const share = Math.max(-1, Math.min(1, (value - middle) / (high - middle || 1)));
  return Math.sign(share) * Math.abs(share) ** exponent;
}
