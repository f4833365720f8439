// @ts-check
// The projector view: the pictures and one chart in large type, with the way in at the corner. In a
// window of its own it shows what the presenter's other window shows.

import { el, text } from "../lib/dom.js";
import { get } from "../lib/request.js";
import * as route from "../lib/route.js";
import { hasClass, onPiece, piece } from "./class.js";
import { qr } from "./qr.js";

/** @type {HTMLElement | null} */
let corner = null;
let drawnCode = "";

/** Switch the view on or off in this window. @param {boolean} on */
export function project(on) {
  document.documentElement.toggleAttribute("data-gv-projector", on);
  dispatchEvent(new Event("resize"));
  if (!corner) {
    corner = makeCorner();
    document.body.append(corner);
    onPiece("room", invite);
    document.addEventListener("keydown", leave);
  }
  invite();
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

/** The QR code of the code that counts now. */
async function invite() {
  const code = piece("room")?.code ?? "";
  if (!corner || drawnCode === code || !hasClass()) return;
  drawnCode = code;
  const answer = await get("gv/class/invitation");
  if (!answer.ok || !corner) return;
  corner.querySelector(".gv-qr")?.replaceChildren(qr(answer.qr));
  text(corner.querySelector(".gv-code"), answer.code);
  text(corner.querySelector("span"), answer.address.replace(/^https?:\/\//, ""));
}
