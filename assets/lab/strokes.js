// @ts-check
// A drawing as data: strokes in hundredths of the plane's unit, and the text that is a run's setting
// (ganviz/data/drawn.py reads it).

/** @typedef {{width: number, points: [number, number][]}} Stroke */

export const REACH = 200;
/** Letters that the server takes. */
export const MOST = 6000;
/** Hundredths: how far a line may leave what was drawn. */
const TOLERANCE = 2;

/** @param {number} value */
const within = (value) => Math.max(-REACH, Math.min(REACH, Math.round(value)));

/**
 * Within the plane, with as few points as show the same line.
 * @param {Stroke} stroke
 * @returns {Stroke}
 */
export function tidied({ width, points }, tolerance = TOLERANCE) {
  const inside = points.map(([x, y]) => /** @type {[number, number]} */ ([within(x), within(y)]));
  return { width, points: simplified(inside, tolerance) };
}

/**
 * A line without the points that lie within `tolerance` of it (Ramer, Douglas and Peucker).
 * @param {[number, number][]} points
 * @param {number} tolerance
 * @returns {[number, number][]}
 */
function simplified(points, tolerance) {
  if (points.length < 3) return points.filter((point, i) => !i || String(point) !== String(points[0]));
  const [first, last] = [points[0], points[points.length - 1]];
  const far = points.map((point) => distance(point, first, last));
  const at = far.indexOf(Math.max(...far));
  if (far[at] <= tolerance) return String(first) === String(last) ? [first] : [first, last];
  const before = simplified(points.slice(0, at + 1), tolerance).slice(0, -1);
  return [...before, ...simplified(points.slice(at), tolerance)];
}

/** Of a point from the piece between two others. */
function distance([x, y], [ax, ay], [bx, by]) {
  const [dx, dy] = [bx - ax, by - ay];
  const share = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(x - ax - share * dx, y - ay - share * dy);
}

/**
 * The strokes and their mirror images.
 * @param {Stroke[]} strokes
 * @param {string} mirror none, x (left and right), y (up and down) or both
 */
export function mirrored(strokes, mirror) {
  const flip = (/** @type {Stroke[]} */ some, /** @type {number} */ h, /** @type {number} */ v) => some.map(({ width, points }) =>
    ({ width, points: points.map(([x, y]) => /** @type {[number, number]} */ ([x * h, y * v])) }));
  const across = mirror === "x" || mirror === "both" ? [...strokes, ...flip(strokes, -1, 1)] : strokes;
  return mirror === "y" || mirror === "both" ? [...across, ...flip(across, 1, -1)] : across;
}

/** @param {Stroke[]} strokes */
export const toText = (strokes) =>
  strokes.map(({ width, points }) => [Math.round(width), ...points.flat()].join(",")).join("_");

/**
 * The strokes of a text; what is none is left out.
 * @param {string} text
 * @returns {Stroke[]}
 */
export function fromText(text) {
  return text.split("_").map((part) => part.split(",").map(Number))
    .filter((numbers) => numbers.length > 2 && numbers.length % 2 === 1 && numbers.every(Number.isFinite))
    .map(([width, ...rest]) => ({ width, points: rest.flatMap((x, i) => (i % 2 ? [] : [/** @type {[number, number]} */ ([x, rest[i + 1]])])) }));
}
