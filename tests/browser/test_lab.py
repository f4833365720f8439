"""The tab Lab in a real browser: the game of a run as a graph, one move at a time."""

from __future__ import annotations

import json
import urllib.request

import pytest

from .conftest import PHONE, at_rest, drawn_twice, stop

SMALL = {"g_hidden": [16], "d_hidden": [16], "batch_size": 64, "steps": 0}
SAYS = "#gv-lab-says"


@pytest.fixture
def lab(visit, server, idle):
    """A page with the lab open, before anything is trained."""
    yield visit(address="/?tab=lab")
    stop(server)


def begin(server, preset, **settings) -> None:
    """Have a run trained, without waiting for its end."""
    body = json.dumps({"preset": preset, "settings": settings, "replace": True}).encode()
    headers = {"Content-Type": "application/json"}
    urllib.request.urlopen(urllib.request.Request(f"{server.url}/gv/train", body, headers))


def knob(page, name: str) -> str:
    return page.text_content(f"[data-knob={name}] output")


def test_the_game_is_seen_whole_and_one_move_at_a_time(lab, server):
    page = lab
    begin(server, "ring8", **SMALL)
    page.wait_for_function("document.querySelector('.gv-lab-value')?.textContent.startsWith('z')")
    assert page.is_hidden("#gv-lab-empty")
    values = page.locator(".gv-lab-value").all_text_contents()
    assert values[0].startswith("z =\n(") and values[2].startswith("x =\n(")
    assert page.locator("#gv-lab-graph line").count() == 9
    assert "fakes of step" in page.get_attribute("[data-part=fakes] canvas", "aria-label")

    # a live knob beside the part that it changes, and its mark
    assert knob(page, "d_lr") == "0.001"
    page.click("[data-knob=d_lr] button >> nth=1")
    page.wait_for_function(
        "document.querySelector('[data-knob=d_lr] output').textContent === '0.002'"
    )
    assert "0.001 → 0.002 at step" in page.text_content("#gv-lab-marks button")

    # one move at a time, by hand
    page.click("#gv-lab-pause")
    page.wait_for_selector("body[data-gv-state=paused]")
    at = at_rest(page, server)
    assert page.is_hidden(SAYS)
    page.click("[aria-label='One sub-step forward']")
    assert page.text_content(SAYS).startswith("D 1 G makes 64 fakes")
    page.wait_for_selector("[data-part=g-loss][data-dim]", state="attached")
    page.click("[aria-label='G 4: Gradient']")
    assert "flows back through D" in page.text_content(SAYS)
    page.wait_for_selector("[data-edge=fakes-back][data-active]", state="attached")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    assert page.text_content(SAYS).startswith("G 3 G's loss is")
    page.click("#gv-lab-live")
    assert page.is_hidden(SAYS)

    # D alone: a step in which G holds still
    page.select_option("#gv-lab-steps select", "10")
    page.click("[data-move=discriminator]")
    page.wait_for_function(
        "step => document.querySelector('#gv-lab-caption').textContent.replace(',', '') === step",
        arg=f"step {at + 10}",
    )
    assert page.text_content("[data-part=generator] .gv-lab-value") == "held still"
    assert page.locator("#gv-lab-track button").count() == 5
    assert "D alone, 10 steps" in page.text_content("#gv-lab-marks button")

    # what a part is made of
    page.click("[data-part=d-loss] > button")
    page.wait_for_selector("#gv-lab-part pre")
    assert "softplus" in page.text_content("#gv-lab-part pre")
    assert page.locator("#gv-lab-part math").count() == 1
    page.click("[data-part=discriminator] > button")
    assert page.locator("#gv-lab-layers tbody tr").count() == 2
    page.wait_for_selector("#gv-lab-maps canvas:nth-of-type(16)")

    # a mark on the curves leads to its step, and the game follows
    page.click("#gv-lab-curves .gv-lab-mark >> nth=0")
    page.wait_for_selector("#gv-lab-curves .gv-sketch-cursor", state="attached")
    assert page.is_visible("#gv-lab-graph"), "the lab stays open"
    page.click("#gv-lab-newest")
    page.wait_for_selector("#gv-lab-curves .gv-sketch-cursor", state="detached")

    # what needs a new run says so, waits, and begins with all else as it is
    page.click("[data-part=generator] > button")
    page.click("#gv-f-lab-g_hidden [aria-label='Depth: more']")
    words = page.text_content("#gv-lab-rebuild-words")
    assert words.startswith("A new run begins with: Generator layers 16 → 16, 16.")
    page.fill("#gv-i-lab-g_hidden", "0")
    page.click("#gv-lab-rebuild-start")
    page.wait_for_selector("#gv-lab-rebuild-refused:not([hidden])")
    assert "from 1 to 4096" in page.text_content("#gv-lab-rebuild-refused")
    assert server.step() == at + 10, "a refusal changes nothing"
    page.fill("#gv-i-lab-g_hidden", "16, 8")
    page.click("#gv-lab-rebuild-start")
    page.wait_for_selector("#gv-lab-marks button:has-text('Begun with Generator layers')")
    config = page.evaluate("window.ganviz.now.run.config")
    assert config["g_hidden"] == [16, 8] and config["d_lr"] == 0.002 and config["batch_size"] == 64
    assert page.is_hidden("#gv-lab-rebuild") and page.is_hidden("#gv-lab-layers")

    # an ended run's last step can be replayed; its canvas dims what takes no part
    page.wait_for_selector("#gv-lab-plane[data-step]")
    page.wait_for_selector("#gv-lab-track button >> nth=9")
    stop(server)
    page.wait_for_function(
        "document.querySelector('#gv-lab-caption').textContent.includes('the last that was')"
    )
    page.reload(wait_until="domcontentloaded")
    page.wait_for_selector("#gv-lab-track button >> nth=9")
    page.click("[aria-label='G 4: Gradient']")
    assert "fakes-back" in page.get_attribute("#gv-lab-canvas", "data-parts").split()
    page.set_viewport_size(PHONE)
    page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")


def test_pictures_are_pushed_and_what_plays_no_game_says_so(lab, server):
    page = lab
    small = {"g_hidden": [16], "d_hidden": [16], "batch_size": 16, "steps": 0}
    begin(server, "digits-mlp", **small)
    page.wait_for_selector("#gv-lab-tiles figure:nth-child(16)")
    page.click("#gv-lab-pause")
    page.wait_for_selector("body[data-gv-state=paused]")
    page.click("#gv-lab-sort")
    scores = [
        float(text.removeprefix("D "))
        for text in page.locator("#gv-lab-tiles figcaption").all_text_contents()
    ]
    assert scores == sorted(scores, reverse=True)
    assert "pushes fake" in page.get_attribute("#gv-lab-tiles canvas >> nth=1", "aria-label")

    begin(server, "ring8-vae", steps=0)
    page.wait_for_function(
        "document.querySelector('#gv-lab-sentence').textContent.includes('no game to record')"
    )
    assert page.is_hidden("#gv-lab-graph") and page.is_visible("#gv-lab-sentence")


def test_nothing_of_the_game_moves_when_its_first_figures_come(lab, server):
    """A click presses and releases: what moves between the two is lost."""
    page = lab
    page.evaluate(
        """() => {
            const places = "#gv-lab-graph button, #gv-lab-replay > *, #gv-lab-steps > button, "
                + ".gv-lab-legend button, #gv-lab-loss";
            const last = new Map();
            window.moved = [];
            const look = () => {
                for (const one of document.querySelectorAll(places)) {
                    const { left, top, width } = one.getBoundingClientRect();
                    const { gvState } = document.body.dataset;
                    const began = ["running", "paused"].includes(gvState) && width > 0;
                    const old = last.get(one);
                    if (old && began && Math.hypot(left - old[0], top - old[1]) > 2)
                        moved.push(one.getAttribute("aria-label") ?? one.textContent);
                    if (began) last.set(one, [left, top]);
                    else last.delete(one);
                }
                requestAnimationFrame(look);
            };
            look();
        }"""
    )
    begin(server, "ring8", **SMALL)
    page.wait_for_selector("#gv-lab-plane[data-step]")
    page.wait_for_selector("#gv-lab-track button >> nth=9")
    page.wait_for_selector("#gv-lab-curves svg")
    page.wait_for_function("window.ganviz.now.snapshot > 0")
    drawn_twice(page)
    # what is said while a first step is waited for takes no room either
    server.command("pause")
    page.wait_for_selector("body[data-gv-state=paused]")
    at_rest(page, server)
    page.eval_on_selector("#gv-lab-sentence", "p => { p.textContent = 'Wait.'; p.hidden = false; }")
    assert page.is_visible("#gv-lab-sentence")
    drawn_twice(page)
    assert page.evaluate("moved") == []
