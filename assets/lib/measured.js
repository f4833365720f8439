// What the probes measured: of each kind the newest event, and what is shown over time.

import { requestHistory, emit, on } from "./stream.js";

const MOST_POINTS = 600; // of a curve held here; beyond it every second point goes

/** `newest[kind]`: the newest event. `past[kind]`: columns over step, or what the kind's declared
 * history is. */
export const measured = { newest: {}, past: {} };

const histories = new Map();

/** Have `add(event, past)` keep the history of a kind that is no table of columns; the server sends what
 * came before. */
export function historyOf(kind, add) {
  histories.set(kind, add);
  measured.past[kind] = {};
  requestHistory();
}

/** Emits "measured" with a kind, or with null when everything is new. */
export function start() {
  on("hello", ({ probes, measured: past }) => {
    measured.newest = { ...(probes ?? {}) };
    measured.past = { ...(past ?? {}) };
    emit("measured", null);
  });
  on("probe", (event) => {
    measured.newest[event.kind] = event;
    const add = histories.get(event.kind) ?? curves;
    add(event, (measured.past[event.kind] ??= {}));
    emit("measured", event.kind);
  });
  on("event", (event) => {
    if (event.kind !== "coach" || measured.newest.coach?.seq >= event.seq) return;
    measured.newest.coach = event;
    emit("measured", "coach");
  });
}

/** The newest data of a kind, or null. */
export const newest = (kind) => measured.newest[kind]?.data ?? null;

/** The data of a kind as they were at a step that is looked back at (null: the newest): its figures
 * are those of the last measurement by then, null before the first. */
export function asOf(kind, step) {
  const data = newest(kind);
  const table = measured.past[kind];
  if (step === null || !data || !table?.step) return data;
  const row = table.step.findLastIndex((at) => at <= step);
  const then = Object.keys(table).map((name) => [name, table[name][row] ?? null]);
  return { ...data, ...Object.fromEntries(then) };
}

/** Numbers of a kind that are shown over time: those that the event carries at its top. */
function curves({ step, data }, table) {
  // a history that a script keeps which has not come yet
  if (!table.step && Object.keys(table).length) return;
  addRow((table.step ??= []), table, data.at ?? step, Object.entries(data).filter(isColumn));
}

/** Columns of equal length: null where nothing was measured. */
function addRow(steps, table, step, numbers) {
  for (const [name] of numbers) table[name] ??= Array(steps.length).fill(null);
  const row = new Map([...numbers, ["step", step]]);
  for (const name of Object.keys(table)) table[name].push(row.get(name) ?? null);
  if (steps.length > MOST_POINTS) thin(table);
}

const isColumn = ([name, value]) => name !== "at" && typeof value === "number";

/** Leave every second row out; the newest stays. */
function thin(table) {
  const last = table.step.length - 1;
  for (const name of Object.keys(table)) {
    table[name] = table[name].filter((_, index) => (last - index) % 2 === 0);
  }
}
