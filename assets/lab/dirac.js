// @ts-check
// The Dirac-GAN: the vector field of the smallest game, and the path of its two players.

import { $, el, text } from "../lib/dom.js";
import { counted, figure } from "../lib/format.js";
import { post } from "../lib/request.js";
import { on } from "../lib/stream.js";
import { colour } from "../lib/theme.js";
import { clean, projection, stroke } from "../train/plane.js";

const OBJECTIVES = ["saturating", "non-saturating", "wasserstein"];
const SIDE = 360;
/** px of the longest arrow. */
const ARROW = 15;
const ENOUGH = 0.02;

/** The newest answer. @type {any} */
let played = null;
let wanted = 0;

/** @param {HTMLElement} panel */
export function start(panel) {
  const choices = window.gvFacts.fields.objective.choices.filter((/** @type {[string, string]} */ [, value]) => OBJECTIVES.includes(value));
  const range = (/** @type {string} */ id, /** @type {string} */ label, /** @type {object} */ bounds) =>
    el("label", { class: "gv-inline" }, label, el("input", { type: "range", id, ...bounds, oninput: ask }), el("output", { id: `${id}-out` }));
  panel.append(
    el("p", { class: "gv-say" }, "The smallest GAN (Mescheder et al., 2018): the data are one point at 0, G makes one point θ, and D(x) = ψ·x. The arrows are where both players go; the line is their path, by the closed form, with dots by training. Only (0, 0) is an equilibrium. Click to start elsewhere."),
    el("div", { class: "gv-lab-pad-body" },
      el("canvas", { id: "gv-lab-dirac", role: "img", "aria-label": "The Dirac-GAN", onclick: begin }),
      el("div", { class: "gv-lab-pad-side" },
        el("label", { class: "gv-inline" }, "Objective ", el("select", { id: "gv-lab-dirac-objective", onchange: ask },
          ...choices.map((/** @type {[string, string]} */ [words, value]) => el("option", { value }, words)))),
        el("label", { class: "gv-inline" }, "Updates ", el("select", { id: "gv-lab-dirac-update", onchange: ask },
          el("option", { value: "simultaneous" }, "simultaneous"), el("option", { value: "alternating" }, "alternating"))),
        range("gv-lab-dirac-gamma", "R1 ", { min: 0, max: 2, step: 0.05, value: 0 }),
        range("gv-lab-dirac-rate", "Learning rate ", { min: 0.01, max: 0.5, step: 0.01, value: 0.2 }),
        el("p", { class: "gv-caption", id: "gv-lab-dirac-say", role: "status" }))),
  );
  on("theme", paint);
  new IntersectionObserver(([entry]) => { if (entry.isIntersecting && !played) ask(); }).observe(panel);
}

const number = (/** @type {string} */ id) => $(id, HTMLInputElement).valueAsNumber;
const from = { theta: 1, psi: 1 };

/** Start where somebody clicked. @param {MouseEvent} event */
function begin({ offsetX, offsetY }) {
  if (!played) return;
  const unit = (2 * played.reach) / SIDE;
  from.theta = Math.max(-played.reach, Math.min(played.reach, offsetX * unit - played.reach));
  from.psi = Math.max(-played.reach, Math.min(played.reach, played.reach - offsetY * unit));
  ask();
}

async function ask() {
  const turn = (wanted += 1);
  for (const id of ["gv-lab-dirac-gamma", "gv-lab-dirac-rate"]) text($(`${id}-out`), number(id).toFixed(2));
  const answer = await post("gv/lab/dirac", {
    objective: $("gv-lab-dirac-objective", HTMLSelectElement).value, update: $("gv-lab-dirac-update", HTMLSelectElement).value,
    gamma: number("gv-lab-dirac-gamma"), rate: number("gv-lab-dirac-rate"), ...from,
  });
  if (turn !== wanted) return;
  if (!answer.ok) return text($("gv-lab-dirac-say"), answer.sentence);
  played = answer;
  paint();
  text($("gv-lab-dirac-say"), words());
}

/** Where the players end. */
function words() {
  const radius = (/** @type {number[]} */ [theta, psi]) => Math.hypot(theta, psi);
  const [first, last] = [radius(played.path[0]), radius(played.path.at(-1))];
  const apart = Math.max(...played.path.map(([theta, psi], /** @type {number} */ i) => Math.hypot(theta - played.trained[i][0], psi - played.trained[i][1])));
  const end = last < ENOUGH ? "They come to rest at the equilibrium." : last > first ? "They circle outwards: this game does not converge." : "They circle inwards, slowly.";
  const steps = played.path.length - 1;
  const after = counted(steps, `After one step they are ${figure(last)} from it.`, `After ${steps} steps they are ${figure(last)} from it.`);
  return `${end} ${after} Closed form and training differ by at most ${figure(apart)}.`;
}

function paint() {
  if (!played) return;
  const { reach, field, path, trained } = played;
  const pen = clean($("gv-lab-dirac", HTMLCanvasElement), SIDE);
  const at = projection({ x: [-reach, reach], y: [-reach, reach] }, SIDE);
  const longest = Math.max(...field.map((/** @type {number[]} */ [, , u, v]) => Math.hypot(u, v))) || 1;
  pen.beginPath();
  for (const [theta, psi, u, v] of field) {
    const [x, y] = [at.px(theta), at.py(psi)];
    pen.moveTo(x, y);
    pen.lineTo(x + (ARROW * u) / longest, y - (ARROW * v) / longest);
    pen.moveTo(x + 1.5, y);
    pen.arc(x, y, 1.5, 0, 2 * Math.PI);
  }
  stroke(pen, "muted", 1, 0.8);
  pen.beginPath();
  path.forEach(([theta, psi], /** @type {number} */ i) => (i ? pen.lineTo(at.px(theta), at.py(psi)) : pen.moveTo(at.px(theta), at.py(psi))));
  stroke(pen, "fake", 1.6, 0.9);
  pen.fillStyle = colour("d");
  trained.forEach(([theta, psi], /** @type {number} */ i) => { if (i % 5 === 0) pen.fillRect(at.px(theta) - 1.5, at.py(psi) - 1.5, 3, 3); });
  pen.beginPath();
  pen.arc(at.px(0), at.py(0), 5, 0, 2 * Math.PI);
  stroke(pen, "real", 2, 1);
  pen.fillStyle = colour("soft");
  pen.fillText("θ →", SIDE - 28, at.py(0) - 6);
  pen.fillText("ψ ↑", at.px(0) + 6, 16);
}
