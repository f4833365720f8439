"""The markup of the two watching panels; ``assets/train/grid.js`` and ``assets/train/charts.js``
bring them to life."""

GRID = """
<section class="gv-card gv-grid-card" aria-labelledby="gv-grid-title">
  <header class="gv-card-head">
    <h2 id="gv-grid-title">Samples</h2>
    <button type="button" class="gv-tip" data-tip="samples"
      aria-label="What are these pictures?"></button>
    <span class="gv-caption" id="gv-grid-caption"></span>
    <div class="gv-switch" role="group" aria-label="Which pictures to show">
      <button type="button" data-show="generated" aria-pressed="true"
        class="gv-is-fake">Generated</button>
      <button type="button" data-show="real" aria-pressed="false" class="gv-is-real">Real</button>
    </div>
    <button type="button" class="gv-icon gv-enlarge" id="gv-enlarge" aria-pressed="false"
      aria-label="Enlarge the samples">
      <svg viewBox="0 0 20 20" width="16" height="16" aria-hidden="true" fill="none"
        stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round">
        <path d="M12 3h5v5M8 17H3v-5M17 3l-6 6M3 17l6-6"/></svg></button>
  </header>
  <div class="gv-stage" id="gv-stage">
    <div class="gv-empty" id="gv-grid-empty">
      <div class="gv-empty-tiles" aria-hidden="true"></div>
      <p class="gv-empty-title">Nothing is training yet</p>
      <p class="gv-empty-text">Click <b>Train</b>: a generator learns to draw from noise, and what
        it draws appears here as it learns.</p>
    </div>
    <div id="gv-grid" data-step="" hidden>
      <div class="gv-columns" id="gv-columns" aria-hidden="true"></div>
      <canvas id="gv-grid-canvas" tabindex="0" role="button" aria-label="No samples yet"></canvas>
    </div>
    <div class="gv-zoom" id="gv-zoom" hidden>
      <canvas width="8" height="8" role="img" aria-label="One sample, enlarged"></canvas>
      <p class="gv-zoom-facts"><span id="gv-zoom-score" role="status"></span>
        <button type="button" class="gv-button gv-small" id="gv-zoom-use"
        title="The latent explorer below goes on from this sample's z">Use this z</button></p>
      <button type="button" class="gv-icon" aria-label="Close the enlarged sample">&times;</button>
    </div>
  </div>
  <div class="gv-scrub">
    <input type="range" id="gv-scrub" min="0" max="0" value="0" step="1" disabled
      aria-label="Look back over the kept pictures">
    <button type="button" class="gv-button gv-small" id="gv-live" aria-pressed="true"
      disabled>Live</button>
  </div>
</section>
"""

CHARTS = """
<section class="gv-card gv-charts-card" aria-labelledby="gv-charts-title">
  <header class="gv-card-head">
    <h2 id="gv-charts-title">Losses</h2>
    <div class="gv-legend" id="gv-legend-loss" role="group"
      aria-label="Show or hide loss curves"></div>
    <span class="gv-spring"></span>
    <button type="button" class="gv-chip" id="gv-smooth" aria-pressed="true">Smooth</button>
    <button type="button" class="gv-chip" id="gv-log" aria-pressed="false">Log</button>
    <button type="button" class="gv-chip" id="gv-zoom-out" hidden>Show all</button>
  </header>
  <div class="gv-plot" id="gv-plot-loss"></div>
  <header class="gv-card-head gv-head-2" id="gv-score-head">
    <h2 id="gv-score-title">What D believes</h2>
    <div class="gv-legend" id="gv-legend-score" role="group"
      aria-label="Show or hide score curves"></div>
  </header>
  <div class="gv-plot" id="gv-plot-score"></div>
  <p class="gv-plot-empty" id="gv-plot-empty">The curves start with the first steps.</p>
</section>
"""
