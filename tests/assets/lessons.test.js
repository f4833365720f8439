import assert from "node:assert/strict";
import { test } from "node:test";

import { fetchLessons } from "../../assets/lib/lessons.js";

test("the lessons are fetched once, and again only where that failed", async () => {
  globalThis.document = { baseURI: "http://localhost/" };
  const answers = [{ ok: false }, { ok: true }];
  let asked = 0;
  globalThis.fetch = async () => ({ ...answers[asked++], json: async () => ({ lessons: [asked] }) });
  assert.equal((await fetchLessons()).ok, false);
  const [first, second] = await Promise.all([fetchLessons(), fetchLessons()]);
  assert.deepEqual([first.lessons, second.lessons, asked], [[2], [2], 2]);
});
