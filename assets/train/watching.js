// @ts-check
// Says that the page shows a kept run, not the one that trains, and leads back.

import { $, el } from "../lib/dom.js";
import { now, on, pinned, watch } from "../lib/stream.js";

export function start() {
  on("hello", show);
}

function show() {
  document.getElementById("gv-watching")?.remove();
  const run = pinned();
  if (!run) return;
  const [, step] = run.split("@");
  const name = el("b", {}, now.run?.name ?? run);
  $("gv-main").prepend(el("div", { id: "gv-watching", role: "status" }, "Looking at ", name,
    step ? ` from its folder, with the generator of step ${step}.` : " from its folder.",
    el("span", { class: "gv-spring" }),
    el("button", { type: "button", class: "gv-button gv-small", onclick: () => watch(null) },
      "Back to the live run")));
}
