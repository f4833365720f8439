// @ts-check
// Scales, ticks and paths: what every drawn chart needs, without an element.

/**
 * A straight map from [a, b] to [from, to].
 * @param {number} a
 * @param {number} b
 * @param {number} from
 * @param {number} to
 */
export const scale = (a, b, from, to) => (/** @type {number} */ value) =>
  from + ((value - a) / (b - a || 1)) * (to - from);

/**
 * The path through points.
 * @param {number[][]} points x and y of each
 */
export const path = (points) =>
  points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

/**
 * Whole powers of ten from 10^low to 10^high, at most about `most`.
 * @param {number} low
 * @param {number} high
 * @param {number} most
 */
export function decades(low, high, most) {
  const step = Math.max(1, Math.ceil((high - low) / most));
  const ticks = [];
  for (let power = Math.ceil(low / step) * step; power <= high; power += step) ticks.push(power);
  return ticks;
}

/**
 * Round numbers between `low` and `high`, at most about `most`: multiples of 1, 2 or 5 times a power
 * of ten.
 * @param {number} low
 * @param {number} high
 * @param {number} most
 */
export function ticks(low, high, most) {
  const rough = (high - low) / Math.max(1, most);
  if (!(rough > 0) || !Number.isFinite(rough)) return [];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((times) => times * power >= rough) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => round((first + i) * step));
}

/** Without the last digits that arithmetic leaves behind. @param {number} value */
const round = (value) => Number(value.toPrecision(12));

/**
 * Points thinned to what `width` pixels can show: of each pixel's column the lowest and the highest
 * value, in the order in which they came.
 * @param {number[][]} points pixel positions, x ascending
 * @param {number} width
 */
export function thin(points, width) {
  if (points.length <= 2 * width) return points;
  /** @type {number[][][]} */
  const columns = [];
  for (const point of points) (columns[Math.max(0, Math.floor(point[0]))] ??= []).push(point);
  return columns.flatMap((column) => {
    const low = column.reduce((a, b) => (b[1] < a[1] ? b : a));
    const high = column.reduce((a, b) => (b[1] > a[1] ? b : a));
    if (low === high) return [low];
    return column.indexOf(low) < column.indexOf(high) ? [low, high] : [high, low];
  });
}
