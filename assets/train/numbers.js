// @ts-check
// Values of settings as text, and the other way round.

/** Thousands as the page itself writes them: 100,000. */
const GROUPED = /^-?[1-9]\d{0,2}(,\d{3})+$/;

/**
 * A number as a person writes it; null for nothing, the text itself where it is none. A comma groups
 * the digits of a `whole` number, and else it is the decimal one; what could be either ("1,000") stays
 * text, and is refused rather than guessed.
 * @param {string} text @param {boolean} [whole]
 */
export function asNumber(text, whole = false) {
  const trimmed = text.trim();
  if (GROUPED.test(trimmed)) return whole ? Number(trimmed.replaceAll(",", "")) : text;
  const plain = trimmed.replace(/^(-?\d+),(\d+)$/, "$1.$2");
  if (plain === "") return null;
  return Number.isFinite(Number(plain)) ? Number(plain) : text;
}

/** "256, 512" as [256, 512]; text that holds no numbers stays text. @param {string} text */
export function asNumbers(text) {
  const parts = text.split(/[,;]/).map((part) => part.trim()).filter(Boolean).map((part) => asNumber(part));
  return parts.every((part) => typeof part === "number") ? parts : text;
}

/** A value as text: for comparing, for the address, for people. @param {any} value */
export const asText = (value) => (Array.isArray(value) ? value.join(", ") : String(value ?? ""));

/** The inverse of `asText` for a field of that kind. @param {string} text @param {{kind: string}} facts */
export function fromText(text, facts) {
  if (facts.kind === "bool") return text === "true";
  if (facts.kind === "int" || facts.kind === "float") return asNumber(text, facts.kind === "int");
  if (facts.kind === "numbers") return asNumbers(text);
  if (facts.kind === "many") return text.split(",").map((part) => part.trim()).filter(Boolean);
  return text;
}
