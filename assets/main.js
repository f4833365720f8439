// The page's start: wait for Gradio's markup, wire each part once, connect.

import "./lib/frame_throttle.js";
import * as charts from "./train/charts.js";
import * as coach from "./train/coach.js";
import * as controls from "./train/controls.js";
import * as form from "./train/form.js";
import * as grid from "./train/grid.js";
import * as inside from "./inside/inside.js";
import * as latent from "./latent/latent.js";
import * as lessons from "./lessons/lessons.js";
import * as measured from "./lib/measured.js";
import * as reconstruction from "./train/reconstruction.js";
import * as runs from "./runs/runs.js";
import * as scatter from "./train/scatter.js";
import * as tabs from "./lib/tabs.js";
import * as strip from "./latent/strip.js";
import * as dark from "./lib/dark.js";
import * as tips from "./lib/tips.js";
import * as watching from "./train/watching.js";
import { present } from "./lib/dom.js";
import { connect, now, stats } from "./lib/stream.js";

window.ganviz = { form, lessons, now, stats, tab: tabs.tab };

await present("gv-status", "gv-header", "gv-grid", "gv-plot-loss", "gv-latent", "gv-controls", "gv-i-preset");
dark.start();
tips.start();
controls.start();
form.start();
grid.start();
charts.start();
latent.start();
strip.start();
watching.start();
runs.start();
measured.start();
scatter.start();
reconstruction.start();
inside.start();
coach.start();
lessons.start();
tabs.start();
connect();
document.body.dataset.gvReady = "yes";
