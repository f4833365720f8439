// @ts-check
// The projector view: the pictures and one chart in large type, with the way in at the corner. In a
// window of its own it shows what the presenter's other window shows.

import { el } from "../lib/dom.js";
import * as route from "../lib/route.js";
import { onPiece } from "./class.js";
import { invite } from "./qr.js";

/** @type {HTMLElement | null} */
let corner = null;

/** Switch the view on or off in this window. @param {boolean} on */
export function project(on) {
  document.documentElement.toggleAttribute("data-gv-projector", on);
  dispatchEvent(new Event("resize"));
  if (!corner) {
    corner = makeCorner();
    document.body.append(corner);
    onPiece("room", showWayIn);
    document.addEventListener("keydown", leave);
  }
  showWayIn();
}

/** @param {KeyboardEvent} event */
function leave({ key }) {
  if (key === "Escape" && !route.get("projector")) project(false);
}

function makeCorner() {
  return el("aside", { id: "gv-corner", "aria-label": "Join the class" },
    el("div", { class: "gv-qr" }), el("div", { class: "gv-corner-words" },
      el("b", { class: "gv-code" }), el("span", {})),
    el("button", {
      type: "button", class: "gv-icon", id: "gv-project-end", title: "Leave the projector view (Esc)",
      "aria-label": "Leave the projector view", onclick: () => project(false),
    }, "×"));
}

function showWayIn() {
  if (corner) invite(corner, "span");
}
