import assert from "node:assert/strict";
import { test } from "node:test";

import { nearScaleOf, position, valueAt } from "../../assets/lib/diverging.js";
import { areaOf, opacity } from "../../assets/lab/layers.js";
import { WHOLE, moved, viewport, zoomed } from "../../assets/lab/viewport.js";

const BOX = { x: [-1, 1], y: [-1, 1] };
const near = (a, b) => assert.ok(Math.abs(a - b) < 1e-9, `${a} is not ${b}`);

test("a place of the plane is found again from its pixels, magnified and moved", () => {
  const at = viewport(BOX, 400, { zoom: 3, x: 40, y: -25 });
  near(at.ux(at.px(0.37)), 0.37);
  near(at.uy(at.py(-0.81)), -0.81);
  assert.ok(at.py(1) < at.py(-1), "up is up");
});

test("what lies under the pointer stays there while it is magnified, and the edges stay outside", () => {
  const place = { x: 300, y: 120 };
  const before = viewport(BOX, 400, WHOLE);
  const view = zoomed(WHOLE, 2, 400, place);
  const after = viewport(BOX, 400, view);
  near(before.ux(place.x), after.ux(place.x));
  near(before.uy(place.y), after.uy(place.y));
  assert.deepEqual(moved(view, 400, 1e6, -1e6), { zoom: 2, x: 200, y: -200 });
  assert.deepEqual(zoomed(view, 1e-9, 400, place), { zoom: 1, x: 0, y: 0 });
});

test("a small cell of the grid is darker than a large one", () => {
  assert.equal(areaOf([[0, 0], [2, 0], [2, 3], [0, 3]]), 6);
  assert.ok(opacity(1, 16) > opacity(16, 16) && opacity(16, 16) > opacity(160, 16));
  assert.ok(opacity(0, 16) <= 0.75 && opacity(1e9, 16) > 0);
});

test("near equilibrium the scale ends at what there is, and grows by the signed square root", () => {
  const z = [0.46, 0.49, 0.5, 0.51, 0.54];
  const scale = nearScaleOf({ unit: "probability", level: 0.5, z });
  near(scale.high, 0.54);
  near(position(0.51, scale), 0.5);
  near(valueAt(-0.5, scale), 0.49);
  assert.equal(nearScaleOf({ unit: "probability", level: 0.5, z: [0.1, 0.5, 0.9] }).high, 1);
  assert.equal(nearScaleOf({ unit: "raw", level: 0, z: [-2, 1] }).high, 2);
});
