import assert from "node:assert/strict";
import test from "node:test";
import { equilibriumLevels } from "../../assets/lib/plot.js";

const D = { name: "loss_d", label: "D loss", group: "loss", colour: "d" };
const G = { name: "loss_g", label: "G loss", group: "loss", colour: "g" };

test("each network has its level, in its colour", () => {
  assert.deepEqual(equilibriumLevels([D, G], { loss_d: 2, loss_g: 0.5 }), [
    { value: 2, role: "d", words: "D at equilibrium 2.00" },
    { value: 0.5, role: "fake", words: "G at equilibrium 0.50" },
  ]);
});

test("a level that both have is drawn once", () => {
  assert.deepEqual(equilibriumLevels([D, G], { loss_d: 0.5, loss_g: 0.5 }), [
    { value: 0.5, role: "muted", words: "D and G at equilibrium 0.50" },
  ]);
});

test("where there is none, nothing is said", () => {
  assert.deepEqual(equilibriumLevels([D, G], { loss_d: null }), []);
});
