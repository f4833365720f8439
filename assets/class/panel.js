// @ts-check
// The presenter's panel: how the class comes in, who is here, and what everybody does.

import { $, el, note, text } from "../lib/dom.js";
import { refill } from "../lib/refill.js";
import { address, post } from "../lib/request.js";
import { onPiece } from "./class.js";
import { start as startNotes } from "./notes.js";
import { project } from "./projector.js";
import { invite } from "./qr.js";

/** @type {HTMLDialogElement | null} */
let panel = null;

/** Open the panel. */
export function open() {
  panel ??= make();
  panel.show();
  invite($("gv-invite"), "#gv-invite-at");
}

function make() {
  const close = el("button", {
    type: "button", class: "gv-icon", "aria-label": "Close the panel of the class",
    onclick: () => panel?.close(),
  }, "×");
  const made = el("dialog", { id: "gv-class-panel", "aria-labelledby": "gv-class-title" },
    el("header", { class: "gv-card-head" }, el("h2", { id: "gv-class-title" }, "Class"),
      el("span", { class: "gv-spring" }), close),
    el("p", { class: "gv-note", id: "gv-class-note", role: "status", hidden: true }));
  document.body.append(made);
  made.addEventListener("keydown", ({ key }) => { if (key === "Escape") made.close(); });
  made.append(invitation(), followControls(), people());
  made.append(section("Notes for the lesson", startNotes));
  onPiece("room", show);
  onPiece("follow", showFollow);
  return made;
}

/**
 * @param {string} title
 * @param {(section: HTMLElement) => void} fill
 */
function section(title, fill) {
  const made = el("section", { class: "gv-class-section" }, el("h3", {}, title));
  fill(made);
  return made;
}

/** @param {Record<string, any>} attributes */
const button = (attributes, label) =>
  el("button", { type: "button", class: "gv-button gv-small", ...attributes }, label);

function invitation() {
  return section("Join", (made) => made.append(
    el("div", { id: "gv-invite", hidden: true },
      el("div", { class: "gv-qr", id: "gv-qr" }),
      el("div", {}, el("p", { class: "gv-invite-at" }, "Open ", el("b", { id: "gv-invite-at" })),
        el("p", {}, "and type the code"), el("p", { class: "gv-code", id: "gv-code" }))),
    el("p", { id: "gv-no-class", hidden: true }, "Only this machine reaches this page. Start ganviz ",
      "with ", el("code", {}, "--host 0.0.0.0"), " and a class joins by a code."),
    el("div", { class: "gv-class-row" },
      button({ id: "gv-invite-large", onclick: enlarge, hidden: true }, "Show large"),
      button({ id: "gv-project", onclick: () => { panel?.close(); project(true); } },
        "Projector view"),
      button({ id: "gv-project-window", onclick: () => window.open(address("./?projector=1")) },
        "… in a window of its own"))));
}

function followControls() {
  const made = section("Follow", (one) => one.append(
    el("p", { id: "gv-follow-say" }),
    el("div", { class: "gv-class-row" },
      button({ id: "gv-let-go", onclick: () => act("free") }, "Let them explore"),
      button({ id: "gv-call-back", onclick: () => act("call") }, "Call them back"))));
  made.id = "gv-class-follow";
  return made;
}

function people() {
  const made = section("Who is here", (one) => one.append(
    el("p", { id: "gv-people-say" }),
    el("ul", { id: "gv-people", class: "gv-people" }),
    el("div", { class: "gv-class-row" },
      button({ id: "gv-lock" }, "Lock the room"),
      button({ id: "gv-renew", onclick: () => act("renew") }, "New code"),
      button({ id: "gv-readmit", onclick: () => act("readmit"), hidden: true }, "Let back in"),
      button({ id: "gv-empty", class: "gv-button gv-small gv-danger", onclick: empty },
        "Empty the room"))));
  made.id = "gv-class-people";
  return made;
}

/** @param {string} action */
async function act(action, more = {}) {
  const { ok, sentence } = await post("gv/class", { action, ...more });
  note("gv-class-note", sentence);
  $("gv-class-note").classList.toggle("gv-problem", !ok);
}

/** It takes two clicks to send everybody home. @param {Event} event */
function empty({ currentTarget }) {
  const node = /** @type {HTMLElement} */ (currentTarget);
  if (node.dataset.sure) {
    delete node.dataset.sure;
    text(node, "Empty the room");
    return act("empty");
  }
  node.dataset.sure = "yes";
  text(node, "Click again: all leave");
  setTimeout(() => { delete node.dataset.sure; text(node, "Empty the room"); }, 4000);
}

function show(room) {
  for (const id of ["gv-class-follow", "gv-class-people"]) $(id).hidden = !room.joined;
  $("gv-no-class").hidden = room.joined;
  $("gv-invite").hidden = $("gv-invite-large").hidden = !room.joined;
  if (!room.joined) return;
  text($("gv-code"), room.code);
  const lock = $("gv-lock");
  text(lock, room.locked ? "Unlock the room" : "Lock the room");
  lock.onclick = () => act(room.locked ? "unlock" : "lock");
  $("gv-readmit").hidden = !room.removed;
  showPeople(room.members.filter(({ presenter }) => !presenter), room.locked);
  if (panel?.open) invite($("gv-invite"), "#gv-invite-at");
}

function showPeople(viewers, locked) {
  const here = viewers.filter((one) => one.here).length;
  const away = viewers.length - here;
  text($("gv-people-say"), `${here} here${away ? `, ${away} away` : ""}${locked ? ". The room is locked." : "."}`);
  const list = $("gv-people");
  refill(list, () => list.replaceChildren(...viewers.map(({ id, handle, here: present }) => el("li",
    present ? {} : { class: "gv-away" }, handle, el("button", {
      type: "button", class: "gv-icon", title: `Send ${handle} out`,
      "aria-label": `Send ${handle} out`, onclick: () => act("remove", { visitor: id }),
    }, "×")))));
}

function showFollow({ free }) {
  text($("gv-follow-say"), free ? "Everybody explores on their own."
    : "Everybody sees what you show: tab, run, picture, zoom.");
  $("gv-let-go").hidden = free;
  $("gv-call-back").hidden = !free;
}

/** Code and QR code over the whole screen, until a click or a key. */
function enlarge() {
  const large = el("dialog", { id: "gv-invite-over", onclick: () => large.close(), onclose: () => large.remove() },
    ...[...$("gv-invite").childNodes].map((node) => node.cloneNode(true)));
  for (const node of large.querySelectorAll("[id]")) node.removeAttribute("id");
  document.body.append(large);
  large.showModal();
}
