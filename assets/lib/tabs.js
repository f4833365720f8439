// @ts-check
// The views' tabs, which Gradio draws: open one, and know which one is open.

import { $, el, findAll, present, text } from "./dom.js";
import * as route from "./route.js";

const FIRST = "train";

/** @type {Set<(name: string) => void>} */
const listeners = new Set();
let open = FIRST;

export async function start() {
  await present("gv-tabs");
  $("gv-tabs").addEventListener("keydown", moveByKey);
  new MutationObserver(changed).observe($("gv-tabs"), {
    subtree: true, attributes: true, attributeFilter: ["class", "aria-selected", "style"],
  });
  route.onNavigate(() => tab(requestedTab()));
  tab(requestedTab());
}

/** The tab that the address asks for. A lesson without a tab opens the lessons. */
const requestedTab = () => route.get("tab") ?? (route.get("lesson") ? "lessons" : FIRST);

/** The tab that is open. */
export const current = () => open;

/** Call `task` with the name of each tab that is opened. @param {(name: string) => void} task */
export const onTab = (task) => listeners.add(task);

/** Go to the tab of that name; on a narrow screen Gradio keeps some in a menu, without an id. @param {string} name */
export function tab(name) {
  const label = labelOf(name);
  const inMenu = () => findAll("#gv-tabs .overflow-dropdown button")
    .find((button) => button.textContent?.trim() === label);
  const button = $(`gv-view-${name}-button`) ?? inMenu();
  if (button && name !== openTab()) button.click();
}

/**
 * What is wrong with a view, above it; a tab that was never opened has no place for it.
 * @param {string} name
 * @param {string} words none take those of before away
 */
export function sayAbove(name, words) {
  for (const note of findAll(`#gv-view-${name} > .gv-not-come`)) note.remove();
  if (words) $(`gv-view-${name}`)?.prepend(el("p", { class: "gv-note gv-problem gv-not-come", role: "status" }, words));
}

/** The view that is displayed now. */
const openTab = () => findAll("#gv-tabs > .tabitem")
  .find((item) => item.style.display !== "none")?.id.replace("gv-view-", "") ?? FIRST;

function changed() {
  const name = openTab();
  if (name === open) return;
  open = name;
  if (name !== requestedTab()) route.set({ tab: name === FIRST && !route.get("lesson") ? null : name });
  text($("gv-title"), `ganviz: ${labelOf(name)}`);
  for (const task of listeners) task(name);
}

/** @param {string} name */
const labelOf = (name) => name[0].toUpperCase() + name.slice(1);

/** Arrow keys, Home and End move between the tabs, as tabs do everywhere. @param {KeyboardEvent} event */
function moveByKey(event) {
  const node = /** @type {HTMLElement} */ (event.target);
  const list = node.closest("[role=tablist]");
  if (!list || node.getAttribute("role") !== "tab") return;
  const all = findAll("[role=tab]", list).filter((one) => one.offsetParent);
  const to = tabAt(event.key, all.indexOf(node), all.length);
  if (to === null) return;
  event.preventDefault();
  all[to].click();
  all[to].focus();
}

/**
 * Which tab a key leads to, or null.
 * @param {string} key
 * @param {number} at
 * @param {number} count
 */
export function tabAt(key, at, count) {
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  const by = /** @type {Record<string, number>} */ ({ ArrowLeft: -1, ArrowRight: 1 })[key];
  return by === undefined ? null : (at + by + count) % count;
}
