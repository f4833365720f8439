// @ts-check
// A proxy may show the page below a path without telling the server: its own addresses are relative
// and work, but Gradio asks for its style sheet at the root of the site.

/**
 * Where the page is, without a slash at its end.
 * @param {string} base
 */
export const rootOf = (base) => new URL(".", base).href.replace(/\/$/, "");

/** Give Gradio the page's true address, where it was told another one. */
export function start() {
  const config = /** @type {any} */ (window).gradio_config;
  const root = rootOf(document.baseURI);
  if (!config || config.root === root) return;
  config.root = root;
  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = `${root}/theme.css`;
  document.head.append(style);
}
