// Plain words for the terms on the page: one popover that any element with data-tip opens by hover, focus
// or click.

import { el } from "./dom.js";
import { TIP_CLOSE, TIP_OPEN } from "./pacing.js";

const WORDS = {
  samples: "What the generator makes of the same 80 or so latent vectors, again and again, so that you see it learn. " +
    "The pictures come from EMA weights: a moving average of the generator, steadier than its newest step.",
  loss_d: "How badly the discriminator (D) tells real from fake. Low: D is winning. It need not go down: at the dashed line " +
    "neither side can gain.",
  loss_g: "How badly the generator (G) fools the discriminator. It rises when D improves; that alone is no fault.",
  loss: "What the network minimises; lower is better.",
  latent: "The generator turns a list of random numbers, the latent vector z, into a picture. Each slider pushes z along one " +
    "direction: one of the eight along which the generator's first layer reacts most. Double-click a slider to zero it.",
  explore: "A generator, and one point in its latent space: yours alone, whatever others look at. The address carries both, so " +
    "that a link opens this picture.",
  truncation: "Pulls z towards the average. Lower gives safer, more typical pictures; higher gives more variety.",
  game: "Ten pairs: a real picture, and one that the generator made at this step. You judge them as the discriminator D does, and " +
    "D judges the same pairs. Later in the run, play again: who gets worse first?",
  slerp: "Two ways from A to B. lerp walks straight and passes through short vectors that the generator never saw; " +
    "slerp walks along the sphere on which random vectors lie.",
};

let pop = null;
let owner = null;
let timer = 0;

export function start() {
  pop = el("div", { id: "gv-pop", role: "tooltip" });
  document.body.append(pop);
  const source = (event) => event.target.closest?.("[data-tip]");
  document.addEventListener("pointerover", (event) => {
    const node = source(event);
    if (node && event.pointerType === "mouse") later(() => open(node), TIP_OPEN);
    else if (owner && !owner.dataset.pinned) later(close, TIP_CLOSE);
  });
  document.addEventListener("focusin", (event) => {
    const node = source(event);
    if (node?.matches(":focus-visible")) open(node);
    else if (owner && node !== owner) close();
  });
  document.addEventListener("click", (event) => {
    const node = source(event);
    if (!node?.classList.contains("gv-tip")) return close();
    event.preventDefault();
    if (owner === node && node.dataset.pinned) return close();
    open(node);
    node.dataset.pinned = "yes";
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
  addEventListener("scroll", close, { capture: true, passive: true });
}

/** A small "i" that explains: `words` is a key of the glossary, or the sentence itself. */
export function tip(words, label) {
  return el("button", { type: "button", class: "gv-tip", "data-tip": words, "aria-label": `About ${label}` });
}

export const explain = (key) => WORDS[key] ?? key;
export const known = (key) => key in WORDS;

function later(task, milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(task, milliseconds);
}

function open(node) {
  clearTimeout(timer);
  if (owner && owner !== node) close();
  owner = node;
  pop.textContent = explain(node.dataset.tip);
  pop.classList.add("gv-open");
  node.setAttribute("aria-describedby", "gv-pop");
  const at = node.getBoundingClientRect();
  const size = pop.getBoundingClientRect();
  const left = Math.min(Math.max(8, at.left + at.width / 2 - size.width / 2), innerWidth - size.width - 8);
  const below = at.bottom + 8 + size.height < innerHeight;
  pop.style.left = `${left}px`;
  pop.style.top = `${below ? at.bottom + 8 : at.top - size.height - 8}px`;
}

function close() {
  clearTimeout(timer);
  if (!owner) return;
  owner.removeAttribute("aria-describedby");
  delete owner.dataset.pinned;
  owner = null;
  pop.classList.remove("gv-open");
}
