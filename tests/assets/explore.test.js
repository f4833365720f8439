import assert from "node:assert/strict";
import { before, test } from "node:test";

let draw, emit, explored, latent, openSource, pointFromAddress, whenRests;
before(async () => {
  // the module reads the address and the page when it is loaded
  globalThis.location = { href: "http://127.0.0.1/", origin: "http://127.0.0.1" };
  globalThis.addEventListener ??= () => {};
  globalThis.document ??= { baseURI: "http://127.0.0.1/", body: { dataset: {} } };
  ({ explored, latent, openSource, pointFromAddress, whenRests } = await import("../../assets/explore/state.js"));
  draw = await import("../../assets/explore/draw.js");
  ({ emit } = await import("../../assets/lib/bus.js"));
});

test("a point in an address", () => {
  assert.deepEqual(pointFromAddress("seed-5_class-3_psi-0.8"), { seed: 5, y: 3, psi: 0.8 });
  assert.deepEqual(pointFromAddress(""), { seed: null, y: null, psi: null });
  assert.deepEqual(pointFromAddress("seed-99999999999_class-x_psi-7"), { seed: null, y: null, psi: null });
  assert.deepEqual(pointFromAddress("seed-1.5_<b>_psi-1"), { seed: null, y: null, psi: 1 });
});

test("a run has its id beside its name only where another has the same name", async () => {
  const { nameAmong } = await import("../../assets/lib/library.js");
  const all = [{ id: "1-quick", name: "Quick" }, { id: "2-quick", name: "Quick" }, { id: "3-slow", name: "Slow" }];
  assert.deepEqual(all.map((one) => nameAmong(one, all)), ["Quick (1-quick)", "Quick (2-quick)", "Slow"]);
  assert.equal(nameAmong({ id: "x", name: "x" }, [{ id: "y", name: "x" }]), "x");
});

test("a panel draws once for all that comes together, and not where it is not shown", async () => {
  const box = { isConnected: true };
  let drawn = 0;
  const ask = whenRests(box, 5, () => { drawn += 1; });
  const rest = () => new Promise((done) => { setTimeout(done, 30); });
  // as a source is opened: the panel is, its stars come, its point comes
  ask(); ask(); emit("explore-point");
  await rest();
  assert.equal(drawn, 1);
  for (let move = 0; move < 5; move += 1) emit("explore-point");
  await rest();
  assert.equal(drawn, 2);
  box.isConnected = false;
  emit("explore-point"); ask();
  await rest();
  assert.equal(drawn, 2);
});

test("a drawing that is not wanted any more asks for nothing more", async (context) => {
  explored.source = { run: "one", latent_dim: 2 };
  const answer = { ok: true, headers: new Headers(), arrayBuffer: async () => new TextEncoder().encode('{"points": [[0, 0]]}') };
  const asked = context.mock.method(globalThis, "fetch", async () => answer);
  const vectors = Array.from({ length: 30 }, () => Float32Array.of(0, 0));
  const seen = [];
  await draw.drawSamples(vectors, vectors.map(() => null), (index) => seen.push(index), () => false);
  assert.deepEqual([asked.mock.callCount(), seen], [1, []]);
  await draw.drawSamples(vectors, vectors.map(() => null), (index) => seen.push(index));
  assert.deepEqual([asked.mock.callCount(), seen], [3, [0, 20]]);
  explored.source = null;
});

test("another generator comes together with a point of its own", async (context) => {
  Object.assign(explored, { source: { run: "one", latent_dim: 2 }, base: Float32Array.of(1, 2), psi: 1 });
  let arrive;
  const latents = new Promise((resolve) => { arrive = () => resolve(Float32Array.of(1, 2, 3).buffer); });
  const info = { run: "two", latent_dim: 3, conditional: false, classes: [] };
  context.mock.method(globalThis, "fetch", async (address) => ({
    ok: true, headers: new Headers(), json: async () => info, arrayBuffer: () => latents,
    text: async () => JSON.stringify(info), url: address,
  }));
  globalThis.localStorage ??= { getItem: () => null, setItem: () => {} };
  const opened = openSource("two");
  await new Promise((done) => { setTimeout(done, 10); });
  // what follows the training asks now, and is given what belongs together
  assert.equal(latent().length, explored.source.latent_dim);
  assert.ok(latent().every(Number.isFinite));
  arrive();
  assert.equal(await opened, "");
  assert.deepEqual([explored.source.run, ...latent()], ["two", 1, 2, 3]);
  Object.assign(explored, { source: null, base: null });
});
