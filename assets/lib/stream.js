// @ts-check
// One WebSocket that brings everything: hello (all there is), then deltas (what is new). Other
// modules listen with `on`; nothing here touches the page.

import { emit } from "./bus.js";
import { RECONNECT_FIRST, RECONNECT_GROWTH, RECONNECT_LONGEST } from "./pacing.js";
import { NO_ANSWER, address, get } from "./request.js";
import * as route from "./route.js";
import { flushSoon } from "./schedule.js";

export { emit, on } from "./bus.js";

/** @typedef {import("./protocol.js").Hello} Hello */
/** @typedef {import("./protocol.js").Delta} Delta */
/** @typedef {import("./protocol.js").Refusal} Refusal */
/** @typedef {import("./protocol.js").ClassNews} ClassNews */

/** The code by which the server closes the socket of somebody who is in the class no longer. */
const SENT_OUT = 4403;

/** What the page knows at this moment. */
export const now = {
  run: /** @type {import("./protocol.js").RunFacts | null} */ (null),
  status: /** @type {import("./protocol.js").Status | null} */ (null),
  /** Of the run that trains here, while another one is looked at. */
  training: /** @type {import("./protocol.js").Status | null} */ (null),
  server: /** @type {Record<string, any> | null} */ (null),
  frame: /** @type {import("./protocol.js").FrameInfo | null} */ (null),
  snapshot: 0,
  link: "connecting",
};

/**
 * Figures for tests and benchmarks: the newest event's step and server time, and how many messages
 * came.
 * @type {Record<string, any>}
 */
export const stats = { messages: 0, hellos: 0, step: 0, time: 0, received: 0 };

/** @type {WebSocket | null} */
let socket = null;
/** A kept run that is looked at instead of the current one. @type {string | null} */
let kept = route.get("run");
route.onNavigate(() => { if (route.get("run") !== kept) watch(route.get("run")); });
/** @type {number | null} */
let cursor = null;
/** @type {string | null} */
let epoch = null;
let wait = RECONNECT_FIRST;
/** Messages that came before the page could show them; null once it can. @type {any[] | null} */
let early = [];
/** Attempts in a row that did not open a socket. */
let failures = 0;

/** Emits hello, rows, kept, frame, status, event, probe, snapshot, class, link, refused and blocked. */
export function connect() {
  const url = new URL(address("gv/live"));
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  if (epoch !== null && cursor !== null && now.run) {
    url.searchParams.set("epoch", epoch);
    url.searchParams.set("cursor", String(cursor));
  }
  if (kept) url.searchParams.set("run", kept);
  socket = new WebSocket(url);
  let opened = false;
  socket.onopen = () => {
    opened = true;
    failures = 0;
    wait = RECONNECT_FIRST;
    emit("blocked", "");
  };
  socket.onmessage = ({ data }) => {
    if (early) early.push(JSON.parse(data));
    else receive(JSON.parse(data));
  };
  socket.onclose = ({ code }) => {
    if (code === SENT_OUT) return emit("sent-out");
    link("reconnecting");
    failures += opened ? 0 : 1;
    if (failures >= 2) explain();
    // a chance of a quarter more or less keeps many pages from knocking at one time
    setTimeout(connect, wait * (0.75 + Math.random() / 2));
    wait = Math.min(Math.max(wait, RECONNECT_FIRST) * RECONNECT_GROWTH, RECONNECT_LONGEST);
  };
}

/** Every listener is there: what has come so far, and all that comes, reaches them. */
export function startReceiving() {
  const messages = early ?? [];
  early = null;
  messages.forEach(receive);
}

/**
 * Why no socket opens: a browser hides it, so the server is asked. One that does not answer is not
 * running, and "reconnecting" says all there is to say.
 */
async function explain() {
  const { sentence, field } = await get(`gv/why?origin=${encodeURIComponent(location.origin)}`);
  if (field === "join") return emit("sent-out");
  if (failures) emit("blocked", sentence === NO_ANSWER ? "" : sentence);
}

/** The id of the kept run that is looked at, or null while the page follows whatever trains. */
export const pinned = () => kept;

/**
 * Look at a kept run; null follows whatever trains again.
 * @param {string | null} run
 */
export function watch(run) {
  kept = run;
  route.set({ run });
  cursor = epoch = null;
  wait = 0;
  socket?.close();
}

/** Request a fresh hello: the server's downsampled history instead of the many points held here. */
export function requestHistory() {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type: "history" }));
}

/** @param {string} state */
function link(state) {
  if (now.link === state) return;
  now.link = state;
  emit("link", state);
}

/** @param {Hello | Delta | Refusal | ClassNews} message */
function receive(message) {
  stats.messages += 1;
  stats.received = Date.now() / 1000;
  const followed = lostRun();
  link("live");
  if (message.type === "hello") welcome(message, followed);
  else if (message.type === "delta") delta(message);
  else if (message.type === "class") emit("class", message.state);
  else if (message.type === "error" && kept) {
    emit("refused", message.error);
    watch(null);
  }
  flushSoon();
}

/** The run that was followed when the server was lost, if nobody chose another one since. */
const lostRun = () => (now.link === "reconnecting" && epoch !== null && !kept ? now.run?.id : null);

/** @param {Hello} message @param {string | null | undefined} followed */
function welcome(message, followed) {
  hello(message);
  // a server that was started anew trains nothing: what was followed is in its folder
  if (followed && !message.run) watch(followed);
}

/** @param {Hello} message */
function hello(message) {
  stats.hellos += 1;
  const sameRun = now.run?.id === message.run?.id && message.epoch === epoch;
  const { run, server, status, frame, history } = message;
  epoch = message.epoch;
  cursor = history.cursor;
  Object.assign(now, { run, server, status, frame, snapshot: sameRun ? now.snapshot : 0 });
  emit("hello", { ...message, sameRun });
  emit("rows", { columns: history.columns, fresh: true });
  const events = message.events?.map((event) => ({ ...event, old: true }));
  pass({ status, events, frame, snapshot: message.snapshot });
  note(history.columns);
}

/** @param {Delta} message */
function delta(message) {
  cursor = message.cursor ?? cursor;
  const { columns, status, frame } = message;
  if (columns?.step?.length) emit("rows", { columns, fresh: false });
  now.status = status ?? now.status;
  now.frame = frame ?? now.frame;
  pass(message);
  note(columns);
}

/**
 * What a message holds besides rows, to whom it concerns.
 * @param {{[part in "status" | "events" | "probes" | "frame" | "frames" | "snapshot"]?: any}} message
 */
function pass({ status, events, probes, frame, frames, snapshot }) {
  if (status) emit("status", status);
  events?.forEach((event) => emit("event", event));
  if (probes) Object.values(probes).forEach((event) => emit("probe", event));
  if (frames?.length) emit("kept", frames);
  if (frame) emit("frame", frame);
  if (!snapshot || snapshot === now.snapshot) return;
  now.snapshot = snapshot;
  emit("snapshot", snapshot);
}

/** @param {import("./plot.js").Columns} [columns] */
function note(columns) {
  if (!columns?.step?.length) return;
  stats.step = columns.step.at(-1);
  stats.time = columns.time?.at(-1) ?? stats.time;
}
