import assert from "node:assert/strict";
import test from "node:test";

// the module looks at the page when it is read
globalThis.addEventListener ??= () => {};
const { tabAt } = await import("../../assets/lib/tabs.js");

test("arrows go round, Home and End to the ends, other keys stay", () => {
  assert.deepEqual([tabAt("ArrowRight", 3, 4), tabAt("ArrowLeft", 0, 4)], [0, 3]);
  assert.deepEqual([tabAt("Home", 2, 4), tabAt("End", 0, 4)], [0, 3]);
  assert.equal(tabAt("a", 1, 4), null);
});
