// One WebSocket that brings everything: hello (all there is), then deltas (what is new).
// Other modules listen with `on`; nothing here touches the page.

import { RECONNECT_FIRST, RECONNECT_GROWTH, RECONNECT_LONGEST } from "./pacing.js";
import { address } from "./request.js";
import { flushSoon } from "./schedule.js";

const bus = new EventTarget();

/** What the page knows at this moment. */
export const now = { run: null, status: null, server: null, frame: null, snapshot: 0, link: "connecting" };

/** Figures for tests and benchmarks: the newest event's step and server time, and how many messages came. */
export const stats = { messages: 0, hellos: 0, step: 0, time: 0, received: 0 };

let socket = null;
let kept = null; // a kept run that is looked at instead of the current one
let cursor = null;
let epoch = null;
let wait = RECONNECT_FIRST;

/** Listen to: hello, rows, frame, status, event, probe, snapshot, link. */
export const on = (name, listener) => bus.addEventListener(name, (event) => listener(event.detail));
export const emit = (name, detail) => bus.dispatchEvent(new CustomEvent(name, { detail }));

export function connect() {
  const url = new URL(address("gv/live"));
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  if (epoch !== null && cursor !== null && now.run) {
    url.searchParams.set("epoch", epoch);
    url.searchParams.set("cursor", cursor);
  }
  if (kept) url.searchParams.set("run", kept);
  socket = new WebSocket(url);
  socket.onopen = () => { wait = RECONNECT_FIRST; };
  socket.onmessage = (message) => receive(JSON.parse(message.data));
  socket.onclose = () => {
    link("reconnecting");
    setTimeout(connect, wait * (0.75 + Math.random() / 2));
    wait = Math.min(Math.max(wait, RECONNECT_FIRST) * RECONNECT_GROWTH, RECONNECT_LONGEST);
  };
}

/** The id of the kept run that is looked at, or null while the page follows whatever trains. */
export const pinned = () => kept;

/** Look at a kept run; null follows whatever trains again. */
export function watch(run) {
  kept = run;
  cursor = epoch = null;
  wait = 0;
  socket?.close();
}

/** Ask for a fresh hello: the server's downsampled history instead of the many points held here. */
export function requestHistory() {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type: "history" }));
}

function link(state) {
  if (now.link === state) return;
  now.link = state;
  emit("link", state);
}

function receive(message) {
  stats.messages += 1;
  stats.received = Date.now() / 1000;
  link("live");
  if (message.type === "hello") hello(message);
  else if (message.type === "delta") delta(message);
  else if (message.type === "error" && kept) watch(null); // that run is gone
  flushSoon();
}

function hello(message) {
  stats.hellos += 1;
  const sameRun = now.run?.id === message.run?.id && message.epoch === epoch;
  epoch = message.epoch;
  cursor = message.history?.cursor ?? 0;
  Object.assign(now, { run: message.run, server: message.server, status: message.status, frame: message.frame });
  now.snapshot = sameRun ? now.snapshot : 0;
  emit("hello", { ...message, sameRun });
  emit("rows", { columns: message.history?.columns ?? {}, fresh: true });
  if (message.status) emit("status", message.status);
  for (const event of message.events ?? []) emit("event", { ...event, old: true });
  if (message.frame) emit("frame", message.frame);
  if (message.snapshot) snapshot(message.snapshot);
  seen(message.history?.columns);
}

function delta(message) {
  cursor = message.cursor ?? cursor;
  const columns = message.columns ?? {};
  if (columns.step?.length) emit("rows", { columns, fresh: false });
  if (message.status) {
    now.status = message.status;
    emit("status", message.status);
  }
  for (const event of message.events ?? []) emit("event", event);
  for (const event of Object.values(message.probes ?? {})) emit("probe", event);
  if (message.frame) {
    now.frame = message.frame;
    emit("frame", message.frame);
  }
  if (message.snapshot) snapshot(message.snapshot);
  seen(columns);
}

function snapshot(version) {
  if (version === now.snapshot) return;
  now.snapshot = version;
  emit("snapshot", version);
}

function seen(columns) {
  if (!columns?.step?.length) return;
  stats.step = columns.step.at(-1);
  stats.time = columns.time?.at(-1) ?? stats.time;
}
