// Says that the page shows a kept run, not the one that trains, and leads back.

import { $, el } from "../lib/dom.js";
import { now, on, pinned, watch } from "../lib/stream.js";

export function start() {
  on("hello", show);
}

function show() {
  $("gv-watching")?.remove();
  if (!pinned()) return;
  $("gv-main").prepend(el("div", { id: "gv-watching", role: "status" }, "Looking at ", el("b", {}, now.run?.name ?? pinned()),
    pinned().includes("@") ? ` from its folder, with the generator of step ${pinned().split("@")[1]}.` : " from its folder.",
    el("span", { class: "gv-spring" }), el("button", { type: "button", class: "gv-button gv-small", onclick: () => watch(null) }, "Back to the live run")));
}
