// @ts-check
// The single entries of z, a page at a time: for those who want to turn one number.

import { $, text } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { slider } from "../lib/slider.js";
import { on } from "../lib/stream.js";

const PAGE = 16;
const SPAN = 4;

/**
 * Wire the folded panel; `z`, `info` and `change` are the explorer's.
 * @param {object} explorer
 * @param {import("./latent.js").Latent} explorer.z
 * @param {{latent_dim: number}} explorer.info
 * @param {(part: Partial<import("./latent.js").Latent>, redraw: boolean) => void} explorer.change
 */
export function entriesPanel({ z, info, change }) {
  let first = 0;
  const panel = $("gv-raw");
  const opener = $("gv-raw-open");
  const list = $("gv-raw-list");

  const fill = () => {
    const last = Math.min(info.latent_dim, first + PAGE);
    list.replaceChildren(...Array.from({ length: Math.max(0, last - first) }, (_, offset) => {
      const index = first + offset;
      return slider(`z[${index}]`, {
        value: z.raw[index] ?? 0, span: SPAN,
        onMove: (value) => change({ raw: { ...z.raw, [index]: value } }, false),
      }).row;
    }));
    text($("gv-raw-page"), info.latent_dim
      ? `${first}–${last - 1} of ${count(info.latent_dim)}` : "after the first snapshot");
    $("gv-raw-back", HTMLButtonElement).disabled = first === 0;
    $("gv-raw-on", HTMLButtonElement).disabled = last >= info.latent_dim;
  };
  const show = (/** @type {boolean} */ open) => {
    panel.hidden = !open;
    opener.setAttribute("aria-expanded", String(open));
    if (open) fill();
  };
  const close = () => { show(false); opener.focus(); };
  const turn = (/** @type {number} */ by) => {
    first = Math.max(0, Math.min(first + by, Math.floor((info.latent_dim - 1) / PAGE) * PAGE));
    fill();
  };

  opener.addEventListener("click", () => show(panel.hidden));
  $("gv-raw-close").addEventListener("click", close);
  $("gv-raw-back").addEventListener("click", () => turn(-PAGE));
  $("gv-raw-on").addEventListener("click", () => turn(PAGE));
  $("gv-raw-find").addEventListener("input", () => {
    const index = $("gv-raw-find", HTMLInputElement).valueAsNumber;
    if (!(index >= 0 && index < info.latent_dim)) return;
    first = Math.floor(index / PAGE) * PAGE;
    fill();
    list.children[index - first]?.classList.add("gv-found");
  });
  panel.addEventListener("keydown", ({ key }) => { if (key === "Escape") close(); });
  on("latent-ready", () => { if (!panel.hidden) { first = 0; fill(); } });
  on("z-changed", () => { if (!panel.hidden && !panel.contains(document.activeElement)) fill(); });
}
