import assert from "node:assert/strict";
import test from "node:test";
import { get, lineSplitter, NO_ANSWER, post } from "../../assets/lib/request.js";

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
