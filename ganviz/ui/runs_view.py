"""Every run that is kept: find it, replay it, compare it, take it up again. ``assets/runs/runs.js``
brings it to life."""

from __future__ import annotations

import gradio as gr

from ganviz.ui.view import View, static

TABLE = """
<section class="gv-card gv-runs-card" id="gv-runs" aria-labelledby="gv-runs-title">
  <header class="gv-card-head">
    <h2 id="gv-runs-title">Runs</h2>
    <span class="gv-caption" id="gv-runs-count"></span>
    <span class="gv-spring"></span>
    <input type="search" id="gv-runs-search" class="gv-search" placeholder="Search"
      aria-label="Search runs by name, preset, data or notes">
    <button type="button" class="gv-button gv-small gv-strong" id="gv-runs-compare"
      disabled>Compare</button>
  </header>
  <p class="gv-note" id="gv-runs-note" role="status" hidden></p>
  <p class="gv-note" id="gv-runs-problem" role="status" hidden></p>
  <div class="gv-runs-scroll" tabindex="0" role="region" aria-label="Table of runs">
    <table class="gv-runs-table">
      <thead><tr><th><span class="gv-hidden-text">Compare</span></th><th><span
        class="gv-hidden-text">Picture</span></th>
        <th>Run</th><th class="gv-data-cell">Data</th><th
          class="gv-steps-cell">Steps</th><th class="gv-loss-cell">Last D and G loss</th>
        <th>State</th><th class="gv-when">Started</th></tr></thead>
      <tbody id="gv-runs-body"></tbody>
    </table>
    <div class="gv-runs-empty" id="gv-runs-empty" hidden>
      <p class="gv-empty-title">No runs yet</p>
      <p class="gv-empty-text">Each training you start is kept here, with its pictures and curves,
        until you delete it.</p>
    </div>
  </div>
  <p class="gv-runs-folder">Kept in <code id="gv-runs-folder"></code></p>
</section>
"""

DETAIL = """
<section class="gv-card gv-detail-card" id="gv-detail" aria-labelledby="gv-detail-title" hidden>
  <header class="gv-card-head">
    <h2 id="gv-detail-title"></h2>
    <span class="gv-spring"></span>
    <button type="button" class="gv-button gv-small" id="gv-detail-rename">Rename</button>
    <button type="button" class="gv-icon" id="gv-detail-close"
      aria-label="Close this run">&times;</button>
  </header>
  <p class="gv-caption" id="gv-detail-sub"></p>
  <div class="gv-replay" id="gv-replay"></div>
  <div class="gv-plot gv-detail-plot" id="gv-detail-plot"></div>
  <p class="gv-note" id="gv-detail-note" role="status" hidden></p>
  <div class="gv-detail-actions">
    <button type="button" class="gv-button gv-strong" id="gv-detail-open">Open in Train</button>
    <select id="gv-detail-at" aria-label="Which checkpoint the latent sliders draw from"></select>
    <button type="button" class="gv-button" id="gv-detail-resume">Resume</button>
    <button type="button" class="gv-button" id="gv-detail-explore">Explore</button>
    <button type="button" class="gv-button" id="gv-detail-fork" aria-expanded="false">Fork</button>
    <button type="button" class="gv-button" id="gv-detail-begin">Start from it</button>
    <button type="button" class="gv-button" id="gv-detail-export"
      aria-expanded="false">Export</button>
    <span class="gv-spring"></span>
    <button type="button" class="gv-button gv-danger" id="gv-detail-delete">Delete</button>
  </div>
  <p class="gv-caption gv-detail-help"><b>Open in Train</b> shows this run as it was: its pictures,
    curves and latent
    space. <b>Resume</b> trains it on from its last checkpoint, under the same settings. <b>Fork</b>
      starts a new run from
    one of its checkpoints, under other settings, and leaves this one as it is. <b>Start from it</b>
      begins a new run with its networks, on other pictures, classes or settings.</p>
  <div class="gv-drawer" id="gv-fork-drawer" hidden></div>
  <div class="gv-drawer" id="gv-export-drawer" hidden></div>
  <label class="gv-notes-label" for="gv-detail-notes">Notes</label>
  <textarea id="gv-detail-notes" rows="3" maxlength="20000"
    placeholder="What did you try, and what came of it?"></textarea>
  <details class="gv-settings-list" id="gv-detail-figures" open
    hidden><summary>Figures</summary><table class="gv-runs-table gv-diff-table"></table></details>
  <details class="gv-settings-list"><summary>Settings</summary><dl
    id="gv-detail-settings"></dl></details>
  <p class="gv-runs-folder">Folder <code id="gv-detail-folder"></code>
    <button type="button" class="gv-button gv-small" id="gv-detail-copy">Copy</button></p>
</section>
"""

COMPARE = """
<section class="gv-card gv-compare-card" id="gv-compare" aria-labelledby="gv-compare-title" hidden>
  <header class="gv-card-head">
    <button type="button" class="gv-button gv-small" id="gv-compare-back">&larr; All runs</button>
    <h2 id="gv-compare-title">Compare</h2>
    <div class="gv-legend" id="gv-compare-legend"></div>
    <span class="gv-spring"></span>
    <label class="gv-compare-pick">Curve <select id="gv-compare-series"></select></label>
  </header>
  <div class="gv-compare-body">
    <div class="gv-plot" id="gv-compare-plot"></div>
    <div class="gv-compare-grids" id="gv-compare-grids"></div>
    <div class="gv-replay" id="gv-compare-replay"></div>
    <div class="gv-compare-scroll"><table class="gv-runs-table gv-diff-table"
      id="gv-compare-table"></table></div>
  </div>
</section>
"""


def build() -> None:
    """The table left, the chosen run right; comparing takes the whole width."""
    with gr.Row(elem_id="gv-runs-view", equal_height=False):
        static(TABLE, "gv-runs-box")
        static(DETAIL, "gv-detail-box")
        static(COMPARE, "gv-compare-box")


VIEW = View("runs", "Runs", 80, build)
