// @ts-check
// The room in the header: who this page is, and for presenters the way to the panel of the class.

import { $, el, text } from "../lib/dom.js";
import { on } from "../lib/bus.js";
import { address, NO_ANSWER } from "../lib/request.js";
import { say } from "../train/controls.js";
import { isPresenter, onPiece, piece } from "./class.js";

/** @type {HTMLButtonElement | HTMLElement | null} */
let chip = null;

export function start() {
  onPiece("room", show);
  onPiece("follow", show);
  on("sent-out", () => location.replace(address("join")));
}

function show() {
  const room = piece("room");
  if (!room) return;
  chip ??= room.presenter ? presenterChip() : el("span", { id: "gv-class-chip", class: "gv-badge" });
  if (!chip.isConnected) $("gv-header").querySelector(".gv-header-right")?.prepend(chip);
  // somebody who was made a presenter, or is one no longer
  if (room.presenter !== isPresenter()) location.reload();
  if (room.presenter) describeClass(chip, room);
  else describeViewer(chip, room);
}

/** @param {HTMLElement} node */
function describeClass(node, { joined, members = [] }) {
  const here = members.filter((member) => member.here && !member.presenter).length;
  text(node, joined ? `Class · ${here}` : "Class");
  node.title = joined ? "The code, who is here, and what they may do" : "Teach with ganviz";
}

/** @param {HTMLElement} node */
function describeViewer(node, { handle }) {
  const free = piece("follow")?.free;
  text(node, free ? `${handle} · exploring` : `${handle} · following`);
  node.title = free ? "Your handle. You explore on your own."
    : "Your handle. You see what the presenter shows; z is your own to explore.";
}

function presenterChip() {
  return el("button", {
    type: "button", id: "gv-class-chip", class: "gv-chip", "aria-haspopup": "dialog",
    onclick: openPanel,
  });
}

async function openPanel() {
  try {
    (await import("./panel.js")).open();
  } catch {
    say(NO_ANSWER, true);
  }
}
