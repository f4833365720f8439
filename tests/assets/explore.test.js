import assert from "node:assert/strict";
import { before, test } from "node:test";

let pointFromAddress;
before(async () => {
  // the module reads the address and the page when it is loaded
  globalThis.location = { href: "http://127.0.0.1/", origin: "http://127.0.0.1" };
  globalThis.addEventListener ??= () => {};
  globalThis.document ??= { baseURI: "http://127.0.0.1/", body: { dataset: {} } };
  ({ pointFromAddress } = await import("../../assets/explore/state.js"));
});

test("a point in an address", () => {
  assert.deepEqual(pointFromAddress("seed-5_class-3_psi-0.8"), { seed: 5, y: 3, psi: 0.8 });
  assert.deepEqual(pointFromAddress(""), { seed: null, y: null, psi: null });
  assert.deepEqual(pointFromAddress("seed-99999999999_class-x_psi-7"), { seed: null, y: null, psi: null });
  assert.deepEqual(pointFromAddress("seed-1.5_<b>_psi-1"), { seed: null, y: null, psi: 1 });
});
