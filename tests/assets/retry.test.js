import assert from "node:assert/strict";
import test from "node:test";
import { ASK_AGAIN } from "../../assets/lib/pacing.js";
import { retrying } from "../../assets/lib/retry.js";

test("what did not come is asked for once more, and not what was asked for before", ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const again = [];
  const retry = retrying((what) => again.push(what));
  retry.asked("a");
  retry.missed("a");
  mock.timers.tick(ASK_AGAIN - 1);
  assert.deepEqual(again, []);
  mock.timers.tick(1);
  assert.deepEqual(again, ["a"]);
  for (const next of ["b", null]) {
    retry.asked("a");
    retry.missed("a");
    retry.asked(next);
    mock.timers.tick(2 * ASK_AGAIN);
  }
  assert.deepEqual(again, ["a"]);
});
