// @ts-check
// The tab Explore: the picture left, and right one panel at a time. A panel is a module with
// `label`, `make()`, which gives its element, and `open()`, called whenever it is opened or what it
// explores has changed. What moves or works by itself is ended by `rest()` when nothing is explored.

import { on } from "../lib/bus.js";
import { $, el, findAll, present } from "../lib/dom.js";
import * as route from "../lib/route.js";
import { current, onTab, tabAt } from "../lib/tabs.js";
import * as combine from "./combine.js";
import * as copied from "./copied.js";
import * as directions from "./directions.js";
import * as eye from "./eye.js";
import * as find from "./find.js";
import * as gallery from "./gallery.js";
import * as inside from "./inside.js";
import * as map from "./map.js";
import * as path from "./path.js";
import * as picture from "./picture.js";
import { addressOfPoint, explored } from "./state.js";
import { controlsIn, setUsable } from "./usable.js";

/** @type {Record<string, {label: string, why: string, make: () => HTMLElement, open: () => void, fits?: () => string, rest?: () => void}>} */
const PANELS = { gallery, directions, map, path, find, copied, combine, eye, inside };
const NO_GENERATOR = "There is no generator: train a run, or choose a kept one at the left.";
/** @type {Record<string, HTMLElement>} */
const made = {};
let open = "gallery";

export async function start() {
  await present("gv-explore", "gv-explore-panel", "gv-explore-side");
  $("gv-explore-panels").append(...Object.entries(PANELS).map(([name, { label, why }]) => el("button", {
    type: "button", role: "tab", "data-panel": name, title: why, "aria-controls": "gv-explore-panel",
    onclick: () => openPanel(name),
  }, label)));
  $("gv-explore-panels").addEventListener("keydown", moveByKey);
  on("explore-source", refresh);
  onTab(() => route.set(inAddress(), { push: false }));
  route.onNavigate(followAddress);
  openPanel(wanted(), false);
  await picture.start();
}

const wanted = () => (Object.hasOwn(PANELS, route.get("panel") ?? "") ? route.get("panel") ?? "" : "gallery");

/** What of this tab stands in the address: nothing while another one is open. */
const inAddress = () => (current() === "explore"
  ? { ...(explored.source ? addressOfPoint() : {}), panel: open }
  : { at: null, z: null, base: null, panel: null });

function followAddress() {
  if (route.get("tab") !== "explore") return;
  if (wanted() !== open) openPanel(wanted(), false);
  picture.followAddress();
}

/**
 * @param {string} name
 * @param {boolean} [push] a new entry of the history
 */
function openPanel(name, push = true) {
  open = name;
  made[name] ??= PANELS[name].make();
  $("gv-explore-panel").replaceChildren(made[name]);
  for (const button of findAll("button", $("gv-explore-panels"))) {
    const chosen = button.dataset.panel === name;
    button.setAttribute("aria-selected", String(chosen));
    button.tabIndex = chosen ? 0 : -1;
  }
  if (current() === "explore") route.set({ panel: name }, { push });
  refresh();
}

/** Have the open panel show what is explored, or say why it cannot. */
function refresh() {
  const { source } = explored;
  for (const button of findAll("button", $("gv-explore-panels"))) {
    button.hidden = Boolean(source && PANELS[button.dataset.panel ?? ""].fits?.());
  }
  const side = controlsIn($("gv-explore-side")).filter(({ id }) => id !== "gv-explore-run");
  for (const part of [side, ...Object.values(made).map(controlsIn)]) {
    setUsable(part, NO_GENERATOR, source !== null);
  }
  if (!source) restPanels();
  else if (PANELS[open].fits?.()) openPanel("gallery", false);
  else PANELS[open].open();
}

function restPanels() {
  for (const name of Object.keys(made)) PANELS[name].rest?.();
}

/** @param {KeyboardEvent} event */
function moveByKey(event) {
  const all = findAll("button", $("gv-explore-panels")).filter((one) => !one.hidden);
  const to = tabAt(event.key, all.findIndex((one) => one === document.activeElement), all.length);
  if (to === null) return;
  event.preventDefault();
  all[to].click();
  all[to].focus();
}
