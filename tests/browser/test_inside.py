"""What the probes measure reaches the page: the plane, the coach, the tab Inside, experiments,
reconstructions."""

from __future__ import annotations

import time

import pytest

from .conftest import PHONE, at_rest, stop


def open_tab(page, name: str) -> None:
    page.evaluate("name => window.ganviz.tab(name)", name)


def wait_until(condition, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.1)


@pytest.fixture
def points(watch):
    """A page with a run in the plane."""
    page = watch("ring8-r1")
    page.wait_for_selector("#gv-scatter canvas[data-step]")
    return page


def test_points_live_in_the_plane_over_the_surface_of_d(points, server):
    points.wait_for_function(
        "Number(document.querySelector('#gv-scatter canvas').dataset.step) > 0"
    )
    assert "500 real and 500 generated points" in points.get_attribute(
        "#gv-scatter canvas", "aria-label"
    )
    assert points.text_content("#gv-modes [data-figure=captured] b").endswith("of 8")
    assert "2,500" in points.text_content("#gv-modes")
    assert points.is_hidden(".gv-grid-card .gv-switch")
    for shown in (".gv-scrub", "#gv-latent"):
        assert points.is_visible(shown)
    used = points.evaluate("""() => {
        const canvas = document.querySelector('#gv-scatter canvas');
        const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
        let green = 0, purple = 0;
        for (let i = 0; i < pixels.length; i += 4) {
          if (pixels[i + 3] < 150) continue;
          green += pixels[i + 1] > pixels[i] + 40;
          purple += pixels[i + 2] > pixels[i + 1] + 60 && pixels[i] > pixels[i + 1] + 30;
        }
        return [green, purple];
    }""")
    assert min(used) > 200
    points.click("#gv-pause")
    points.wait_for_selector("body[data-gv-state=paused]")
    step = at_rest(points, server)
    points.wait_for_function(
        f"document.querySelector('#gv-scatter canvas').dataset.step === '{step}'"
    )
    before = points.eval_on_selector("#gv-scatter canvas", "canvas => canvas.toDataURL()")
    points.click("#gv-scatter-legend [data-layer=fake]")
    points.wait_for_function(
        "before => document.querySelector('#gv-scatter canvas').toDataURL() !== before", arg=before
    )


def test_the_inside_of_both_networks_shows_and_follows(points):
    open_tab(points, "inside")
    points.wait_for_selector("#gv-nets [data-network=generator] li")
    assert points.locator("#gv-nets [data-network=discriminator] li").count() == 3
    points.wait_for_selector("#gv-heats canvas[data-columns]")
    points.wait_for_selector("#gv-outputs-plot svg path.gv-is-real")
    points.wait_for_selector("#gv-fidelity-table [data-figure=strict]")
    points.wait_for_selector("#gv-classes-plot svg rect")
    before = points.text_content("#gv-layers-step")
    points.wait_for_function(
        "before => document.getElementById('gv-layers-step').textContent !== before", arg=before
    )
    points.click("[data-measure=update]")
    assert "thousandth" in points.text_content("#gv-layers-say")
    # cards of what this run has not and never will have, until there is something
    for rare in (".gv-stacked-card", ".gv-held_out-card"):
        assert points.locator(rare).count() == 1 and points.is_hidden(rare)
    points.evaluate("""() => gvModules['lib/stream.js'].emit('probe',
        { seq: 1e9, kind: 'held_out', step: 1, data: { membership: 0.5, n_train: 9 } })""")
    points.wait_for_selector(".gv-held_out-card", state="visible")
    assert (
        points.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        == 0
    )


def test_a_page_that_comes_late_gets_what_was_measured(points, visit):
    columns = "gvModules['lib/measured.js'].measured.past.gradients?.generator?.steps.length ?? 0"
    open_tab(points, "inside")
    wait_until(lambda: points.evaluate(columns) >= 3)
    late = visit(viewport=PHONE, theme="dark")
    assert late.evaluate(columns) >= 3
    late.wait_for_selector("#gv-scatter canvas[data-step]")
    for tab in ("inside", "lessons", "train"):
        open_tab(late, tab)
        late.wait_for_timeout(300)
        assert (
            late.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            == 0
        )


def test_experiments_answer_on_the_spot(visit, idle):
    page = visit()
    open_tab(page, "inside")
    page.wait_for_selector("#gv-plain-form")
    page.locator("#gv-plain").scroll_into_view_if_needed()
    page.wait_for_selector("#gv-initial-plot[data-layers='9'] rect")
    assert "vanishes" in page.text_content("#gv-initial-say")
    page.get_by_role("button", name="16 tanh, N(0, 1)").click()
    page.wait_for_selector("#gv-initial-plot[data-layers='17']")
    assert "explodes" in page.text_content("#gv-initial-say")
    page.get_by_role("button", name="2 ReLU").click()
    page.click("#gv-frozen-go")
    page.wait_for_function("Number(document.getElementById('gv-frozen-plot').dataset.points) >= 5")
    assert page.locator("#gv-frozen-plot path").count() == 7
    page.click("#gv-frozen-go")
    said = "document.getElementById('gv-frozen-say').textContent"
    page.wait_for_function(f"/^Stopped at step .* of 1,000: what was measured/.test({said})")


def test_a_vae_shows_its_reconstructions(watch, server):
    page = watch("vae")
    page.wait_for_selector("#gv-recon-show:not([hidden])")
    # one that did not come is asked for again, where no newer one comes
    page.click("#gv-pause")
    page.wait_for_selector("body[data-gv-state=paused]")
    later = {"error": "Not now.", "field": None}
    page.route("**/reconstruction*", lambda r: r.fulfill(status=409, json=later), times=1)
    page.click("#gv-recon-show")
    page.wait_for_selector("#gv-recon[data-step]")
    assert "each beside its reconstruction" in page.get_attribute("#gv-recon canvas", "aria-label")
    page.click("[data-show=generated]")
    assert page.is_hidden("#gv-recon")
    assert page.get_attribute("#gv-recon-show", "aria-pressed") == "false"
    stop(server)


def test_the_coach_says_what_it_sees_and_on_what_evidence(visit, server, idle):
    page = visit()
    assert "The coach" in page.text_content("#gv-coach-say") or page.get_attribute(
        "#gv-coach", "data-verdict"
    )
    page.evaluate("""() => {
        const { now, emit } = gvModules['lib/stream.js'];
        now.run = { id: now.run?.id ?? 'made-up', config: {}, spec: { kind: 'images' } };
        emit('event', { seq: 1e9, kind: 'coach', step: 120, data: {
          name: 'd-winning', tone: 'alarm', sentence: 'D is winning.',
          try: 'Slow D down.', lesson: '',
          evidence: [{ figure: 'D accuracy', value: 0.97, threshold: '0.95 or more' }] } });
    }""")
    page.wait_for_selector("#gv-coach[data-tone=alarm]")
    assert page.text_content("#gv-coach-try") == "Try: Slow D down."
    assert page.is_hidden("#gv-coach-lesson")
    page.click("#gv-coach-why")
    assert "0.95 or more" in page.text_content("#gv-coach-evidence")
    page.keyboard.press("Escape")
    assert page.is_hidden("#gv-coach-evidence")


CLIMB = {
    "name": "climb",
    "figures": [
        {
            "name": "height",
            "label": "Height",
            "why": "How many steps were taken.",
            "better": "higher",
            "format": "number",
            "samples": ["n"],
            "against": None,
            "line": 2.0,
            "span": None,
            "compared": False,
            "tile": False,
        }
    ],
    "cards": [
        {"title": "The climb", "text": "Each step is one higher.", "script": "", "columns": 6},
        {"title": "Drawn apart", "text": "By a script.", "script": "apart.js", "columns": 6},
    ],
}


def test_a_card_that_a_probe_declares_is_drawn_without_touching_another_script(points):
    def with_climb(route):
        kinds = route.fetch().json()["kinds"]
        route.fulfill(json={"kinds": [*kinds, CLIMB]})

    points.route("**/gv/probes", with_climb)
    # as a file of assets/inside/ comes along with the tab's script
    points.add_init_script(
        "globalThis.gvModules = { 'inside/apart.js': "
        "{ start({ section }) { section.dataset.apart = 'drawn'; } } };"
    )
    points.reload()
    points.wait_for_selector("#gv-scatter canvas[data-step]")
    open_tab(points, "inside")
    points.wait_for_selector(".gv-apart-card[data-apart=drawn]")
    # a hello on the way replaces what was measured, so the events are made until they are drawn
    points.wait_for_function("""() => {
        const { emit } = gvModules['lib/stream.js'];
        for (const step of [1, 2, 3]) 
          emit('probe', { seq: step, kind: 'climb', step, data: { n: 1, height: step } });
        const card = document.querySelector('.gv-climb-card').textContent;
        return ['3.00', 'The climb', 'Each step is one higher.'].every((one) => card.includes(one))
          && document.querySelector('#gv-climb-height-plot path.gv-svg-figure')
          && document.querySelectorAll('#gv-climb-height-plot .gv-svg-even').length === 1;
    }""")
