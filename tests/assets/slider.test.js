import assert from "node:assert/strict";
import test from "node:test";
import { keyTarget } from "../../assets/lib/slider.js";

test("twenty presses lead from the middle to an end, and no further", () => {
  let value = 0;
  for (let press = 0; press < 20; press += 1) value = keyTarget("ArrowRight", value, 4);
  assert.equal(value, 4);
  assert.equal(keyTarget("ArrowRight", value, 4), 4);
});

test("0 leads back, pages are large, other keys do nothing", () => {
  assert.equal(keyTarget("0", 3.2, 4), 0);
  assert.equal(keyTarget("PageDown", 0, 4), -1);
  assert.equal(keyTarget("a", 0, 4), null);
});
