"""Access for all: axe finds nothing on any tab, and the keyboard does what the mouse does."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from .conftest import in_both_themes, start, stop

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
VIEWS = ("train", "lab", "explore", "inside", "lessons", "class", "runs")
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice")
OF_COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
"""All that depends on the theme."""

without_axe = pytest.mark.skipif(
    not AXE.is_file() and not os.environ.get("CI"), reason="needs axe-core: npm ci"
)


def violations(page, rules=RULES) -> list[str]:
    """What axe has against the page as it is now: the rule, and where."""
    if not page.evaluate("'axe' in window"):
        page.add_script_tag(path=str(AXE))
    found = page.evaluate(
        f"axe.run({{ runOnly: {json.dumps(rules)}, resultTypes: ['violations'] }})"
    )
    return [
        f"{one['id']}: {node['target']}" for one in found["violations"] for node in one["nodes"]
    ]


def without_arrow(page) -> list[str]:
    """Lists to choose from that look like fields to type into."""
    return page.eval_on_selector_all(
        "select",
        """all => all.map(one => [one.id || one.ariaLabel, getComputedStyle(one)])
        .filter(([, { appearance, backgroundImage }]) =>
          appearance === 'none' && backgroundImage === 'none')
        .map(([name]) => name)""",
    )


@without_axe
def test_axe_finds_nothing_on_any_tab(visit, server, idle):
    page = visit()
    start(page)
    for view in VIEWS:
        page.evaluate("name => window.ganviz.tab(name)", view)
        page.wait_for_selector(f"#gv-view-{view}", state="visible")
        if view == "runs":
            page.click("#gv-runs-body tr")
            page.wait_for_selector("#gv-replay canvas")
        if view == "explore":
            page.wait_for_selector("#gv-explore-side[data-ready=yes]")
        page.wait_for_timeout(500)
        for theme in in_both_themes(page):
            assert violations(page, RULES if theme == "light" else OF_COLOURS) == [], (theme, view)
            assert without_arrow(page) == [], view
        stop(server)


def test_arrow_keys_move_between_tabs(visit):
    page = visit()
    tabs = page.eval_on_selector_all(
        "#gv-tabs [role=tab]", "all => all.map(one => [one.id, one.textContent.trim()])"
    )
    (first, _), (second, name) = tabs[:2]
    page.focus(f"#{first}")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(f"#{second.removesuffix('-button')}", state="visible")
    page.wait_for_function(f"document.querySelector('h1').textContent === 'ganviz: {name}'")
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector(f"#{first.removesuffix('-button')}", state="visible")
