import assert from "node:assert/strict";
import test from "node:test";
import { changes, forkable } from "../../assets/runs/fork.js";

const FACTS = {
  d_lr: { live: true, when: [{ algorithm: ["gan"] }] },
  beta: { live: true, when: [{ algorithm: ["vae"] }] },
  g_lr: { live: true, when: [] },
  latent_dim: { live: false, when: [] },
  name: { fork: true, when: [] },
  steps: { fork: true },
};

test("a VAE's fork offers beta and no discriminator", () => {
  const config = { algorithm: "vae", d_lr: 1, beta: 1, g_lr: 1, latent_dim: 8, name: "a", steps: 9 };
  assert.deepEqual(forkable(FACTS, config), ["beta", "g_lr", "steps"]);
});

test("a GAN's offers the discriminator's rate", () => {
  const config = { algorithm: "gan", d_lr: 1, beta: 1, g_lr: 1, steps: 9 };
  assert.deepEqual(forkable(FACTS, config), ["d_lr", "g_lr", "steps"]);
});

test("an emptied field is no zero", () => {
  const inputs = { g_lr: { value: "" }, d_lr: { value: "0.5" }, steps: { value: "9" } };
  assert.deepEqual(changes({ g_lr: 1, d_lr: 1, steps: 9 }, inputs), { g_lr: null, d_lr: 0.5 });
});
