// @ts-check
// Values of settings as text, and the other way round.

/** A number as a person writes it; null for nothing, the text itself where it is none. @param {string} text */
export function asNumber(text) {
  const plain = text.trim().replace(/^(-?\d+),(\d+)$/, "$1.$2");
  if (plain === "") return null;
  return Number.isFinite(Number(plain)) ? Number(plain) : text;
}

/** "256, 512" as [256, 512]; text that holds no numbers stays text. @param {string} text */
export function asNumbers(text) {
  const parts = text.split(/[,;]/).map((part) => part.trim()).filter(Boolean).map(asNumber);
  return parts.every((part) => typeof part === "number") ? parts : text;
}

/** A value as text: for comparing, for the address, for people. @param {any} value */
export const asText = (value) => (Array.isArray(value) ? value.join(", ") : String(value ?? ""));

/** The inverse of `asText` for a field of that kind. @param {string} text @param {{kind: string}} facts */
export function fromText(text, facts) {
  if (facts.kind === "bool") return text === "true";
  if (facts.kind === "int" || facts.kind === "float") return asNumber(text);
  if (facts.kind === "numbers") return asNumbers(text);
  if (facts.kind === "many") return text.split(",").map((part) => part.trim()).filter(Boolean);
  return text;
}
