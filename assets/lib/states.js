// @ts-check
// The states of a run, and what people call them.

/** @type {Record<string, string>} */
export const STATES = {
  idle: "Idle", preparing: "Preparing", running: "Training", paused: "Paused",
  finished: "Finished", stopped: "Stopped", failed: "Failed", interrupted: "Interrupted",
};

const ACTIVE = ["preparing", "running", "paused"];

/**
 * Whether a run in this state has a trainer: it can be paused or stopped, and not deleted.
 * @param {string | undefined} state
 */
export const isActive = (state) => state !== undefined && ACTIVE.includes(state);

/** @param {string} state */
export const stateLabel = (state) => STATES[state] ?? state;
