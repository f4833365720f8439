// @ts-check
// Numbers, times and dates as people write them.

// made once: making a formatter takes longer than a layout
const grouped = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });

const MISSING = "–";
const EXPONENTS = /** @type {Record<string, string>} */ ({
  0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹", "-": "⁻",
});

/**
 * A whole number with its thousands apart.
 * @param {number} n
 */
export const count = (n) => grouped.format(Math.round(n));

/**
 * The sentence for so many things: that of a single one, or that of many.
 * @param {number} n
 * @param {string} one
 * @param {string} many
 */
export const counted = (n, one, many) => (n === 1 ? one : many);

/**
 * Seconds as 0:07, 12:34 or 1:02:03.
 * @param {number | null | undefined} seconds
 */
export function clock(seconds) {
  if (seconds == null || !Number.isFinite(seconds)) return MISSING;
  const s = Math.max(0, Math.round(seconds));
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const minutes = Math.floor(s / 60);
  if (s < 3600) return `${minutes}:${two(s % 60)}`;
  return `${Math.floor(s / 3600)}:${two(minutes % 60)}:${two(s % 60)}`;
}

/**
 * A figure in at most seven signs, with about three significant digits.
 * @param {number | null | undefined} value
 */
export function figure(value) {
  if (value == null || !Number.isFinite(value)) return MISSING;
  const size = Math.abs(value);
  if (size >= 99_999.5) return value.toExponential(1).replace("e+", "e");
  if (size >= 1000) return count(value);
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  if (size >= 0.01 || size === 0) return value.toFixed(2);
  return value.toExponential(1);
}

/**
 * 10 to a whole power, as people write it.
 * @param {number} n
 */
export function power(n) {
  if (n === 0) return "1";
  if (n === 1) return "10";
  return `10${[...String(n)].map((sign) => EXPONENTS[sign]).join("")}`;
}

/**
 * A number of any size in few signs: 0.42, 3·10⁻⁷.
 * @param {number | null | undefined} value
 */
export function brief(value) {
  if (value == null || !Number.isFinite(value)) return MISSING;
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 0.001 && size < 1000) return Number(value.toPrecision(2)).toString();
  const [digits, exponent] = value.toExponential(0).split("e");
  return digits === "1" ? power(Number(exponent)) : `${digits}·${power(Number(exponent))}`;
}

/**
 * A share as a percentage.
 * @param {number} share
 * @param {number} [digits]
 */
export const percent = (share, digits = 0) => `${(100 * share).toFixed(digits)} %`;

/**
 * Date and time of day, as this machine writes them.
 * @param {number} seconds since 1970
 */
export const formatDate = (seconds) =>
  new Date(seconds * 1000).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });

/**
 * The size of a file, as people read it.
 * @param {number} bytes
 */
export function fileSize(bytes) {
  const [size, unit] = bytes < 999_500 ? [bytes / 1e3, "kB"] : bytes < 999.5e6 ? [bytes / 1e6, "MB"] : [bytes / 1e9, "GB"];
  return `${unit === "kB" || size >= 9.95 ? Math.max(1, Math.round(size)) : size.toFixed(1)} ${unit}`;
}

/**
 * A sentence whose figures stay on one line with their units.
 * @param {string} sentence
 */
export const withUnits = (sentence) => sentence.replace(/(\d) (?=(?:s|min|h|kB|MB|GB)\b)/g, "$1\u00a0");

/**
 * What is left of work that somebody stopped.
 * @param {{step: number} | null | undefined} newest where it was
 * @param {string} what was done until then: "found", "measured"
 * @param {number} [steps] of how many
 */
export const stoppedAt = (newest, what, steps) => (newest
  ? `Stopped at step ${count(newest.step)}${steps ? ` of ${count(steps)}` : ""}: what was ${what} until then stands.`
  : `Stopped before anything was ${what}.`);
