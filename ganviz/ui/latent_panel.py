"""The markup of the latent explorer; ``assets/latent/latent.js`` and ``assets/latent/strip.js``
bring it to life."""

LATENT = """
<section class="gv-card gv-latent" id="gv-latent" aria-labelledby="gv-latent-title" data-ready="no">
  <div class="gv-latent-picture">
    <canvas id="gv-latent-canvas" width="28" height="28" role="img"
      aria-label="No picture yet"></canvas>
    <p class="gv-latent-wait" id="gv-latent-wait">The generator's picture appears here with the
      first snapshot.</p>
    <p class="gv-caption" id="gv-latent-caption"></p>
  </div>
  <div class="gv-latent-body">
    <header class="gv-card-head">
      <h2 id="gv-latent-title">Explore the latent space</h2>
      <button type="button" class="gv-tip" data-tip="latent"
        aria-label="What is the latent space?"></button>
      <span class="gv-caption" id="gv-latent-newest"></span>
      <span class="gv-spring"></span>
      <button type="button" class="gv-button gv-small" id="gv-random">Random z</button>
      <label class="gv-inline">Seed
        <input type="number" id="gv-seed" class="gv-input" min="0" max="2147483647"
          step="1"></label>
      <button type="button" class="gv-button gv-small" id="gv-latent-reset">Reset</button>
    </header>
    <div class="gv-classes" id="gv-classes" role="radiogroup" aria-label="Class to draw"
      hidden></div>
    <div class="gv-sliders" id="gv-sliders"></div>
    <div class="gv-latent-foot">
      <label class="gv-slider gv-psi"><span>Truncation</span>
        <button type="button" class="gv-tip" data-tip="truncation"
          aria-label="What is truncation?"></button>
        <input type="range" id="gv-psi" aria-label="Truncation psi" min="0" max="1" step="0.01"
          value="1">
        <output>1.00</output></label>
      <button type="button" class="gv-chip" id="gv-raw-open" aria-expanded="false"
        aria-controls="gv-raw">Raw z entries</button>
      <button type="button" class="gv-chip" id="gv-latent-explore">Explore on</button>
    </div>
    <div class="gv-raw" id="gv-raw" role="dialog" aria-label="Raw entries of z" hidden>
      <header><b>Raw entries of z</b><label class="gv-inline">Entry
        <input type="number" id="gv-raw-find" class="gv-input" min="0" step="1"
          placeholder="number"></label>
        <span class="gv-spring"></span>
        <button type="button" class="gv-button gv-small" id="gv-raw-back"
          aria-label="Earlier entries">&lsaquo;</button>
        <span id="gv-raw-page"></span>
        <button type="button" class="gv-button gv-small" id="gv-raw-on"
          aria-label="Later entries">&rsaquo;</button>
        <button type="button" class="gv-icon" id="gv-raw-close"
          aria-label="Close">&times;</button></header>
      <div class="gv-sliders" id="gv-raw-list"></div>
    </div>
  </div>
  <div class="gv-strip-box">
    <header class="gv-card-head">
      <h2 id="gv-strip-title">Between two pictures</h2>
      <button type="button" class="gv-tip" data-tip="slerp"
        aria-label="What are lerp and slerp?"></button>
      <span class="gv-spring"></span>
      <div class="gv-switch" role="group" aria-label="Path between the two">
        <button type="button" data-path="slerp" aria-pressed="true">slerp</button>
        <button type="button" data-path="lerp" aria-pressed="false">lerp</button>
      </div>
    </header>
    <canvas id="gv-strip" width="112" height="56" role="img"
      aria-label="No interpolation yet"></canvas>
    <div class="gv-strip-ends">
      <button type="button" class="gv-button gv-small" id="gv-set-a">Set A</button>
      <span class="gv-caption" id="gv-strip-caption">Eight pictures from A to B</span>
      <button type="button" class="gv-button gv-small" id="gv-set-b">Set B</button>
    </div>
  </div>
</section>
"""
