import assert from "node:assert/strict";
import { test } from "node:test";

import { contour } from "../../assets/lib/contour.js";
import { position, scaleOf } from "../../assets/lib/diverging.js";
import { readPlane, textChunk } from "../../assets/lib/plane_data.js";
import { countOutside, markAt, projection } from "../../assets/train/plane.js";

const base64 = (bytes) => Buffer.from(bytes).toString("base64");
const places = Buffer.alloc(8);
[100, -100, 32767, 0].forEach((value, i) => places.writeInt16LE(value, 2 * i));
const DATA = {
  step: 7, unit: 0.01, points: base64(places),
  surface: { x: [-1, 1], y: [-2, 2], size: 2, unit: "probability", level: 0.5, low: 0.25, high: 0.75, z: base64([0, 255, 0, 255]) },
};
const json = new TextEncoder().encode(JSON.stringify(DATA));

function chunk(kind, body) {
  const bytes = Buffer.alloc(12 + body.length);
  bytes.writeUInt32BE(body.length);
  bytes.write(kind, 4, "latin1");
  Buffer.from(body).copy(bytes, 8);
  return bytes;
}

const png = (...chunks) => new Uint8Array(Buffer.concat([Buffer.alloc(8), ...chunks, chunk("IEND", [])]));

test("a plane is read from JSON and from a picture's chunk alike", () => {
  const carried = png(chunk("IHDR", Buffer.alloc(13)), chunk("tEXt", Buffer.concat([Buffer.from("ganviz\0"), json])));
  for (const bytes of [json, carried]) {
    const plane = readPlane(bytes);
    assert.equal(plane.step, 7);
    assert.deepEqual(plane.fake, { x: [1, 327.67], y: [-1, 0] });
    assert.deepEqual([...plane.surface.z], [0.25, 0.75, 0.25, 0.75]);
    assert.deepEqual(plane.surface.x, [-1, 1]);
  }
});

test("a plane may carry the grid of latents and the arrows of several losses", () => {
  const packed = { unit: 0.01, points: base64(places) };
  const arrows = { own: "hinge", at: packed, pushes: { hinge: packed } };
  const plane = readPlane(new TextEncoder().encode(JSON.stringify({ ...DATA, manifold: packed, arrows })));
  assert.deepEqual(plane.manifold, plane.arrows.pushes.hinge);
  assert.deepEqual(plane.arrows.at.y, [-1, 0]);
  assert.equal(readPlane(json).manifold, null);
});

test("a picture without the chunk, or cut off, carries nothing", () => {
  assert.equal(readPlane(png(chunk("tEXt", Buffer.from("other\0words")))), null);
  assert.equal(textChunk(new Uint8Array(5), "ganviz"), null);
});

test("probabilities have a fixed scale, a critic's values one around their middle", () => {
  assert.deepEqual(scaleOf(DATA.surface), { low: 0, middle: 0.5, high: 1 });
  const raw = { unit: "raw", level: null, z: [-3, 1, 2, 3, 900] };
  const { low, middle, high } = scaleOf(raw);
  assert.equal(middle, 2);
  assert.equal(high - middle, middle - low);
});

test("the scale tells both sides of its middle apart", () => {
  const scale = { low: 0, middle: 0.5, high: 1 };
  assert.equal(position(0.5, scale), 0);
  assert.equal(position(1, scale), 1);
  assert.equal(position(-5, scale), -1);
  assert.equal(position(0.6, scale), -position(0.4, scale));
  assert.ok(position(0.55, scale) > 0.2);
});

test("a contour runs where the level is crossed", () => {
  assert.deepEqual(contour([0, 1, 0, 1], 2, 0.5), [[0.5, 0, 0.5, 1]]);
  assert.deepEqual(contour([0, 0, 0, 0], 2, 0.5), []);
});

test("a mark beyond the edge stands at it, on the way there", () => {
  assert.deepEqual(markAt([30, 96], 100), { place: [30, 96], beyond: null });
  const right = markAt([410, 50], 100);
  assert.deepEqual(right, { place: [76, 50], beyond: 0 });
  const corner = markAt([-150, 250], 100);
  assert.deepEqual(corner.place.map(Math.round), [24, 76]);
  assert.equal(corner.beyond, Math.atan2(200, -200));
});

test("points beyond the edges are counted", () => {
  const at = projection({ x: [-1, 1], y: [-1, 1] }, 220);
  assert.equal(countOutside({ x: [0, 1, 1.2, 0, 9], y: [0, 1, 0, -4, 9] }, at), 3);
});
