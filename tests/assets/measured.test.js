import assert from "node:assert/strict";
import test from "node:test";

// a module looks at the page when it is read
globalThis.addEventListener ??= () => {};
/** @type {any} */ (globalThis).location ??= { href: "http://localhost/" };
const { asOf, measured } = await import("../../assets/lib/measured.js");

test("figures at a step that is looked back at are those of the last measurement by then", () => {
  measured.newest.modes = { data: { captured: 8, total: 8 } };
  measured.past.modes = { step: [100, 200, 300], captured: [1, null, 8] };
  assert.equal(asOf("modes", null).captured, 8);
  assert.equal(asOf("modes", 150).captured, 1);
  assert.equal(asOf("modes", 299).captured, null);
  assert.deepEqual(asOf("modes", 99), { captured: null, total: 8, step: null });
  assert.equal(asOf("outputs", 100), null);
});
