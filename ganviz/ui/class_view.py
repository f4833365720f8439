"""What a class does with a run: questions, the game You are D, the wall.
``assets/class/take_part.js`` brings it to life."""

from __future__ import annotations

from ganviz.ui.view import View, static

PAGE = """
<div class="gv-class" id="gv-class">
  <section class="gv-card" id="gv-poll" aria-labelledby="gv-poll-title">
    <header class="gv-card-head"><h2 id="gv-poll-title">Question</h2>
      <span class="gv-caption" id="gv-poll-caption"></span>
      <span class="gv-spring"></span>
      <a class="gv-text-link" id="gv-results" download hidden>Results (CSV)</a></header>
    <div id="gv-poll-body"></div>
    <p class="gv-note" id="gv-poll-note" role="status" hidden></p>
  </section>
  <section class="gv-card" id="gv-game" aria-labelledby="gv-game-title">
    <header class="gv-card-head"><h2 id="gv-game-title">You are D</h2>
      <button type="button" class="gv-tip" data-tip="game"
        aria-label="What is this game?"></button>
      <span class="gv-caption" id="gv-game-caption"></span>
      <span class="gv-spring"></span>
      <button type="button" class="gv-button gv-small" id="gv-game-new" hidden>New game</button>
    </header>
    <div id="gv-game-body"></div>
    <p class="gv-note" id="gv-game-note" role="status" hidden></p>
  </section>
  <section class="gv-card" id="gv-wall" aria-labelledby="gv-wall-title">
    <header class="gv-card-head"><h2 id="gv-wall-title">The wall</h2>
      <span class="gv-caption" id="gv-wall-caption"></span>
      <span class="gv-spring"></span>
      <button type="button" class="gv-button gv-small" id="gv-wall-clear" hidden>Clear</button>
      <button type="button" class="gv-button gv-small" id="gv-wall-open" hidden>Open</button>
      <button type="button" class="gv-button gv-small gv-strong" id="gv-wall-put"
        hidden>Send my picture</button>
    </header>
    <div id="gv-wall-tiles"></div>
    <p class="gv-note" id="gv-wall-note" role="status" hidden></p>
  </section>
</div>
"""


def build() -> None:
    """The question and the game side by side, the wall below."""
    static(PAGE, "gv-class-box")


VIEW = View("class", "Class", 70, build)
