// The single entries of z, a page at a time: for those who want to turn one number.

import { $, count, text } from "../lib/dom.js";
import { on } from "../lib/stream.js";
import { slider } from "./latent.js";

const PAGE = 16;

/** Wire the folded panel; `z`, `info` and `change` are the explorer's. */
export function rawList({ z, info, change }) {
  let first = 0;
  const panel = $("gv-raw");
  const opener = $("gv-raw-open");

  const fill = () => {
    const last = Math.min(info.latent_dim, first + PAGE);
    const rows = [];
    for (let index = first; index < last; index += 1) {
      rows.push(slider(`z[${index}]`, z.raw[index] ?? 0, (value) => change({ raw: { ...z.raw, [index]: value } }, false)));
    }
    $("gv-raw-list").replaceChildren(...rows);
    text($("gv-raw-page"), info.latent_dim ? `${first}–${last - 1} of ${count(info.latent_dim)}` : "after the first snapshot");
    $("gv-raw-back").disabled = first === 0;
    $("gv-raw-on").disabled = last >= info.latent_dim;
  };
  const show = (open) => {
    panel.hidden = !open;
    opener.setAttribute("aria-expanded", open);
    if (open) fill();
  };
  const turn = (by) => {
    first = Math.max(0, Math.min(first + by, Math.floor((info.latent_dim - 1) / PAGE) * PAGE));
    fill();
  };

  opener.addEventListener("click", () => show(panel.hidden));
  $("gv-raw-close").addEventListener("click", () => { show(false); opener.focus(); });
  $("gv-raw-back").addEventListener("click", () => turn(-PAGE));
  $("gv-raw-on").addEventListener("click", () => turn(PAGE));
  $("gv-raw-find").addEventListener("input", () => {
    const wanted = $("gv-raw-find").valueAsNumber;
    if (!(wanted >= 0 && wanted < info.latent_dim)) return;
    first = Math.floor(wanted / PAGE) * PAGE;
    fill();
    $("gv-raw-list").children[wanted - first]?.classList.add("gv-found");
  });
  panel.addEventListener("keydown", (event) => { if (event.key === "Escape") { show(false); opener.focus(); } });
  on("latent-ready", () => { if (!panel.hidden) { first = 0; fill(); } });
  on("z-shown", () => { if (!panel.hidden && !panel.contains(document.activeElement)) fill(); });
}
