import assert from "node:assert/strict";
import { test } from "node:test";

import { written } from "../../assets/train/stacked_figures.js";

const data = {
  captured: 967, total: 1000, reverse_kl: 0.7512, captured_real: 1000, reverse_kl_real: 0.0237,
  accuracy: 0.9781,
};

test("combinations of stacked digits are read beside those of real triples", () => {
  assert.equal(written("captured", data).replace(/\D/g, " "), "967    1 000");
  assert.equal(written("reverse_kl", data), "0.751");
  assert.match(written("real", data), /, 0.024$/);
  assert.equal(written("accuracy", data), "97.8 %");
});
