import assert from "node:assert/strict";
import { test } from "node:test";

import { changeInWords } from "../../assets/lib/changes.js";

globalThis.window = { gvFacts: { fields: { g_lr: { label: "Learning rate of G" } } } };

test("a change is written as it was typed", () => {
  const said = (old, value) => changeInWords("setting", { name: "g_lr", old, value });
  assert.equal(said(0.0002, 0.00025), "Learning rate of G 0.0002 → 0.00025");
  assert.equal(said(null, 0.1 + 0.2), "Learning rate of G 0.3");
  assert.equal(changeInWords("setting", { name: "augment", old: ["cutout"], value: [] }), "augment cutout → ");
});

test("a player that moves alone", () => {
  assert.equal(changeInWords("turn", { player: "generator", n: 1 }), "G alone, 1 step");
  assert.equal(changeInWords("turn", { player: "discriminator", n: 10 }), "D alone, 10 steps");
});
