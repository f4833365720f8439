import assert from "node:assert/strict";
import test from "node:test";

import { asNumber, asNumbers } from "../../assets/train/numbers.js";
import { asAddress, differences, fromAddress, listed, presetValues } from "../../assets/train/settings.js";

const field = (kind, value, kept = false) => ({ kind, default: value, kept, label: kind.toUpperCase() });
const facts = {
  order: ["steps", "rate", "layers", "augment", "flip", "words"],
  fields: {
    steps: field("int", 100), rate: field("float", 0.5), layers: field("numbers", [256, 512]),
    augment: field("many", []), flip: field("bool", false), words: field("str", "", true),
  },
  preset: "plain",
  presets: { plain: { label: "Plain", settings: {} }, fast: { label: "Fast", settings: { steps: 10 } } },
};

test("a preset sets its own fields and leaves a person's alone", () => {
  const values = presetValues(facts, "fast", { words: "mine", rate: 9 });
  assert.equal(values.steps, 10);
  assert.equal(values.rate, 0.5);
  assert.equal(values.words, "mine");
});

test("the address holds what differs, and gives it back", () => {
  const values = {
    ...presetValues(facts, "fast"), rate: 1e-3, layers: [64, 32], augment: ["cutout"], flip: true, words: "a, b",
  };
  const params = asAddress(facts, "fast", values);
  assert.equal(params.steps, null);
  const written = Object.fromEntries(Object.entries(params).filter(([, value]) => value !== null));
  assert.deepEqual(fromAddress(facts, written), { preset: "fast", values });
});

test("an emptied list is not an unchanged one", () => {
  const values = { ...presetValues(facts, "plain"), layers: [] };
  const { layers } = asAddress(facts, "plain", values);
  assert.deepEqual(fromAddress(facts, { preset: "plain", layers }).values.layers, []);
});

test("an emptied number stays empty after a reload", () => {
  const { steps } = asAddress(facts, "plain", { ...presetValues(facts, "plain"), steps: null });
  assert.equal(fromAddress(facts, { preset: "plain", steps }).values.steps, null);
});

test("an address without a form asks for nothing", () => {
  assert.equal(fromAddress(facts, { tab: "runs" }), null);
  assert.equal(fromAddress(facts, { preset: "unknown" }), null);
});

test("numbers are read as people write them", () => {
  assert.equal(asNumber(" 1e-3 "), 0.001);
  assert.equal(asNumber("0,5"), 0.5);
  assert.equal(asNumber(""), null);
  assert.equal(asNumber("many"), "many");
  assert.deepEqual(asNumbers("256; 512,"), [256, 512]);
  assert.equal(asNumbers("wide"), "wide");
});

test("a hundred thousand steps, as the page writes them, are not a hundred", () => {
  assert.equal(asNumber("100,000", true), 100_000);
  assert.equal(asNumber("1,000,000", true), 1e6);
  assert.equal(asNumber("1,5", true), 1.5); // refused by the server, which wants a whole number
  assert.equal(asNumber("0,001"), 0.001);
  assert.equal(asNumber("1,000"), "1,000");
  const { values } = fromAddress(facts, { preset: "plain", steps: "20,000" });
  assert.equal(values.steps, 20_000);
});

test("differences are listed in words", () => {
  const names = differences(facts, presetValues(facts, "plain"), { steps: 1, rate: 2, layers: [1], flip: true });
  assert.deepEqual(names, ["steps", "rate", "layers", "flip"]);
  assert.equal(listed(facts, ["steps"]), "INT");
  assert.equal(listed(facts, names), "INT, FLOAT and 2 more");
});
