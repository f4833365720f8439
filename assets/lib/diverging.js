// @ts-check
// A scale with a middle: D's verdict from "generated" over "cannot tell" to "real".

/** Below 1 it spreads what lies near the middle, where a D that plays well stays. */
const EXPONENT = 0.6;
/** Of values without bounds, so many lie within the scale. */
const WITHIN = 0.98;

/** @typedef {{low: number, middle: number, high: number}} Scale */

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
 * Where a value lies: -1 at the low end, 0 in the middle, 1 at the high end.
 * @param {number} value
 * @param {Scale} scale
 */
export function position(value, { middle, high }) {
  const share = Math.max(-1, Math.min(1, (value - middle) / (high - middle || 1)));
  return Math.sign(share) * Math.abs(share) ** EXPONENT;
}
