// A recorded step is replayed in five sub-steps for each player that moved.

import assert from "node:assert/strict";
import test from "node:test";

import { mean, recordedBy, subSteps } from "../../assets/lab/moves.js";
import { deeper, wider } from "../../assets/lab/sizes.js";

const D = { n: 2, loss: 1.2, penalty: 0.5, gradient: 0.1, update: 0.01, weight: 3, real_scores: [0.9, 0.7], fake_scores: [0.1, 0.3] };
const G = { n: 2, loss: 0.7, gradient: 0.2, update: 0.02, weight: 4, fake_scores: [0.25, 0.35] };
const step = (moves, counts = { discriminator: 1, generator: 1 }) => ({ batch: 256, unit: "probability", counts, moves });

test("both players move in five sub-steps each, D first", () => {
  const all = subSteps(step({ discriminator: D, generator: G }));
  assert.deepEqual(all.map(({ player, number }) => `${player[0]}${number}`), ["d1", "d2", "d3", "d4", "d5", "g1", "g2", "g3", "g4", "g5"]);
  assert.match(all[1].sentence, /0\.8 for the reals and 0\.2 for the fakes/);
  assert.match(all[2].sentence, /penalty adds 0\.5/);
  assert.match(all[5].sentence, /same 256 fakes/);
  for (const { spot, parts } of all) assert.ok(parts.includes(spot));
});

test("who moves alone has five of its own", () => {
  const all = subSteps(step({ generator: G }, { discriminator: 0, generator: 10 }));
  assert.equal(all.length, 5);
  assert.match(all[0].sentence, /fresh latents\. This is the first of G's 10 moves/);
  assert.ok(Number.isNaN(mean(undefined)));
});

test("who moves at once is judged by a D that has not moved", () => {
  const all = subSteps({ ...step({ discriminator: D, generator: G }), update: "simultaneous" });
  assert.match(all[6].sentence, /^Both move at once, so D as it was scores/);
});

test("of what was recorded, the newest by a step is found", () => {
  const history = [{ step: 3 }, { step: 8 }, { step: 20 }];
  assert.deepEqual([2, 3, 19, 99].map((at) => recordedBy(history, at)), [-1, 0, 1, 2]);
});

test("layers get deeper and wider, within bounds", () => {
  assert.deepEqual(deeper([128, 32], 1), [128, 32, 32]);
  assert.deepEqual([deeper([], 1), deeper([8], -1), deeper([], -1)], [[64], [], []]);
  assert.deepEqual([wider([4096, 3], 1), wider([1, 5], -1)], [[4096, 6], [1, 2]]);
});
