// @ts-check
// Everything that a page asks of the server by HTTP: the answer is a value with a sentence, never a
// traceback. The live socket is in stream.js.

import { REQUEST_TIMEOUT } from "./pacing.js";

export const NO_ANSWER = "The server did not answer: is it still running?";
export const TOO_LONG = "The server took too long to answer: try again.";

/**
 * @typedef {object} Answer
 * @property {boolean} ok whether the server did what it was asked to do
 * @property {string} sentence what it says about it
 * @property {boolean} [absent] whether there is no such thing (any more)
 * @property {boolean} [aborted] whether the page itself called the request off
 */

/**
 * A server path as an address, also where the page is served below a proxy's path.
 * @param {string} path
 */
export const address = (path) => new URL(path.replace(/^\//, ""), document.baseURI).href;

/**
 * GET an answer.
 * @param {string} path
 * @param {{signal?: AbortSignal}} [options]
 */
export const get = (path, options = {}) => answerOf(path, options);

/**
 * POST `body` and read the answer.
 * @param {string} path
 * @param {object} body
 * @param {{signal?: AbortSignal, keepalive?: boolean}} [options]
 */
export const post = (path, body, options = {}) => answerOf(path, { ...json(body), ...options });

/**
 * Send a command to the run that trains.
 * @param {string} action
 * @param {object} [extra]
 */
export const command = (action, extra = {}) => post("gv/command", { action, ...extra });

/**
 * POST `body` and return the response, whose body is not JSON. Throws an Error with a sentence.
 * @param {string} path
 * @param {object} body
 * @param {{timeout?: number}} [options] milliseconds after which the request is called off
 */
export async function postForBytes(path, body, { timeout = REQUEST_TIMEOUT } = {}) {
  const response = await send(path, { ...json(body), signal: AbortSignal.timeout(timeout) });
  if (response.status === 204) throw new Error(""); // a newer request has taken its place
  const header = (/** @type {string} */ name) => response.headers.get(`X-Gv-${name}`) ?? "";
  const number = (/** @type {string} */ name) => Number(header(name));
  return { header, number, bytes: new Uint8Array(await arrived(response.arrayBuffer())) };
}

/**
 * POST `body` and hand each line of the streamed answer, parsed, to `onLine`. Throws an Error with
 * a sentence.
 * @param {string} path
 * @param {object} body
 * @param {(line: any) => void} onLine
 * @param {AbortSignal} [signal]
 */
export async function postForLines(path, body, onLine, signal) {
  const response = await send(path, { ...json(body), signal });
  if (!response.body) throw new Error(NO_ANSWER);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const lines = lineSplitter();
  for (;;) {
    const { value, done } = await arrived(reader.read());
    if (done) return;
    for (const line of lines(value)) onLine(JSON.parse(line));
  }
}

/**
 * The response to a request that is not refused. Throws an Error with a sentence.
 * @param {string} path
 * @param {RequestInit} [options]
 */
export async function send(path, options) {
  const response = await arrived(fetch(address(path), options));
  if (!response.ok) throw new Error(sentenceOf(await parsed(response)));
  return response;
}

/**
 * What comes from the server. Where it does not arrive, throws an Error with a sentence in the place
 * of the browser's own words, and with their name: a page that calls a request off tells it by that.
 * @template T
 * @param {Promise<T>} part
 */
export async function arrived(part) {
  try {
    return await part;
  } catch (problem) {
    const { name } = /** @type {Error} */ (problem);
    throw Object.assign(new Error(name === "TimeoutError" ? TOO_LONG : NO_ANSWER), { name });
  }
}

/** Whether there is no such thing (any more); what did not come for another reason may come later. @param {string} path */
export async function isGone(path) {
  const response = await fetch(address(path), { method: "HEAD" }).catch(() => null);
  return response?.status === 404;
}

/** Cuts a text that comes in pieces into its lines; the last, unfinished one waits for the rest. */
export function lineSplitter() {
  let rest = "";
  return (/** @type {string} */ piece) => {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    return lines.filter(Boolean);
  };
}

/**
 * @param {string} path
 * @param {RequestInit} options
 * @returns {Promise<Answer & Record<string, any>>}
 */
async function answerOf(path, options) {
  try {
    const response = await fetch(address(path), options);
    const body = await parsed(response);
    const ok = response.ok && body.ok !== false;
    return { ...body, ok, absent: response.status === 404, sentence: ok ? body.sentence ?? "" : sentenceOf(body) };
  } catch (problem) {
    const aborted = problem instanceof Error && problem.name === "AbortError";
    return { ok: false, aborted, sentence: NO_ANSWER };
  }
}

/**
 * What went wrong, in the server's words.
 * @param {{sentence?: string, error?: string}} body
 */
export const sentenceOf = (body) => body.sentence ?? body.error ?? NO_ANSWER;

/**
 * The parsed body; empty where something that is not JSON came (a proxy's own page).
 * @param {Response} response
 * @returns {Promise<Record<string, any>>}
 */
const parsed = (response) => response.json().catch(() => ({ error: NO_ANSWER }));

/** @param {object} body */
const json = (body) => ({
  method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
});
