// The page's start: wait for Gradio's markup, wire each part once, connect.

import * as charts from "./charts.js";
import * as coach from "./coach.js";
import * as controls from "./controls.js";
import * as form from "./form.js";
import * as grid from "./grid.js";
import * as inside from "./inside.js";
import * as latent from "./latent.js";
import * as lessons from "./lessons.js";
import * as measured from "./measured.js";
import * as reconstruction from "./reconstruction.js";
import * as runs from "./runs.js";
import * as scatter from "./scatter.js";
import * as strip from "./strip.js";
import * as theme from "./theme.js";
import * as tips from "./tips.js";
import * as watching from "./watching.js";
import { present } from "./dom.js";
import { connect, now, stats } from "./stream.js";

window.ganviz = { form, lessons, now, stats };

await present("gv-status", "gv-header", "gv-grid", "gv-plot-loss", "gv-latent", "gv-controls", "gv-preset-why");
theme.start();
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
connect();
document.body.dataset.gvReady = "yes";
