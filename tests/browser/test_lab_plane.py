"""The plane of samples in the lab: layers, a view that moves, arrows of several losses, time."""

from __future__ import annotations

import pytest

from .conftest import drawn_twice, held_back, picture_of

CANVAS = "#gv-lab-plane"


@pytest.fixture
def lab(watch):
    """The lab of a run in the plane that trains."""
    page = watch("ring8-r1", moving=True)
    page.evaluate("window.ganviz.tab('lab')")
    page.wait_for_selector(f"{CANVAS}[data-step]")
    return page


def changes(page, act) -> bool:
    """Whether the picture of a run that stands still changes with what is done."""
    before = picture_of(page, CANVAS)
    act()
    page.wait_for_function(
        f"before => document.querySelector('{CANVAS}').toDataURL() !== before", arg=before
    )
    return True


def test_the_plane_follows_and_shows_what_is_chosen(lab, server):
    first = int(lab.get_attribute(CANVAS, "data-step"))
    points = lab.evaluate("Number(document.body.dataset.gvPoints)")
    lab.wait_for_function(f"Number(document.querySelector('{CANVAS}').dataset.step) > {first}")
    assert lab.locator("#gv-lab-loss option").all_text_contents()[0].startswith("this run's loss")
    assert "Wasserstein" in lab.text_content("#gv-lab-pushes")
    lab.wait_for_selector("#gv-lab-measures [data-figure=distances-js]:not([hidden])")
    assert "of real points" in lab.text_content("[data-figure=distances-w2] small")
    lab.wait_for_function("Number(document.querySelector('#gv-lab-scrub').max) >= 2")
    server.command("pause")
    lab.wait_for_selector("body[data-gv-state=paused]")
    lab.wait_for_timeout(700)
    for layer in ("real", "fake", "d", "arrows", "manifold", "density"):
        assert changes(lab, lambda layer=layer: lab.click(f"[data-layer={layer}]:visible"))
    lab.wait_for_timeout(1800)
    assert changes(lab, lambda: lab.click("[aria-label=Magnify]"))
    assert changes(lab, lambda: lab.press(CANVAS, "ArrowLeft"))
    lab.click("[data-layer=arrows]:visible")
    assert changes(lab, lambda: lab.select_option("#gv-lab-loss", "all"))
    lab.hover(CANVAS, position={"x": 150, "y": 150})
    lab.wait_for_function("document.querySelector('#gv-lab-at').textContent.includes('D says')")
    lab.fill("#gv-lab-scrub", "0")
    lab.wait_for_selector(f"{CANVAS}[data-step='0']")
    lab.click("#gv-lab-newest")
    lab.wait_for_function(f"Number(document.querySelector('{CANVAS}').dataset.step) > 0")
    # Train's curves behind the lab are not drawn, and all there when their tab is opened
    lab.evaluate("window.ganviz.tab('train')")
    lab.wait_for_function(f"Number(document.body.dataset.gvPoints) > {points}")
    lab.wait_for_function(
        """points => {
          const plot = document.querySelector('#gv-plot-loss');
          return plot.data ? plot.data[0].x.length > points : plot.querySelector('.gv-sketch path');
        }""",
        arg=points,
    )


def test_a_new_run_does_not_begin_with_the_plane_of_the_last(lab, server):
    server.command("pause")
    lab.wait_for_selector("body[data-gv-state=paused]")
    blank = "[data-part]:not([data-part=generator]) > canvas[aria-label$='no step yet']"
    lab.wait_for_function("all => !document.querySelector(all)", arg=blank)
    later = {"status": 409, "json": {"error": "Not now.", "field": None}}
    lab.route("**/gv/lab/**", lambda r: r.fulfill(**later))
    requests = []
    lab.on("request", lambda r: requests.append(r.url) if r.url.endswith("/latents") else None)
    with held_back(lab, "**/gv/lab/latents"):
        lab.hover(CANVAS)
        while not requests:
            lab.wait_for_timeout(20)
        lab.evaluate("""() => {
            const { now } = gvModules['lib/stream.js'];
            now.run = { ...now.run, id: 'the next one' };
            gvModules['lib/bus.js'].emit('hello', { sameRun: false });
        }""")
    drawn_twice(lab)
    assert lab.locator(blank).count() == 6
    assert lab.text_content("#gv-lab-step") == ""
    assert lab.get_attribute(CANVAS, "data-step") is None
    assert lab.get_attribute(CANVAS, "aria-label") == "No points yet"
    assert lab.get_attribute("#gv-lab-key", "data-reserved") is not None
    # the answer was of the last one: its latents are not this one's
    lab.route("**/gv/lab/latents", lambda r: r.fulfill(json={"z": []}))
    lab.mouse.move(0, 0)
    with lab.expect_request("**/gv/lab/latents"):
        lab.hover(CANVAS)


def test_the_losses_beside_it_go_on_with_the_run(lab):
    for _ in range(3):
        label = lab.locator("#gv-lab-curves svg").get_attribute("aria-label")
        lab.wait_for_function(
            "before => document.querySelector('#gv-lab-curves svg').ariaLabel !== before", arg=label
        )


def test_what_a_vae_lacks_is_said(visit, server, idle):
    server.train("ring8-vae", steps=30)
    page = visit(address="/?tab=lab")
    page.wait_for_selector(f"{CANVAS}[data-step]")
    assert "VAE has no discriminator" in page.text_content("#gv-lab-why")
    assert page.is_disabled("#gv-lab-canvas [data-layer=arrows]")
    assert page.is_hidden("#gv-lab-key") and page.is_hidden("#gv-lab-arrows")
    page.evaluate("window.ganviz.tab('train')")
    page.wait_for_selector("#gv-scatter canvas[data-step]")
    legend = "#gv-scatter-legend [data-layer={}]"
    assert page.is_visible(legend.format("fake")) and page.is_hidden(legend.format("d"))
