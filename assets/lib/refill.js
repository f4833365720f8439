// @ts-check
// Lists that are filled anew while a person may be pressing one of their buttons, or be at it by key.

/** What the pointer is pressed on. @type {Node | null} */
let pressed = null;
/** @type {Map<HTMLElement, () => void>} */
const waiting = new Map();

/** Note presses and releases in all of the page. */
export function start() {
  addEventListener("pointerdown", ({ target, button }) => { pressed = !button && target instanceof Node ? target : null; }, true);
  // by then it is known what is clicked
  addEventListener("click", () => { pressed = null; }, true);
  // the click comes after the release
  for (const kind of ["pointerup", "pointercancel"]) addEventListener(kind, () => setTimeout(released), true);
  // a release that nobody tells of: a menu has opened, or another window has come to the front
  addEventListener("contextmenu", () => setTimeout(released), true);
  addEventListener("blur", () => setTimeout(released));
}

function released() {
  pressed = null;
  const fills = [...waiting];
  waiting.clear();
  for (const [box, fill] of fills) refill(box, fill);
}

/**
 * Have `fill` fill `box` anew: at once, or, where the pointer is pressed in it, when it is released. A
 * button that is replaced between the two is not clicked. What had the focus has it again.
 * @param {HTMLElement} box
 * @param {() => void} fill
 */
export function refill(box, fill) {
  if (pressed && box.contains(pressed)) return void waiting.set(box, fill);
  waiting.delete(box);
  const before = document.activeElement;
  if (!before || before === box || !box.contains(before)) return fill();
  const role = roleOf(before);
  fill();
  if (before.isConnected) return;
  const after = [...box.querySelectorAll("a, button, input, select, textarea, [tabindex]")].find((node) => roleOf(node) === role);
  if (!after) box.tabIndex = -1; // what comes next by key is still what stands here
  /** @type {HTMLElement} */ (after ?? box).focus({ preventScroll: true });
}

/** What a control is for, as its successor is it, too. @param {Element} node */
function roleOf(node) {
  const { part, choice } = /** @type {HTMLElement} */ (node).dataset;
  const of = /** @type {HTMLElement | null} */ (node.closest("[data-run], [data-key]"));
  const row = of?.dataset.run ?? of?.dataset.key;
  return [row, node.tagName, part ?? choice ?? node.getAttribute("aria-label") ?? node.textContent].join("\n");
}
