import assert from "node:assert/strict";
import test from "node:test";
import { indexAt, nearest } from "../../assets/lib/pictures.js";

test("the kept step at or before a step", () => {
  const steps = [0, 10, 20, 40];
  assert.deepEqual([-5, 0, 9, 10, 39, 40, 99].map((step) => nearest(steps, step)),
    [0, 0, 0, 10, 20, 40, 40]);
  assert.equal(indexAt([], 5), 0);
});
