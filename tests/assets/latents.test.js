import assert from "node:assert/strict";
import { test } from "node:test";
import { combine, dot, fromText, lerp, norm, slerp, toText, toVectors } from "../../assets/latent/vectors.js";

const near = (a, b, far = 1e-6) => a.forEach((value, index) =>
  assert.ok(Math.abs(value - b[index]) <= far, `${a} is not ${b}`));

test("sums are rounded once", () => {
  near(combine([[2, Float32Array.of(1, 2)], [-1, Float32Array.of(0.5, 4)], [0, Float32Array.of(NaN, NaN)]], 2), [1.5, 0]);
});

test("slerp turns evenly and walks the norm in a straight line", () => {
  const [a, b] = [Float32Array.of(2, 0, 0), Float32Array.of(0, 4, 0)];
  near(slerp(a, b, 0), a);
  near(slerp(a, b, 1), b);
  near(slerp(a, b, 1 / 3), [(8 / 3) * Math.cos(Math.PI / 6), (8 / 3) * Math.sin(Math.PI / 6), 0]);
  assert.ok(norm(lerp(Float32Array.of(1, 0), Float32Array.of(0, 1), 0.5)) < 0.71);
});

test("slerp where there is no plane", () => {
  near(slerp(Float32Array.of(1, 1), Float32Array.of(2, 2), 0.5), [1.5, 1.5]);
  near(slerp(Float32Array.of(0, 0), Float32Array.of(2, 2), 0.5), [1, 1]);
  near(slerp(Float32Array.of(3), Float32Array.of(-3), 0.5), [0]);
  const half = slerp(Float32Array.of(3, 0), Float32Array.of(-3, 0), 0.5);
  assert.ok(Math.abs(norm(half) - 3) < 1e-6 && Math.abs(dot(half, Float32Array.of(1, 0))) < 1e-6);
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
