"""The plane of a two-dimensional run: it follows the training, single steps and the scrubber, and
marks where the latent explorer's z lies."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from .conftest import at_rest, drawn_twice, held_back, read_charts, start, stop

PLANE = "#gv-scatter canvas"


@pytest.fixture
def plane(watch):
    """A page whose run on points trains."""
    page = watch("ring8-r1", moving=True)
    page.wait_for_selector(f"{PLANE}[data-step]")
    return page


def at(page) -> int:
    return int(page.get_attribute(PLANE, "data-step"))


def settled(page, server) -> int:
    """The step of the paused run, when the plane shows it."""
    step = at_rest(page, server)
    page.wait_for_function(f"document.querySelector('{PLANE}').dataset.step === '{step}'")
    return step


def test_it_follows_the_training_and_each_single_step(plane, server):
    first = at(plane)
    plane.wait_for_function(f"Number(document.querySelector('{PLANE}').dataset.step) > {first}")
    assert plane.is_visible("#gv-plane-key")
    plane.click("#gv-pause")
    plane.wait_for_selector("body[data-gv-state=paused]")
    step = settled(plane, server)
    for _ in range(2):
        step += 1
        plane.click("#gv-controls [data-step='1']")
        plane.wait_for_function(f"document.querySelector('{PLANE}').dataset.step === '{step}'")


def test_a_plane_that_did_not_come_is_asked_for_again(plane, server):
    plane.click("#gv-pause")
    plane.wait_for_selector("body[data-gv-state=paused]")
    step = settled(plane, server)
    later = {"error": "Not now.", "field": None}
    plane.route("**/frames/*", lambda route: route.fulfill(status=409, json=later), times=2)
    plane.click("#gv-controls [data-step='1']")
    plane.wait_for_function(f"document.querySelector('{PLANE}').dataset.step === '{step + 1}'")


def test_it_can_be_looked_back_at(plane):
    plane.wait_for_function("Number(document.querySelector('#gv-scrub').max) >= 2")
    plane.fill("#gv-scrub", "0")
    plane.wait_for_function(f"document.querySelector('{PLANE}').dataset.step === '0'")
    assert plane.get_attribute("#gv-live", "aria-pressed") == "false"
    # what stands beside it is of that step, too, or says of which
    plane.wait_for_function("!document.querySelector('#gv-modes b').textContent.includes('of 8')")
    assert plane.text_content("#gv-latent-newest") == "of the newest step"
    plane.click("#gv-live")
    plane.wait_for_function("document.querySelector('#gv-modes b').textContent.includes('of 8')")
    plane.wait_for_function(f"Number(document.querySelector('{PLANE}').dataset.step) > 0")


def test_sliders_and_ends_move_what_is_marked_in_the_plane(plane, server):
    plane.click("#gv-pause")
    plane.wait_for_selector("body[data-gv-state=paused]")
    plane.wait_for_selector("#gv-latent[data-ready=yes]")
    settled(plane, server)
    plane.wait_for_function("window.ganviz.stats.latent?.version === window.ganviz.now.snapshot")
    plane.evaluate("new Promise((drawn) => setTimeout(() => requestAnimationFrame(drawn), 100))")
    before = plane.eval_on_selector(PLANE, "canvas => canvas.toDataURL()")
    plane.fill("[data-direction='0']", "3")
    plane.wait_for_function(
        f"before => document.querySelector('{PLANE}').toDataURL() !== before", arg=before
    )
    # between two latents there is no strip of pictures, but a path
    assert plane.is_hidden("#gv-strip")
    plane.click("#gv-set-a")
    plane.fill("#gv-seed", "12")
    plane.click("#gv-set-b")
    plane.wait_for_selector(f"{PLANE}[data-path=yes]")
    assert "from A to B" in plane.get_attribute(PLANE, "aria-label")
    assert "seed 12" in plane.text_content("#gv-strip-caption")


def test_what_lies_beyond_the_plane_is_told(plane, server):
    """A slider that moved its mark out of sight seemed to do nothing."""
    plane.click("#gv-pause")
    plane.wait_for_selector("body[data-gv-state=paused]")
    plane.wait_for_selector("#gv-latent[data-ready=yes]")
    settled(plane, server)
    assert plane.is_visible("[data-layer=d]")
    far = {"ok": True, "points": [[9.0, -4.0]]}
    plane.route("**/gv/latent", lambda route: route.fulfill(json=far))
    plane.fill("[data-direction='1']", "-3")
    plane.wait_for_function(
        f"document.querySelector('{PLANE}').ariaLabel.endsWith('G(z) lies, at 9.00, -4.00.')"
    )


def test_nothing_moves_when_the_sliders_come(watch):

    def places():
        drawn_twice(page)
        return [page.locator(one).bounding_box() for one in (PLANE, "#gv-latent")]

    with ExitStack() as held:
        page = watch(
            "ring8-r1",
            before=lambda page: held.enter_context(held_back(page, "**/gv/latent/info*")),
        )
        page.wait_for_selector(f"{PLANE}[data-step]")
        before = places()
    page.wait_for_selector("#gv-latent[data-ready=yes]")
    assert places() == before


def test_it_fills_the_window_and_comes_back(plane, server):
    plane.click("#gv-pause")
    plane.wait_for_selector("body[data-gv-state=paused]")
    settled(plane, server)  # in its place and of its size: the first one moves what is around it
    small = plane.locator(PLANE).bounding_box()["width"]
    plane.click("#gv-enlarge")
    plane.wait_for_function(f"document.querySelector('{PLANE}').clientWidth > {small + 50}")
    plane.keyboard.press("Escape")
    plane.wait_for_function(f"document.querySelector('{PLANE}').clientWidth <= {small + 1}")


def test_a_tile_has_a_score_and_its_z_can_be_used(visit, server, idle):
    page = visit()
    start(page)
    page.wait_for_selector("#gv-latent[data-ready=yes]")
    page.click("#gv-grid-canvas", position={"x": 40, "y": 40})
    page.wait_for_function("document.querySelector('#gv-zoom-score').textContent.includes('D ')")
    shown = page.get_attribute("#gv-latent-canvas", "data-shown")
    page.click("#gv-zoom-use")
    page.wait_for_function(
        f"document.querySelector('#gv-latent-canvas').ariaLabel.includes('tile')"
        f" && document.querySelector('#gv-latent-canvas').dataset.shown > {shown or 0}"
    )
    assert page.is_hidden("#gv-zoom")
    page.click("#gv-random")
    page.wait_for_function("document.querySelector('#gv-latent-canvas').ariaLabel.includes('seed')")
    stop(server)


def test_a_live_change_leaves_its_mark_on_the_curves(visit, server, idle):
    page = visit()
    start(page)
    read_charts(page)  # else Plotly comes when the page has nothing else to do
    page.click("#gv-group-optimisation > summary")
    page.fill("#gv-i-g_lr", "0.0007")
    page.wait_for_function(
        """(document.querySelector('#gv-plot-loss').layout?.annotations ?? [])
        .some(({ text }) => text.includes('0.0007'))"""
    )
    page.reload()
    page.wait_for_selector("body[data-gv-ready=yes]")
    read_charts(page)
    page.wait_for_function(
        """(document.querySelector('#gv-plot-loss').layout?.annotations ?? [])
        .some(({ text }) => text.includes('0.0007'))"""
    )
    stop(server)


def test_a_folder_that_does_not_exist_leaves_nothing_behind(visit, server, idle):
    page = visit()
    page.select_option("#gv-i-data", "folder")
    page.fill("#gv-i-data_path", "/nowhere/at/all")
    before = page.evaluate("fetch('/gv/library').then((answer) => answer.json())")["runs"]
    page.click("#gv-train")
    page.wait_for_selector("#gv-e-data_path")
    assert page.get_by_text("on their way").filter(visible=True).count() == 0
    after = page.evaluate("fetch('/gv/library').then((answer) => answer.json())")["runs"]
    assert len(after) == len(before)
