"""Lessons to read beside a training, and the buttons that open their set-ups.
``assets/lessons/lessons.js`` brings it to life."""

from __future__ import annotations

from ganviz.ui.view import View, static

PAGE = """
<div class="gv-lessons" id="gv-lessons">
  <nav class="gv-card gv-lessons-nav" aria-labelledby="gv-lessons-title">
    <header class="gv-card-head"><h2 id="gv-lessons-title">Lessons</h2>
      <span class="gv-caption" id="gv-lessons-count"></span></header>
    <ol class="gv-lessons-list" id="gv-lessons-list"></ol>
  </nav>
  <article class="gv-card gv-lesson" id="gv-lesson" aria-live="polite" tabindex="-1"></article>
</div>
"""


def build() -> None:
    """The list left, the text right."""
    static(PAGE, "gv-lessons-box")


VIEW = View("lessons", "Lessons", 60, build)
