import assert from "node:assert/strict";
import { test } from "node:test";

import { animation } from "../../assets/lab/animation.js";

/** The frames that were asked for and not given yet. */
const asked = [];
globalThis.requestAnimationFrame = (frame) => asked.push(frame);
const give = () => asked.splice(0).forEach((frame) => frame());

test("whoever wakes a drawing that is due gets that one, and no second chain of them", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let drawn = 0;
  let next = 60;
  const wake = animation(() => { drawn += 1; return next; }, 60);
  wake(true);
  wake(true);
  give();
  assert.equal(drawn, 1);
  for (let plane = 0; plane < 5; plane += 1) {
    context.mock.timers.tick(60);
    wake(true);
    give();
  }
  assert.equal(drawn, 6);
  wake(true);
  assert.equal(asked.length, 1, "at once, before its time");
  next = null;
  give();
  context.mock.timers.tick(1000);
  assert.deepEqual([drawn, asked.length], [7, 0], "it stands");
  wake();
  assert.equal(asked.length, 0, "soon");
  context.mock.timers.tick(60);
  give();
  assert.equal(drawn, 8);
});

test("what is woken while it draws goes on at once", () => {
  let wake = () => {};
  let drawn = 0;
  wake = animation(() => { drawn += 1; if (drawn === 1) wake(true); return null; }, 60);
  wake(true);
  give();
  give();
  assert.equal(drawn, 2);
});
