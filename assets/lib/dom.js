// @ts-check
// Elements of the page.

/**
 * The element with this id: an element that stands in the page's markup, so it is never null once
 * `present` has resolved. `_type` says to the checker what it is.
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 * @param {new () => T} [_type]
 * @returns {T}
 */
export const $ = (id, _type) => /** @type {T} */ (document.getElementById(id));

/**
 * The first element in `root` that matches, which is known to be there.
 * @template {Element} [T=HTMLElement]
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => T} [_type]
 * @returns {T}
 */
export const find = (root, selector, _type) => /** @type {T} */ (root.querySelector(selector));

/**
 * All elements in the page that match.
 * @param {string} selector
 * @returns {HTMLElement[]}
 */
export const findAll = (selector, root = /** @type {ParentNode} */ (document)) =>
  [...root.querySelectorAll(selector)].map((node) => /** @type {HTMLElement} */ (node));

/**
 * Make an element; `attributes` that start with "on" are listeners; children are nodes or text
 * (never markup).
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/**
 * Set text only where it differs: an unchanged figure costs no layout.
 * @param {Element | null} node
 * @param {string} value
 */
export function text(node, value) {
  if (node && node.textContent !== value) node.textContent = value;
}

/**
 * Say something in the place with this id, which is hidden while there is nothing to say.
 * @param {string} id
 * @param {string} sentence
 */
export function note(id, sentence) {
  const place = $(id);
  text(place, sentence);
  place.hidden = !sentence;
}

/**
 * Set an attribute only where it differs.
 * @param {Element} node
 * @param {string} name
 * @param {string | number | boolean} value
 */
export function mark(node, name, value) {
  if (node.getAttribute(name) !== String(value)) node.setAttribute(name, String(value));
}

/**
 * Resolves once Gradio has put all elements with these ids on the page.
 * @param {...string} ids
 * @returns {Promise<void>}
 */
export function present(...ids) {
  return new Promise((resolve) => {
    const there = () => ids.every((id) => document.getElementById(id));
    if (there()) return resolve();
    const watcher = new MutationObserver(() => {
      if (!there()) return;
      watcher.disconnect();
      resolve();
    });
    watcher.observe(document.documentElement, { childList: true, subtree: true });
  });
}
