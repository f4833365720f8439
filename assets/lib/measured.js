// What the probes measured: of each kind the newest event, and what is shown over time.

import { emit, on } from "./stream.js";

const MOST_POINTS = 600; // of a curve held here; beyond it every second point goes
const MOST_COLUMNS = 480; // of a heat map; beyond it neighbours are merged
const FLOOR = -30; // log10 of what counts as no gradient at all, as in ganviz/probes/gradients.py

/** `newest[kind]`: the newest event. `past.gradients[network]`: {layers, steps, log10}; `past[kind]`: columns over step. */
export const measured = { newest: {}, past: {} };

/** Emits "measured" with a kind, or with null when everything is new. */
export function start() {
  on("hello", ({ probes, measured: past }) => {
    measured.newest = { ...(probes ?? {}) };
    measured.past = { gradients: {}, ...(past ?? {}) };
    emit("measured", null);
  });
  on("probe", (event) => {
    measured.newest[event.kind] = event;
    if (event.kind === "gradients") gradients(event);
    else curves(event);
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

/** Numbers of a kind that are shown over time: those that the event carries at its top. */
function curves({ kind, step, data }) {
  const table = (measured.past[kind] ??= { step: [] });
  table.step.push(data.at ?? step);
  const count = table.step.length;
  for (const name of new Set([...Object.keys(table), ...Object.keys(data)])) {
    if (name === "step" || name === "at") continue;
    const value = data[name];
    if (!(name in table)) {
      if (typeof value !== "number") continue;
      table[name] = Array(count - 1).fill(null);
    }
    table[name].push(typeof value === "number" ? value : null);
  }
  if (count <= MOST_POINTS) return;
  for (const name of Object.keys(table)) table[name] = table[name].filter((_, index) => (count - 1 - index) % 2 === 0);
}

function gradients({ data }) {
  for (const [name, { layers, gradient }] of Object.entries(data.networks)) {
    let map = measured.past.gradients[name];
    if (map?.layers.length !== layers.length) map = measured.past.gradients[name] = { layers, steps: [], log10: layers.map(() => []) };
    map.steps.push(data.at);
    gradient.forEach((norm, row) => map.log10[row].push(norm == null ? null : norm > 0 ? Math.max(FLOOR, Math.log10(norm)) : FLOOR));
    if (map.steps.length > MOST_COLUMNS) halve(map);
  }
}

/** Merge neighbouring columns of a heat map: their logs averaged, the later step. */
function halve(map) {
  const pairs = Math.floor(map.steps.length / 2);
  map.log10 = map.log10.map((row) => Array.from({ length: pairs }, (_, i) => {
    const [a, b] = [row[2 * i], row[2 * i + 1]];
    return a == null || b == null ? null : (a + b) / 2;
  }));
  map.steps = Array.from({ length: pairs }, (_, i) => map.steps[2 * i + 1]);
}
