// @ts-check
// The page's start: connect, wait for Gradio's markup, wire each part of Train once. The other views'
// scripts come when their tab is opened.

import "./lib/frame_throttle.js";
import * as belowPath from "./lib/below_path.js";
import * as charts from "./train/charts.js";
import * as call from "./class/call.js";
import * as classroom from "./class/class.js";
import * as follow from "./class/follow.js";
import * as room from "./class/room.js";
import * as coach from "./train/coach.js";
import * as controls from "./train/controls.js";
import * as form from "./train/form.js";
import * as grid from "./train/grid.js";
import * as latent from "./latent/latent.js";
import * as measured from "./lib/measured.js";
import * as refill from "./lib/refill.js";
import * as reconstruction from "./train/reconstruction.js";
import * as route from "./lib/route.js";
import * as scatter from "./train/scatter.js";
import * as stackedTiles from "./train/stacked_tiles.js";
import * as tabs from "./lib/tabs.js";
import * as strip from "./latent/strip.js";
import * as dark from "./lib/dark.js";
import * as language from "./lib/language.js";
import * as tips from "./lib/tips.js";
import * as watching from "./train/watching.js";
import { on } from "./lib/bus.js";
import { $, el, present } from "./lib/dom.js";
import { loadFonts } from "./lib/fonts.js";
import { connect, now, startReceiving, stats } from "./lib/stream.js";

/** @type {Record<string, () => Promise<any>>} */
const VIEWS = {
  class: async () => await import("./class/take_part.js"),
  explore: async () => await import("./explore/explore.js"),
  inside: async () => await import("./inside/inside.js"),
  lab: async () => await import("./lab/lab.js"),
  lessons: async () => await import("./lessons/lessons.js"),
  runs: async () => await import("./runs/runs.js"),
};
/** @type {Record<string, Promise<any> | undefined>} */
const views = {};

const NOT_COME = "This tab did not come: is the server still running? It is asked for again once it answers.";

/**
 * A view's script, started; null where it did not come, or has none.
 * @param {string} name
 */
function view(name) {
  views[name] ??= arrival(name);
  return views[name];
}

/** @param {string} name */
async function arrival(name) {
  if (!VIEWS[name]) return null;
  const script = await VIEWS[name]().catch(() => null);
  tabs.sayAbove(name, script ? "" : NOT_COME);
  if (script) await script.start();
  else delete views[name];
  return script;
}

/** The open tab, where it did not come before. @param {string} link */
function askAgain(link) {
  if (link === "live") void view(tabs.current());
}

/** Open a lesson in its tab. */
const openLesson = async (name) => (await view("lessons"))?.open(name);

/** Two presets against each other, in the lab. @param {{left: string, right: string}} presets */
async function openDuel(presets) {
  tabs.tab("lab");
  (await view("lab"))?.duel(presets);
}

/** The address may name a lesson, which stands beside the run in Train. */
function followAddress() {
  if (route.get("lesson")) view("lessons");
}

/** A window that stands on the projector. */
async function followProjector() {
  if (route.get("projector")) (await import("./class/projector.js")).project(true);
}

const SHELL = [
  "gv-status", "gv-header", "gv-grid", "gv-plot-loss", "gv-latent", "gv-controls", "gv-i-preset",
];
const PARTS = [
  language, dark, refill, tips, controls, form, grid, charts, latent, strip, watching, measured, scatter,
  stackedTiles, reconstruction, coach, tabs, room, follow, call, classroom,
];

window.ganviz = { form, openLesson, now, stats, tab: tabs.tab };

// Gradio puts its style sheets into the head, whenever they come: in the body ours overrules them
const styles = $("gv-styles", HTMLLinkElement).href;
document.body.append(el("link", { rel: "stylesheet", href: styles }));
belowPath.start();
connect();
present(...SHELL).then(() => {
  tabs.onTab(view);
  route.onNavigate(followAddress);
  followAddress();
  followProjector();
  on("link", askAgain);
  on("lesson", openLesson);
  on("duel", openDuel);
  for (const part of PARTS) part.start();
  startReceiving();
  document.body.dataset.gvReady = "yes";
  loadFonts();
});
