import assert from "node:assert/strict";
import test from "node:test";
import { chosenRows } from "../../assets/train/table.js";

test("rows are spread evenly, the newest first, both ends among them", () => {
  assert.deepEqual(chosenRows(101, 5), [100, 75, 50, 25, 0]);
  assert.deepEqual(chosenRows(3, 12), [2, 1, 0]);
  assert.deepEqual(chosenRows(1, 12), [0]);
  assert.deepEqual(chosenRows(0, 12), []);
});
