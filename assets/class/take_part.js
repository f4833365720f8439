// @ts-check
// The tab Class: questions, the game You are D, and the wall.

import { present } from "../lib/dom.js";
import * as game from "./game.js";
import * as poll from "./poll.js";
import * as wall from "./wall.js";

export async function start() {
  await present("gv-class");
  for (const part of [poll, game, wall]) part.start();
}
