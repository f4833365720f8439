"""What a tab of the page is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import gradio as gr


@dataclass(frozen=True)
class View:
    """A tab. ``build()`` adds its markup inside the open tab."""

    id: str
    label: str
    order: int
    build: Callable[[], None]


def static(html: str, elem_id: str) -> gr.HTML:
    """Markup that Gradio renders once and never touches again. Plain markup only: it passes through
    a template engine."""
    return gr.HTML(
        html_template=html, value="", js_on_load=None, apply_default_css=False, elem_id=elem_id
    )
