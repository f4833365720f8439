import assert from "node:assert/strict";
import { test } from "node:test";

import { forgetSheets, lay, sheetOf } from "../../assets/lab/sheets.js";

const pen = { setTransform() {}, clearRect() {}, save() {}, restore() {}, resetTransform() {} };
globalThis.devicePixelRatio = 2;
globalThis.document = { createElement: () => ({ style: {}, getContext: () => pen }) };

test("a still layer is drawn once for what it shows, and anew for anything else", () => {
  const drawn = [];
  const points = { x: [], y: [] };
  const sheet = sheetOf("real", 100, [points, null], () => drawn.push("first"));
  assert.equal(sheet.width, 200);
  assert.equal(sheetOf("real", 100, [points, null], () => drawn.push("the same")), sheet);
  sheetOf("fake", 100, [points, null], () => drawn.push("another layer"));
  sheetOf("real", 100, [{ ...points }, null], () => drawn.push("other points"));
  sheetOf("real", 120, [points, null], () => drawn.push("another size"));
  sheetOf("real", 120, [points], () => drawn.push("less to show"));
  assert.deepEqual(drawn, ["first", "another layer", "other points", "another size", "less to show"]);
  forgetSheets();
  sheetOf("real", 120, [points], () => drawn.push("other colours"));
  assert.equal(drawn.at(-1), "other colours");
});

test("a sheet is laid pixel on pixel", () => {
  const calls = [];
  const over = { ...pen, resetTransform: () => calls.push("px"), drawImage: (...all) => calls.push(all.slice(1)) };
  lay(over, {});
  assert.deepEqual(calls, ["px", [0, 0]]);
});
