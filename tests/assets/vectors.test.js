import assert from "node:assert/strict";
import test from "node:test";
import { blend, composeZ } from "../../assets/export/vectors.js";

test("a position lies between two tiles, whose weights sum to one", () => {
  assert.deepEqual(blend(-1, 5), [[0, 1], [1, 0]]);
  assert.deepEqual(blend(1, 5), [[3, 0], [4, 1]]);
  assert.deepEqual(blend(0.25, 5), [[2, 0.5], [3, 0.5]]);
  assert.deepEqual(blend(0.7, 1), [[0, 1]]);
  assert.deepEqual(blend(-7, 3), [[0, 1], [1, 0]]);
});

test("truncation first, directions on top", () => {
  const moves = { directions: [[1, 0], [0, 2]], offsets: [0, 1.5] };
  assert.deepEqual([...composeZ([2, 4], 0.5, moves)], [1, 5]);
});
