// @ts-check
// Depth and width of hidden layers, changed by one move.

const MOST_LAYERS = 32;
const WIDEST = 4096;
/** The width of a first layer. */
const USUAL = 64;

/** One layer more, as wide as the last, or one less. @param {number[]} layers @param {1 | -1} by */
export const deeper = (layers, by) =>
  (by > 0 ? [...layers, layers.at(-1) ?? USUAL].slice(0, MOST_LAYERS) : layers.slice(0, -1));

/** All layers twice or half as wide. @param {number[]} layers @param {1 | -1} by */
export const wider = (layers, by) =>
  layers.map((width) => Math.max(1, Math.min(WIDEST, by > 0 ? width * 2 : Math.floor(width / 2))));
