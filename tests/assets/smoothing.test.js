import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { smooth, smoothNext } from "../../assets/lib/smoothing.js";

test("the first values are averaged plainly", () => {
  assert.deepEqual(smooth([10, 0, 0, 0]).map((x) => Number(x.toFixed(4))), [10, 5, 3.3333, 2.5]);
});

test("later values pull by a tenth", () => {
  assert.equal(smoothNext(1, 2, 500), 1.1);
});

test("what was not measured leaves the mean as it is", () => {
  assert.deepEqual(smooth([null, 2, null, 2]), [null, 2, 2, 2]);
});

test("value by value and as a whole are the same", () => {
  const values = Array.from({ length: 60 }, (_, i) => (i % 7 === 3 ? null : Math.sin(i)));
  let mean = null;
  assert.deepEqual(values.map((value, row) => (mean = smoothNext(mean, value, row))), smooth(values));
});

test("films smooth the same numbers to the same curve", () => {
  const shared = JSON.parse(readFileSync(new URL("smoothing.json", import.meta.url), "utf8"));
  smooth(shared.values).forEach((value, row) => {
    const expected = shared.smoothed[row];
    if (expected === null) assert.equal(value, null);
    else assert.ok(Math.abs(value - expected) < 1e-9);
  });
});
