"""The whole page: header, one tab a view, status line, and what the browser loads.

A view is a module ``ganviz/ui/NAME_view.py`` with ``VIEW = View(...)``; adding that file adds the
tab.
"""

from __future__ import annotations

import json
import pkgutil
from functools import lru_cache
from importlib import import_module
from typing import Any

import gradio as gr

import ganviz.ui
from ganviz import registry
from ganviz.classroom.visitor import AT_THE_MACHINE, Visitor
from ganviz.server import asset_url, plotly_url, script_url, styles_url
from ganviz.server.preload import preload_links
from ganviz.ui import form
from ganviz.ui.theme import theme
from ganviz.ui.view import View, static
from ganviz.version import assets_folder

HEADER = """
<header id="gv-header">
  <h1 id="gv-title" class="gv-hidden-text">ganviz: Train</h1>
  <a class="gv-brand" href="./" aria-label="ganviz, start page">
    <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true"><circle cx="12" cy="16" r="9"
      fill="var(--gv-d)"/>
      <circle cx="20" cy="16" r="9" fill="var(--gv-fake)" class="gv-logo-g"/></svg>
    <span>gan<b>viz</b></span></a>
  <div class="gv-header-right">
    <span id="gv-device" class="gv-badge" hidden></span>
    <button id="gv-theme" type="button" class="gv-icon" aria-label="Switch between light and dark">
      <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true"><path class="gv-moon"
        fill="currentColor"
        d="M16.5 12.2A7 7 0 0 1 7.8 3.5a7 7 0 1 0 8.7 8.7Z"/><g class="gv-sun" fill="none"
          stroke="currentColor"
        stroke-width="1.6" stroke-linecap="round"><circle cx="10" cy="10" r="3.4"
          fill="currentColor" stroke="none"/>
        <path d="M10 2v2M10 16v2M2 10h2M16 10h2M4.4 4.4l1.4 1.4M14.2 14.2l1.4 1.4
          M4.4 15.6l1.4-1.4M14.2 5.8l1.4-1.4"/>
      </g></svg></button>
  </div>
</header>
"""

STATUS = """
<footer id="gv-status" aria-label="Training status">
  <div class="gv-progress" id="gv-progress" role="progressbar" aria-label="Training progress"
    aria-valuemin="0"
    aria-valuemax="100" aria-valuenow="0"><div></div></div>
  <span class="gv-state"><i class="gv-dot"></i><b id="gv-state-text">Idle</b></span>
  <span class="gv-sentence" id="gv-sentence"></span>
  <span class="gv-figures">
    <span class="gv-figure gv-figure-step"><b id="gv-step">0</b><small
      id="gv-steps">steps</small></span>
    <span class="gv-figure"><b id="gv-rate">&ndash;</b><small
      id="gv-rate-unit">images/s</small></span>
    <span class="gv-figure"><b id="gv-elapsed">0:00</b><small>elapsed</small></span>
    <span class="gv-figure" id="gv-left-box"><b
      id="gv-left-time">&ndash;</b><small>left</small></span>
    <span class="gv-figure gv-figure-gpu" id="gv-gpu-box" hidden><b
      id="gv-gpu">&ndash;</b><small id="gv-gpu-memory">GPU</small></span>
  </span>
  <span class="gv-link" id="gv-link" data-link="connecting"><i></i><span>connecting</span></span>
</footer>
<div id="gv-announce" class="gv-hidden-text" role="status" aria-live="polite"></div>
"""


def views() -> list[View]:
    """All views, in their order."""
    modules = (
        import_module(f"ganviz.ui.{info.name}")
        for info in pkgutil.iter_modules(ganviz.ui.__path__)
        if info.name.endswith("_view")
    )
    return sorted((module.VIEW for module in modules), key=lambda view: view.order)


def build() -> gr.Blocks:
    """The page: markup alone. Its scripts talk to the addresses under /gv."""
    with gr.Blocks(title="ganviz", fill_width=True, analytics_enabled=False) as page:
        static(HEADER, "gv-header-box")
        with gr.Tabs(elem_id="gv-tabs", overflow_behavior="wrap"):
            for view in views():
                with gr.Tab(view.label, id=view.id, elem_id=f"gv-view-{view.id}"):
                    view.build()
        static(STATUS, "gv-status-box")
    return page


def launch_options() -> dict[str, Any]:
    """What `gr.mount_gradio_app` needs for the page's look."""
    icon = str(assets_folder() / "icon.svg")
    return {"theme": theme(), "footer_links": [], "run_history": False, "favicon_path": icon}


@lru_cache(maxsize=1)
def _facts(_state: tuple) -> str:
    return json.dumps(form.facts()).replace("<", "\\u003c")


def head(page: gr.Blocks, visitor: Visitor = AT_THE_MACHINE) -> str:
    """The markup before Gradio's own scripts: the page's script and styles, what the form is made
    of, whether ``visitor`` commands, and what Gradio will need to draw ``page``, fetched at once.
    Addresses are relative: a proxy may add a path."""

    def relative(url: str) -> str:
        return url.lstrip("/")

    facts = _facts(registry.state())
    role = '"presenter"' if visitor.presenter else '"viewer"'
    kinds = {block.get_block_name() for block in page.blocks.values()}
    theme_css = f"theme.css?v={getattr(page, 'theme_hash', '')}"
    # the style sheet overrules Gradio's, so that its script puts it after them (assets/main.js)
    return (
        f'<link rel="preload" as="style" id="gv-styles" href="{styles_url()}">'
        f'<link rel="icon" type="image/svg+xml" href="{relative(asset_url("icon.svg"))}">'
        f'<meta name="gv-plotly" content="{relative(plotly_url())}">'
        f"<script>document.documentElement.dataset.gvRole = {role};"
        f"window.gvFacts = {facts};</script>"
        f'<script defer fetchpriority="high" src="{script_url()}"></script>'
        f'<link rel="preload" as="style" href="{theme_css}">{preload_links(kinds)}'
    )
