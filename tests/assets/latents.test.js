import assert from "node:assert/strict";
import { test } from "node:test";
import { combine, dot, fromText, norm, toText, toVectors } from "../../assets/latent/vectors.js";

const near = (a, b, far = 1e-6) => a.forEach((value, index) =>
  assert.ok(Math.abs(value - b[index]) <= far, `${a} is not ${b}`));

test("sums are rounded once", () => {
  near(combine([[2, Float32Array.of(1, 2)], [-1, Float32Array.of(0.5, 4)], [0, Float32Array.of(NaN, NaN)]], 2), [1.5, 0]);
});

test("products and lengths", () => {
  assert.equal(dot(Float32Array.of(1, 2), Float32Array.of(3, -4)), -5);
  assert.equal(norm(Float32Array.of(3, 4)), 5);
});

test("text brings back every bit, and only a whole latent", () => {
  const z = Float32Array.of(0.1, -1e-30, 3.4e38, Math.PI, 1 / 3);
  assert.deepEqual(fromText(toText([z]), 5), z);
  assert.ok(/^[\w-]+$/.test(toText([z])));
  for (const [text, dim] of [["", 5], ["?", 5], [toText([z]), 4], [toText([Float32Array.of(NaN)]), 1]]) {
    assert.equal(fromText(text, dim), null);
  }
  assert.equal(toVectors(new Uint8Array(24), 3).length, 2);
});
