import assert from "node:assert/strict";
import test from "node:test";
import { parse, pieces } from "../../assets/lib/markdown.js";

test("paragraphs run on until something else begins", () => {
  assert.deepEqual(parse("one\ntwo\n\n## Three\nfour\n- five\n  six\n- seven"), [
    { kind: "paragraph", text: "one two" },
    { kind: "heading", depth: 2, text: "Three" },
    { kind: "paragraph", text: "four" },
    { kind: "list", ordered: false, items: ["five six", "seven"] },
  ]);
});

test("code keeps its lines, also without an end", () => {
  assert.deepEqual(parse("```\na\n\n- b\n```\nc"), [
    { kind: "code", text: "a\n\n- b" }, { kind: "paragraph", text: "c" },
  ]);
  assert.deepEqual(parse("```\na"), [{ kind: "code", text: "a" }]);
});

test("a table has a head and rows", () => {
  assert.deepEqual(parse("| a | b |\n|---|:-:|\n| 1 | 2 |"), [
    { kind: "table", head: ["a", "b"], rows: [["1", "2"]] },
  ]);
});

test("numbers make an ordered list", () => {
  assert.deepEqual(parse("1. a\n2. b"), [{ kind: "list", ordered: true, items: ["a", "b"] }]);
});

test("pieces of a line", () => {
  assert.deepEqual(pieces("a `b*c*` **d** *e* $D(x)$ [f](#g)."), [
    { kind: "plain", text: "a " }, { kind: "code", text: "b*c*" }, { kind: "plain", text: " " },
    { kind: "strong", text: "d" }, { kind: "plain", text: " " }, { kind: "soft", text: "e" },
    { kind: "plain", text: " " }, { kind: "formula", text: "D(x)" }, { kind: "plain", text: " " },
    { kind: "link", text: "f", target: "#g" }, { kind: "plain", text: "." },
  ]);
});

test("2 * 3 * 4 is no emphasis, and markup is text", () => {
  assert.deepEqual(pieces("2 * 3 * 4 <b>"), [{ kind: "plain", text: "2 * 3 * 4 <b>" }]);
});
