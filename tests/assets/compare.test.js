import assert from "node:assert/strict";
import test from "node:test";

// the module looks at the page when it is read
globalThis.addEventListener ??= () => {};
const { differing } = await import("../../assets/runs/compare.js");

test("settings that differ, without those that say nothing of the training", () => {
  const a = { name: "a", g_lr: 0.1, g_hidden: [8, 8], seed: 0 };
  const b = { name: "b", g_lr: 0.2, g_hidden: [8, 8], seed: 0 };
  assert.deepEqual(differing([a, b, { ...a, seed: 1 }]), ["g_lr", "seed"]);
  assert.deepEqual(differing([a, { ...a, name: "c" }]), []);
});
