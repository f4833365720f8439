// @ts-check
// The views' tabs, which Gradio draws: open one, and know which one is open.

import { $, findAll, present } from "./dom.js";
import * as route from "./route.js";

const FIRST = "train";

/** @type {Set<(name: string) => void>} */
const listeners = new Set();
let open = FIRST;

export async function start() {
  await present("gv-tabs");
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
  const label = name[0].toUpperCase() + name.slice(1);
  const inMenu = () => findAll("#gv-tabs .overflow-dropdown button")
    .find((button) => button.textContent?.trim() === label);
  const button = $(`gv-view-${name}-button`) ?? inMenu();
  if (button && name !== openTab()) button.click();
}

/** The view that is displayed now. */
const openTab = () => findAll("#gv-tabs > .tabitem")
  .find((item) => item.style.display !== "none")?.id.replace("gv-view-", "") ?? FIRST;

function changed() {
  const name = openTab();
  if (name === open) return;
  open = name;
  if (name !== requestedTab()) route.set({ tab: name === FIRST && !route.get("lesson") ? null : name });
  for (const task of listeners) task(name);
}
