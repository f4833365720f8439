"""The exported page in a real browser, from file://, with the network watched: nothing may be asked
of anybody."""

from pathlib import Path

import pytest
import torch

from ganviz.export import export_page, model, runtime
from ganviz.runs.trained import load_generator

BAD = ("error", "warning")
SLIDE = "(input, value) => { input.value = value; input.dispatchEvent(new Event('input')); }"


@pytest.fixture
def visit(chromium):
    """``visit(folder)`` opens a page from disk; at the end it may have complained of nothing and
    asked nobody."""
    contexts, complaints = [], []

    def open_page(folder: Path, **how):
        context = chromium.new_context(viewport={"width": 1280, "height": 900}, **how)
        contexts.append(context)
        view = context.new_page()
        view.set_default_timeout(60_000)
        view.on(
            "console",
            lambda said: (
                complaints.append(f"{said.type}: {said.text}") if said.type in BAD else None
            ),
        )
        view.on("pageerror", lambda error: complaints.append(f"page error: {error}"))
        view.on(
            "dialog",
            lambda dialog: (complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()),
        )
        view.on(
            "request",
            lambda asked: (
                None
                if asked.url.startswith(("file:", "blob:", "data:"))
                else complaints.append(f"request: {asked.url}")
            ),
        )
        view.on("requestfailed", lambda asked: complaints.append(f"failed: {asked.url}"))
        view.goto((folder / "index.html").as_uri())
        return view

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def until(view, expression):
    """Wait until an expression holds. The page's own security policy forbids Playwright's way,
    which evaluates text."""
    for _ in range(600):
        if view.evaluate(expression):
            return
        view.wait_for_timeout(100)
    pytest.fail(f"never: {expression}")


def shown(view, selector):
    """What a canvas shows, as a screenshot (reading back pixels of file:// pictures is
    forbidden)."""
    return view.locator(selector).screenshot()


def slide(view, selector, value):
    view.eval_on_selector(selector, SLIDE, value)


def test_replay_curves_and_sliders_from_disk(kept_run, tmp_path, visit):
    folder = export_page(kept_run, tmp_path / "Ünï page #1?", live=False)
    view = visit(folder)
    until(
        view,
        "document.querySelector('#grid').dataset.shown && document.querySelectorAll('.plot "
        ".scatterlayer path').length",
    )
    last = shown(view, "#grid")

    slide(view, "#player input", 0)
    until(
        view,
        "document.querySelector('#grid').dataset.shown.includes('000000000') && "
        "document.body.dataset.cursor === '0'",
    )
    first = shown(view, "#grid")
    assert first != last and "step 0" in view.inner_text("#player .gv-player-step")
    cursors = "[...document.querySelectorAll('.plot')].map((plot) => plot.layout.shapes.at(-1).x0)"
    assert view.evaluate(cursors) == [0, 0]

    view.click("#player .gv-play")
    until(view, "document.body.dataset.cursor === '60'")
    until(
        view, "document.querySelector('#player .gv-play').getAttribute('aria-pressed') === 'false'"
    )
    assert shown(view, "#grid") == last
    view.click("[data-which=real]")
    until(view, "document.querySelector('#grid').dataset.shown.startsWith('reals')")
    assert shown(view, "#grid") not in (first, last)

    before = shown(view, "#sample")
    slide(view, ".gv-slider:nth-child(1) input", 2.5)
    until(view, "document.querySelector('#sample').dataset.drawn.includes('2.50')")
    moved = shown(view, "#sample")
    assert moved != before
    view.click(".classes button:nth-child(8)")
    until(view, "document.querySelector('#sample').dataset.drawn.includes('0-7')")
    assert shown(view, "#sample") != moved
    view.click("#another")
    until(view, "document.querySelector('#sample').dataset.drawn.includes('1-7')")

    until(view, "document.querySelector('#path-picture').dataset.drawn?.endsWith(' 0')")
    names = view.locator("#path-name option").all_inner_texts()
    assert names == ["Ünï <", "Round"]
    view.select_option("#path-name", "1")
    until(view, "document.querySelector('#path-picture').dataset.drawn.startsWith('paths/1')")
    first = shown(view, "#path-picture")
    assert "frame 1 of 24" in view.inner_text("#path-player")
    view.click("#path-player .gv-play")
    # it goes on playing where another path is chosen
    view.select_option("#path-name", "0")
    until(view, "/^paths.0.* 15$/.test(document.querySelector('#path-picture').dataset.drawn)")
    assert shown(view, "#path-picture") != first

    assert "<img src=x onerror=alert(2)>" in view.inner_text("#notes")
    assert view.locator("#settings dt:visible").count() < 20
    view.click("#all-settings")
    assert view.locator("#settings dt:visible").count() > 30
    assert view.evaluate("document.body.dataset.latent") == "sprites"


def test_a_phone_in_the_dark(kept_run, tmp_path, visit):
    view = visit(export_page(kept_run, tmp_path / "page", live=False), color_scheme="dark")
    view.set_viewport_size({"width": 390, "height": 844})
    until(view, "document.querySelector('#grid').dataset.shown")
    until(view, "document.querySelector('#plot-loss svg').clientWidth < 390")
    assert view.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert view.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(13, 17, 23)"


def test_points(points_run, tmp_path, visit):
    view = visit(export_page(points_run, tmp_path / "page"))
    until(view, "document.querySelector('#grid').dataset.shown === 'fake 19'")
    last = shown(view, "#grid")
    slide(view, "#player input", 0)
    until(view, "document.querySelector('#grid').dataset.shown === 'fake 0'")
    assert shown(view, "#grid") != last and view.locator("#latent").is_hidden()


@pytest.mark.skipif(
    not (runtime.found() and model.available()),
    reason="needs python -m ganviz fetch-runtime, and onnxscript",
)
def test_live_sliders_draw_what_the_generator_draws(kept_run, tmp_path, visit):
    view = visit(export_page(kept_run, tmp_path / "page"))
    until(view, "document.body.dataset.latent === 'live' || document.body.dataset.live")
    assert view.evaluate("document.body.dataset.live") is None
    z = torch.randn(1, 4, generator=torch.Generator().manual_seed(5))
    x = view.evaluate("async (z) => [...await page.draw(Float32Array.from(z), 3)]", z[0].tolist())
    assert torch.tensor(x) == pytest.approx(
        load_generator(kept_run)(z, torch.tensor([3])).flatten(), abs=1e-4
    )
    slide(view, ".gv-slider:nth-child(4) input", 2)
    until(
        view,
        "document.querySelector('#sample').dataset.drawn.startsWith('live 0.00,0.00,0.00,2.00')",
    )
