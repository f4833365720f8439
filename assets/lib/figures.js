// How a declared figure is written: its label, its value, the samples that it was measured on.

import { brief, count, figure } from "./format.js";

const ARROWS = { lower: " ↓", higher: " ↑", "": "" };
const WRITE = {
  number: figure,
  small: (value) => (Math.abs(value) < 0.01 ? brief(value) : figure(value)),
  percent: (value) => `${(100 * value).toFixed(Math.abs(value) < 0.1 ? 1 : 0)} %`,
  "of total": (value, data) => `${value} of ${data.total}`,
};

/** "FID ↓": the label with the way to better values. */
export const label = ({ label: words, better }) => `${words}${ARROWS[better] ?? ""}`;

/** The value of a figure in `data` as people read it, or "–". */
export function written({ name, format }, data) {
  return data?.[name] == null ? "–" : WRITE[format](data[name], data);
}

/** "1,000 and 5,000": the counts of samples behind a figure. */
export const samples = ({ samples: names }, data) => names.map((name) => count(data[name])).join(" and ");

/** "real against real 1.2": what to hold a figure against, or "". */
export function reference({ against, format }, data) {
  if (!against || data[against[1]] == null) return "";
  return `${against[0]} ${WRITE[format](data[against[1]], data)}`;
}
