// @ts-check
// Where a surface crosses a level.

/**
 * Segments [x1, y1, x2, y2] in grid units where `z` crosses `level` (marching squares).
 * @param {ArrayLike<number>} z row by row
 * @param {number} size of the grid's side
 * @param {number} level
 * @returns {number[][]}
 */
export function contour(z, size, level) {
  const lines = [];
  for (let row = 0; row < size - 1; row += 1) {
    for (let col = 0; col < size - 1; col += 1) {
      const at = row * size + col;
      const cuts = crossings([z[at], z[at + 1], z[at + size + 1], z[at + size]], level)
        .map(([x, y]) => [col + x, row + y]);
      for (let i = 0; i + 1 < cuts.length; i += 2) lines.push([...cuts[i], ...cuts[i + 1]]);
    }
  }
  return lines;
}

/**
 * Where the edges of one cell are crossed: of its corners a and b lie below, d and c above.
 * @param {number[]} corners a, b, c, d
 * @param {number} level
 */
function crossings([a, b, c, d], level) {
  const cross = (/** @type {number} */ from, /** @type {number} */ to) => (level - from) / (to - from);
  const cuts = [];
  if (a > level !== b > level) cuts.push([cross(a, b), 0]);
  if (b > level !== c > level) cuts.push([1, cross(b, c)]);
  if (d > level !== c > level) cuts.push([cross(d, c), 1]);
  if (a > level !== d > level) cuts.push([0, cross(a, d)]);
  return cuts;
}
