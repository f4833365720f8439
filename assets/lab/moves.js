// @ts-check
// What happens in a step, sub-step by sub-step: five for D, then five for G. Which parts of the graph
// take part, where the sentence stands, and what it says.

import { brief, count } from "../lib/format.js";

/** @typedef {import("./recordings.js").Recording} Recording */
/** @typedef {import("./recordings.js").Move} Move */
/**
 * @typedef {object} SubStep
 * @property {"discriminator" | "generator"} player
 * @property {number} number 1 to 5
 * @property {string} name
 * @property {string[]} parts of the graph that take part: nodes and edges
 * @property {string} spot the node that the sentence stands at
 * @property {string} sentence
 */

const UNIT_WORDS = /** @type {Record<string, string>} */ ({
  probability: "1 is real, 0 is fake", raw: "higher is more real",
  relative: "each beside the mean of the other kind",
});

/** @param {ArrayLike<number> | undefined} values */
export function mean(values) {
  if (!values?.length) return NaN;
  let sum = 0;
  for (let index = 0; index < values.length; index += 1) sum += values[index];
  return sum / values.length;
}

/** The index of the last recording up to a step, or -1. @param {{step: number}[]} history @param {number} step */
export const recordedBy = (history, step) => history.findLastIndex((one) => one.step <= step);

/**
 * All sub-steps of a recorded step, in order; those of one player where only that one moved.
 * @param {Recording} recording
 * @returns {SubStep[]}
 */
export function subSteps(recording) {
  const { discriminator, generator } = recording.moves;
  return [
    ...(discriminator ? ofDiscriminator(discriminator, recording) : []),
    ...(generator ? ofGenerator(generator, recording, Boolean(discriminator)) : []),
  ];
}

/**
 * @param {Move} move
 * @param {Recording} recording
 * @returns {SubStep[]}
 */
function ofDiscriminator(move, { batch, unit, counts }) {
  const player = /** @type {const} */ ("discriminator");
  const scores = `${brief(mean(move.real_scores))} for the reals and ${brief(mean(move.fake_scores))} for the fakes`;
  const penalty = move.penalty ? `, and its gradient penalty adds ${brief(move.penalty)}` : "";
  const which = counts.discriminator > 1 ? ` This is the last of D's ${counts.discriminator} moves in the step.` : "";
  return [
    {
      player, number: 1, name: "Sample", spot: "fakes", parts: ["noise", "generator", "fakes", "noise-generator", "generator-fakes", "reals"],
      sentence: `G makes ${count(batch)} fakes from ${count(batch)} latents, and as many reals are drawn from the data.${which}`,
    },
    {
      player, number: 2, name: "Score", spot: "discriminator", parts: ["fakes", "reals", "discriminator", "fakes-discriminator", "reals-discriminator"],
      sentence: `D scores them all (${UNIT_WORDS[unit]}): ${scores}, on average.`,
    },
    {
      player, number: 3, name: "Loss", spot: "d-loss", parts: ["discriminator", "d-loss", "discriminator-d-loss"],
      sentence: `D's loss is ${brief(move.loss)}: the better it tells the two apart, the lower${penalty}.`,
    },
    {
      player, number: 4, name: "Gradient", spot: "discriminator", parts: ["d-loss", "discriminator", "d-loss-back"],
      sentence: `The loss is differentiated by D's weights: the gradient's norm is ${brief(move.gradient)}. G gets none of it.`,
    },
    {
      player, number: 5, name: "Update", spot: "discriminator", parts: ["discriminator"],
      sentence: `The optimiser moves D's weights by ${brief(move.update)}, of a norm of ${brief(move.weight)}.`,
    },
  ];
}

/** Who scores G's fakes. @param {boolean} same @param {boolean} atOnce whether both players move at once */
const judgeOf = (same, atOnce) => {
  if (atOnce) return "Both move at once, so D as it was scores";
  return same ? "D, which has just moved, scores" : "D scores";
};

/**
 * @param {Move} move
 * @param {Recording} recording
 * @param {boolean} same whether D has judged the same fakes before
 * @returns {SubStep[]}
 */
function ofGenerator(move, { batch, unit, counts, update }, same) {
  const player = /** @type {const} */ ("generator");
  const atOnce = update === "simultaneous";
  const samples = same ? `The same ${count(batch)} fakes serve G: it has not moved since they were made.`
    : `G makes ${count(batch)} fakes from ${count(batch)} fresh latents.`;
  const which = counts.generator > 1 ? ` This is the first of G's ${counts.generator} moves in the step.` : "";
  const judge = judgeOf(same, atOnce);
  return [
    {
      player, number: 1, name: "Sample", spot: "fakes", parts: ["noise", "generator", "fakes", "noise-generator", "generator-fakes"],
      sentence: `${samples}${which}`,
    },
    {
      player, number: 2, name: "Score", spot: "discriminator", parts: ["fakes", "discriminator", "fakes-discriminator"],
      sentence: `${judge} the fakes (${UNIT_WORDS[unit]}): ${brief(mean(move.fake_scores))}, on average.`,
    },
    {
      player, number: 3, name: "Loss", spot: "g-loss", parts: ["discriminator", "g-loss", "discriminator-g-loss"],
      sentence: `G's loss is ${brief(move.loss)}: the more real D finds the fakes, the lower.`,
    },
    {
      player, number: 4, name: "Gradient", spot: "fakes", parts: ["g-loss", "discriminator", "fakes", "generator", "g-loss-back", "fakes-back"],
      sentence: `The gradient flows back through D, which holds still, to the fakes and on to G's weights: its norm there is ${brief(move.gradient)}.`,
    },
    {
      player, number: 5, name: "Update", spot: "generator", parts: ["generator"],
      sentence: `The optimiser moves G's weights by ${brief(move.update)}, of a norm of ${brief(move.weight)}.`,
    },
  ];
}
