import assert from "node:assert/strict";
import test from "node:test";

import { asParent } from "../../assets/train/begin_with.js";

test("an address names a run and a step, or its newest one", () => {
  assert.deepEqual(asParent("20261126-digits@1200"), { id: "20261126-digits", name: "20261126-digits", step: 1200 });
  assert.deepEqual(asParent("20261126-digits"), { id: "20261126-digits", name: "20261126-digits", step: null });
  for (const text of [null, "", "@12", "run@", "run@-1", "run@x", "run@1@2"]) assert.equal(asParent(text), null);
});
