"""Lessons to read beside a training, and the buttons that open their set-ups. ``assets/lessons/lessons.js``
brings it to life."""

from __future__ import annotations

from typing import Any

import gradio as gr

from ganviz import registry
from ganviz.ui import form, train_view
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


def build(manager: Any, page: gr.Blocks) -> None:
    """The list left, the text right; and a hidden button through which a script fills the form of
    the Train view."""
    static(PAGE, "gv-lessons-box")
    wanted = gr.Textbox(visible="hidden", elem_id="gv-wanted-preset")
    opener = gr.Button("open", visible="hidden", elem_id="gv-open-preset")
    components = {block.elem_id: block for block in page.blocks.values()}
    fields = [components[f"gv-f-{name}"] for name in ("preset", *form.FIELDS)]
    opened = opener.click(
        _open,
        wanted,
        fields,
        queue=False,
        show_progress="hidden",
        api_visibility="private",
        js="() => window.ganviz.lessons.wanted()",
    )
    opened.then(None, fields[1:], None, js=train_view.TELL, show_progress="hidden")


def _open(name: str) -> list:
    """The whole form under the preset ``name``; nothing changes where there is none."""
    if name not in registry.PRESETS.names():
        return [gr.skip()] * (len(form.FIELDS) + 1)
    return [name, *train_view.filled(name)]


VIEW = View("lessons", "Lessons", 60, build)
