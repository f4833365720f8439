// @ts-check
// The one smoothing of curves: live charts, kept runs, exported pages. Films smooth by the same
// formula (ganviz/export), and a test holds the two to the same numbers.

const WEIGHT = 0.1;

/**
 * The mean that follows `before`, the mean of the values so far. The first values are averaged
 * plainly, so that an arbitrary start is soon forgotten; later ones exponentially.
 * @param {number | null} before null where nothing was measured yet
 * @param {number | null | undefined} value null where nothing was measured at this row
 * @param {number} row of the value, from 0
 */
export function smoothNext(before, value, row) {
  if (value == null) return before;
  if (before == null) return value;
  return before + Math.max(WEIGHT, 1 / (row + 1)) * (value - before);
}

/**
 * A whole column smoothed; null until the first measured value.
 * @param {(number | null)[]} values
 */
export function smooth(values) {
  /** @type {number | null} */
  let mean = null;
  return values.map((value, row) => (mean = smoothNext(mean, value, row)));
}
