import assert from "node:assert/strict";
import test from "node:test";
import { get, isGone, lineSplitter, NO_ANSWER, post, postForBytes, postForLines, send, TOO_LONG } from "../../assets/lib/request.js";

globalThis.document = { baseURI: "http://host/proxy/8000/" };

const answers = (body, init) => {
  const asked = [];
  globalThis.fetch = async (url, options) => {
    asked.push({ url, ...options });
    if (body instanceof Error) throw body;
    return new Response(body, init);
  };
  return asked;
};

test("paths lie below the proxy's", async () => {
  const asked = answers("{}");
  await get("/gv/library");
  assert.equal(asked[0].url, "http://host/proxy/8000/gv/library");
});

test("an answer has ok, its sentence and its own parts", async () => {
  answers('{"ok": true, "sentence": "Renamed.", "run": "a"}');
  assert.deepEqual(await post("gv/x", {}),
    { ok: true, absent: false, sentence: "Renamed.", run: "a" });
});

test("a refusal gives the server's sentence", async () => {
  answers('{"error": "No such run."}', { status: 404 });
  const answer = await get("gv/x");
  assert.equal(answer.ok, false);
  assert.equal(answer.absent, true);
  assert.equal(answer.sentence, "No such run.");
});

test("a proxy's own page and a lost server give the same sentence", async () => {
  answers("<html>Bad gateway</html>", { status: 502 });
  assert.equal((await get("gv/x")).sentence, NO_ANSWER);
  answers(new TypeError("Failed to fetch"));
  assert.deepEqual(await get("gv/x"), { ok: false, aborted: false, sentence: NO_ANSWER });
});

test("lines are whole, however the pieces are cut", () => {
  const lines = lineSplitter();
  assert.deepEqual(["{\"a\":", "1}\n{\"b\"", ":2}\n\n{\"c\":3}\n"].flatMap(lines),
    ['{"a":1}', '{"b":2}', '{"c":3}']);
});

/** A stream that breaks off after a piece, in the words of a browser. */
const broken = () => new ReadableStream({
  start(controller) { controller.enqueue(new TextEncoder().encode('{"step": 1}\n')); },
  pull(controller) { controller.error(new TypeError("network error")); },
});

test("what a browser says of a failure never reaches a person", async () => {
  for (const ask of [postForBytes, postForLines, send]) {
    answers(new TypeError("Failed to fetch"));
    await assert.rejects(ask("gv/x", {}, () => {}), { message: NO_ANSWER });
    answers(new DOMException("signal timed out", "TimeoutError"));
    await assert.rejects(ask("gv/x", {}, () => {}), { message: TOO_LONG, name: "TimeoutError" });
    answers(new DOMException("The user aborted a request.", "AbortError"));
    await assert.rejects(ask("gv/x", {}, () => {}), { name: "AbortError" });
    answers('{"error": "Nothing has been trained yet."}', { status: 409 });
    await assert.rejects(ask("gv/x", {}, () => {}), { message: "Nothing has been trained yet." });
    answers("<html>Bad gateway</html>", { status: 502 });
    await assert.rejects(ask("gv/x", {}, () => {}), { message: NO_ANSWER });
  }
});

test("nor of an answer that breaks off; what came of it was heard", async () => {
  answers(broken());
  await assert.rejects(postForBytes("gv/x", {}), { message: NO_ANSWER });
  answers(broken());
  const lines = [];
  await assert.rejects(postForLines("gv/x", {}, (line) => lines.push(line)), { message: NO_ANSWER });
  assert.deepEqual(lines, [{ step: 1 }]);
});

test("what the page makes of a line is its own to answer for", async () => {
  answers('{"step": 1}\n');
  const mistake = () => { throw new RangeError("a bug"); };
  await assert.rejects(postForLines("gv/x", {}, mistake), { message: "a bug" });
});

test("gone is what there is no more, not what does not come now", async () => {
  for (const [status, gone] of [[404, true], [200, false], [409, false], [502, false]]) {
    const asked = answers(null, { status });
    assert.equal(await isGone("gv/x"), gone);
    assert.equal(asked[0].method, "HEAD");
  }
  answers(new TypeError("Failed to fetch"));
  assert.equal(await isGone("gv/x"), false);
});
