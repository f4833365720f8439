// @ts-check
// The page's colours, as its style sheets define them.

/**
 * A colour of the style sheet under the present theme.
 * @param {string} name without its prefix
 */
export const colour = (name) =>
  getComputedStyle(document.body).getPropertyValue(`--gv-${name}`).trim();

/**
 * Red, green and blue of a colour like #0a7d4b, each 0 to 255.
 * @param {string} hex
 */
export const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
