import assert from "node:assert/strict";
import { test } from "node:test";

import { inEffect } from "../../assets/train/effect.js";

const fields = {
  algorithm: { when: [] },
  objective: { when: [{ algorithm: ["gan"] }, { mistake: ["gan-loss"] }] },
  ls_targets: { when: [{ objective: ["least-squares"] }] },
  mistake: { when: [] },
  loop: { when: [{ other: ["on"] }] },
  other: { when: [{ loop: ["on"] }] },
};
const values = { algorithm: "gan", objective: "least-squares", mistake: "none", loop: "on", other: "on" };

test("a field without alternatives always has an effect", () => {
  assert.ok(inEffect(fields, values, "algorithm"));
});

test("one alternative is enough", () => {
  assert.ok(inEffect(fields, values, "objective"));
  assert.ok(inEffect(fields, { ...values, algorithm: "vae", mistake: "gan-loss" }, "objective"));
  assert.ok(!inEffect(fields, { ...values, algorithm: "vae" }, "objective"));
});

test("a choice that has no effect itself brings nothing else into effect", () => {
  assert.ok(inEffect(fields, values, "ls_targets"));
  assert.ok(!inEffect(fields, { ...values, algorithm: "vae" }, "ls_targets"));
});

test("fields that name each other end somewhere", () => {
  assert.ok(inEffect(fields, values, "loop"));
});
