import assert from "node:assert/strict";
import test from "node:test";
import { brief, clock, count, counted, figure, fileSize, percent, power, stoppedAt, withUnits } from "../../assets/lib/format.js";

test("figures have about three digits and at most seven signs", () => {
  const written = { 0: "0.00", 0.0034: "3.4e-3", 0.693147: "0.69", 12.34: "12.3", 123.4: "123",
    3410: "3,410", 99999: "99,999", 99999.7: "1.0e5", 3400000000: "3.4e9" };
  for (const [value, words] of Object.entries(written)) assert.equal(figure(Number(value)), words);
  for (const size of [1e-300, 1e-3, 5, 999.96, 1e5, 1e13, 1e300]) {
    assert.ok(figure(-size).length <= 9, figure(-size));
  }
  assert.equal(figure(null), "–");
  assert.equal(figure(NaN), "–");
});

test("times", () => {
  assert.deepEqual([0, 59.6, 754, 3723].map(clock), ["0:00", "1:00", "12:34", "1:02:03"]);
  assert.equal(clock(Infinity), "–");
});

test("powers of ten", () => {
  assert.deepEqual([0, 1, 2, -11].map(power), ["1", "10", "10²", "10⁻¹¹"]);
});

test("any size in few signs", () => {
  assert.deepEqual([0, 0.4237, 3e-7, 1e-12, 512, 2e5, null].map(brief),
    ["0", "0.42", "3·10⁻⁷", "10⁻¹²", "510", "2·10⁵", "–"]);
});

test("the sentence for one and for many", () => {
  assert.deepEqual([0, 1, 2].map((n) => counted(n, "1 stroke.", `${n} strokes.`)), ["0 strokes.", "1 stroke.", "2 strokes."]);
});

test("counts and shares", () => {
  assert.equal(count(1234567.4), "1,234,567");
  assert.equal(percent(0.256, 1), "25.6 %");
});

test("what is left of work that was stopped", () => {
  assert.equal(stoppedAt({ step: 1200 }, "found", 3000), "Stopped at step 1,200 of 3,000: what was found until then stands.");
  assert.equal(stoppedAt({ step: 7 }, "played"), "Stopped at step 7: what was played until then stands.");
  assert.equal(stoppedAt(undefined, "measured"), "Stopped before anything was measured.");
});

test("sizes of files", () => {
  assert.deepEqual([12, 4_300, 999_499, 999_500, 9_940_000, 12_345_678, 2.34e9].map(fileSize),
    ["1 kB", "4 kB", "999 kB", "1.0 MB", "9.9 MB", "12 MB", "2.3 GB"]);
});

test("a figure stays beside its unit", () => {
  assert.equal(withUnits("1,000 steps took 14 s here; 3,000 take about 2 min 05 s, 47 MB."),
    "1,000 steps took 14\u00a0s here; 3,000 take about 2\u00a0min 05\u00a0s, 47\u00a0MB.");
});
