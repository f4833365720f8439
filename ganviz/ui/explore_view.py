"""A trained generator in your hands. ``assets/explore/explore.js`` brings it to life."""

from __future__ import annotations

from ganviz.ui.view import View, static

SIDE = """
<section class="gv-card gv-explore-side" id="gv-explore-side" aria-labelledby="gv-explore-title"
  data-ready="no">
  <header class="gv-card-head">
    <h2 id="gv-explore-title">This picture</h2>
    <button type="button" class="gv-tip" data-tip="explore"
      aria-label="What is explored here?"></button>
    <span class="gv-spring"></span>
    <span class="gv-caption" id="gv-explore-caption"></span>
  </header>
  <div class="gv-explore-pick">
    <label>Run <select id="gv-explore-run" class="gv-input"></select></label>
    <label>At <select id="gv-explore-step" class="gv-input"></select></label>
  </div>
  <div class="gv-explore-stage" id="gv-explore-stage">
    <canvas id="gv-explore-canvas" width="28" height="28" role="img"
      aria-label="No picture yet"></canvas>
    <figure id="gv-explore-compared" hidden>
      <canvas id="gv-explore-held" width="28" height="28" role="img"
        aria-label="The picture that is held"></canvas>
      <canvas id="gv-explore-difference" width="28" height="28" role="img"
        aria-label="The difference"></canvas>
      <figcaption class="gv-caption" id="gv-explore-compared-say"></figcaption>
    </figure>
    <p class="gv-explore-wait" id="gv-explore-wait">Looking for trained generators.</p>
  </div>
  <div class="gv-explore-acts">
    <button type="button" class="gv-button gv-small" id="gv-explore-star"
      aria-pressed="false">Star</button>
    <button type="button" class="gv-button gv-small" id="gv-explore-hold"
      aria-pressed="false">Compare</button>
    <button type="button" class="gv-button gv-small" id="gv-explore-png">PNG</button>
    <button type="button" class="gv-button gv-small" id="gv-explore-python"
      aria-expanded="false" aria-controls="gv-explore-line">Python</button>
  </div>
  <div class="gv-explore-line" id="gv-explore-line" hidden>
    <pre id="gv-explore-code" tabindex="0"></pre>
    <button type="button" class="gv-button gv-small" id="gv-explore-copy">Copy</button>
  </div>
  <p class="gv-note" id="gv-explore-note" role="status" hidden></p>
  <div class="gv-classes" id="gv-explore-classes" role="radiogroup" aria-label="Class to draw"
    hidden></div>
  <div class="gv-explore-seed">
    <label class="gv-inline">Seed
      <input type="number" id="gv-explore-seed" class="gv-input" min="0" max="2147483647" step="1">
    </label>
    <button type="button" class="gv-button gv-small" id="gv-explore-random">Random z</button>
    <button type="button" class="gv-button gv-small" id="gv-explore-reset">Reset</button>
  </div>
  <label class="gv-slider gv-psi"><span>Truncation</span>
    <button type="button" class="gv-tip" data-tip="truncation"
      aria-label="What is truncation?"></button>
    <input type="range" id="gv-explore-psi" aria-label="Truncation psi" min="0" max="2" step="0.01"
      value="1">
    <output>1.00</output></label>
  <div class="gv-explore-sliders" id="gv-explore-sliders"></div>
  <div class="gv-explore-tray">
    <h3>Starred <span class="gv-caption" id="gv-explore-stars-count"></span></h3>
    <div class="gv-explore-stars" id="gv-explore-stars" role="list"></div>
  </div>
</section>
"""

MAIN = """
<section class="gv-card gv-explore-main" aria-label="Ways to explore">
  <header class="gv-card-head gv-explore-head">
    <div class="gv-switch" id="gv-explore-panels" role="tablist"
      aria-label="Ways to explore"></div>
  </header>
  <div class="gv-explore-panel" id="gv-explore-panel" role="tabpanel"></div>
</section>
"""


def build() -> None:
    """The picture left; right what leads to others, one panel at a time."""
    static(f'<div class="gv-explore" id="gv-explore">{SIDE}{MAIN}</div>', "gv-explore-box")


VIEW = View("explore", "Explore", 5, build)
