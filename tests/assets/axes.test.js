import assert from "node:assert/strict";
import test from "node:test";
import { decades, path, scale, thin, ticks } from "../../assets/lib/axes.js";

test("ticks are round and lie within", () => {
  assert.deepEqual(ticks(0, 2.3, 5), [0, 0.5, 1, 1.5, 2]);
  assert.deepEqual(ticks(-0.03, 1.03, 4), [0, 0.5, 1]);
  assert.deepEqual(ticks(0, 77, 7), [0, 20, 40, 60]);
  assert.deepEqual(ticks(0, 1e6, 4), [0, 500000, 1000000]);
  assert.deepEqual(ticks(3, 3, 5), []);
});

test("powers of ten", () => {
  assert.deepEqual(decades(-3, 1, 5), [-3, -2, -1, 0, 1]);
  assert.deepEqual(decades(-24, 0, 5), [-20, -15, -10, -5, 0]);
});

test("a path goes through its points", () => {
  assert.equal(path([[0, 1], [2.25, 3]]), "M0.0 1.0L2.3 3.0");
});

test("a scale maps ends to ends, and an empty range to its start", () => {
  const map = scale(1, 3, 10, 0);
  assert.deepEqual([1, 2, 3].map(map), [10, 5, 0]);
  assert.equal(scale(1, 1, 5, 9)(1), 5);
});

test("thinning keeps each column's extremes", () => {
  const points = Array.from({ length: 1000 }, (_, i) => [i / 100, i === 555 ? -50 : Math.sin(i)]);
  const kept = thin(points, 10);
  assert.ok(kept.length <= 20 && kept.some(([, y]) => y === -50));
  assert.deepEqual(kept, [...kept].sort((a, b) => a[0] - b[0]));
  assert.deepEqual(thin(points.slice(0, 20), 10), points.slice(0, 20));
});
