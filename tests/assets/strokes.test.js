import assert from "node:assert/strict";
import { test } from "node:test";

import { MOST, fromText, mirrored, tidied, toText } from "../../assets/lab/strokes.js";

test("a line needs its ends and corners alone, and stays within the plane", () => {
  const line = Array.from({ length: 101 }, (_, i) => [i, 0.4 * (i % 2)]);
  assert.deepEqual(tidied({ width: 10, points: line }).points, [[0, 0], [100, 0]]);
  const corner = [...line, ...line.map(([x]) => [100, x])];
  assert.deepEqual(tidied({ width: 10, points: corner }).points, [[0, 0], [100, 0], [100, 100]]);
  assert.deepEqual(tidied({ width: 10, points: [[-900, 0], [900, 0]] }).points, [[-200, 0], [200, 0]]);
});

test("a click, and a stroke that stays where it is, are a dot", () => {
  assert.deepEqual(tidied({ width: 10, points: [[3.2, 4]] }).points, [[3, 4]]);
  assert.deepEqual(tidied({ width: 10, points: [[3, 4], [3, 4], [3, 4]] }).points, [[3, 4]]);
});

test("text and strokes are each other's inverse, and what is no stroke is left out", () => {
  const strokes = [{ width: 12, points: [[-50, 0], [50, 10]] }, { width: 8, points: [[0, -7]] }];
  assert.equal(toText(strokes), "12,-50,0,50,10_8,0,-7");
  assert.deepEqual(fromText(toText(strokes)), strokes);
  assert.deepEqual(fromText("_x,1,2_4,5_"), []);
});

test("a mirror doubles the strokes, two of them make four", () => {
  const dot = [{ width: 8, points: [[30, 70]] }];
  assert.deepEqual(mirrored(dot, "x").map(({ points }) => points[0]), [[30, 70], [-30, 70]]);
  assert.equal(mirrored(dot, "both").length, 4);
  assert.equal(mirrored(dot, "none"), dot);
  assert.ok(toText(mirrored(Array(600).fill(dot[0]), "both")).length > MOST);
});
