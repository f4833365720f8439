// @ts-check
// What the page shows: the run's data, written beside this script when the page was made.

/**
 * @typedef {object} PageData
 * @property {string} title
 * @property {[string, string][]} facts
 * @property {string} notes
 * @property {string} made
 * @property {import("../lib/plot.js").Series[]} series
 * @property {Record<string, number | null>} equilibrium
 * @property {import("../lib/plot.js").Columns} columns
 * @property {{title: string, rows: Setting[]}[]} settings
 * @property {number[]} moments the steps of which there are pictures, ascending
 * @property {Frames | null} frames
 * @property {{reach: number, real: number[], fakes: number[][]} | null} scatter of a 2-D run
 * @property {Latent | null} latent
 * @property {Sprites | null} sprites
 * @property {Path[]} paths that were kept with the run
 * @property {string} latent_note
 * @property {{scripts: string[]} | null} live
 */
/** @typedef {{label: string, value: string, why: string, changed: boolean}} Setting */
/**
 * @typedef {object} Frames
 * @property {string[]} files one for each moment
 * @property {number} width
 * @property {number} height
 * @property {string[]} labels
 * @property {string | null} reals
 */
/**
 * @typedef {object} Latent
 * @property {number} dim
 * @property {string[]} classes
 * @property {[number, number]} size
 * @property {number} channels
 * @property {number} span standard deviations either way
 * @property {number[][]} directions
 * @property {number[][]} bases
 */
/** @typedef {{name: string, file: string, frames: number, columns: number}} Path */
/** @typedef {{columns: number, rows: number, sheets: string[][]}} Sprites */

/** @type {PageData} */
export const data = window.GANVIZ;
