"""The main job: click Train, watch, pause, step, stop; the same in every browser."""

from __future__ import annotations

import json
import re

from .conftest import at_rest, drawn_twice, held_back, picture_of, read_charts, start, stop


def test_click_train_and_watch(visit, server, idle):
    page = visit()
    start(page)
    points, shown = (
        int(page.evaluate("document.body.dataset.gvPoints")),
        page.get_attribute("#gv-grid", "data-step"),
    )
    before = picture_of(page, "#gv-grid-canvas")
    page.wait_for_function(f"Number(document.body.dataset.gvPoints) > {points + 3}")
    page.wait_for_function(f"Number(document.querySelector('#gv-grid').dataset.step) > {shown}")
    assert picture_of(page, "#gv-grid-canvas") != before
    read_charts(page)
    assert page.locator("#gv-plot-loss .gv-sketch").count() == 0
    traces = page.evaluate(
        "document.querySelector('#gv-plot-loss').data.map((trace) => [...trace.x].length)"
    )
    assert min(traces) > points
    assert page.locator("#gv-legend-loss button.gv-key").count() == 2
    assert page.locator("#gv-columns span").all_text_contents() == [
        str(digit) for digit in range(10)
    ]
    assert not page.is_visible("#gv-train")
    page.click("#gv-stop")
    page.wait_for_selector("body[data-gv-state=stopped]")
    assert page.is_visible("#gv-train")
    assert "Stopped after" in page.text_content("#gv-sentence")


def test_reals_can_be_looked_at(trained):
    page = trained
    with held_back(page, "**/reals.*"):
        page.click("[data-show=real]")
        drawn_twice(page)
        page.set_viewport_size({"width": 1300, "height": 880})
        drawn_twice(page)
        assert page.get_attribute("#gv-grid", "data-step") != "real"  # on their way
        assert "step" in page.text_content("#gv-grid-caption")
    page.wait_for_selector("#gv-grid[data-step=real]")
    fake = picture_of(page, "#gv-grid-canvas")
    page.click("[data-show=generated]")
    page.wait_for_function("document.querySelector('#gv-grid').dataset.step !== 'real'")
    assert picture_of(page, "#gv-grid-canvas") != fake


def test_pause_step_resume(trained, server):
    page = trained
    assert page.is_disabled("[data-step='1']")
    page.click("#gv-pause")
    page.wait_for_selector("body[data-gv-state=paused]")
    first = at_rest(page, server)
    for steps in (1, 10):
        page.click(f"#gv-controls [data-step='{steps}']")
        page.wait_for_function(f"Number(document.body.dataset.gvStep) === {first + steps}")
        first += steps
    page.wait_for_selector("body[data-gv-state=paused]")
    page.wait_for_function(f"document.querySelector('#gv-grid').dataset.step === '{first}'")
    page.locator("h2:visible").first.click()
    page.keyboard.press("Space")
    page.wait_for_selector("body[data-gv-state=running]")
    page.wait_for_function(f"Number(document.body.dataset.gvStep) > {first}")


def test_a_second_browser_and_a_reload_see_the_same_run(trained, visit, server):
    page = trained
    page.wait_for_function("Number(document.body.dataset.gvPoints) > 6")
    page.click("#gv-pause")
    page.wait_for_selector("body[data-gv-state=paused]")
    step, points = at_rest(page, server), int(page.evaluate("document.body.dataset.gvPoints"))
    other = visit()
    page.reload()
    for view in (page, other):
        view.wait_for_selector("body[data-gv-state=paused]")
        view.wait_for_function(f"Number(document.body.dataset.gvStep) === {step}")
        view.wait_for_function(f"Number(document.body.dataset.gvPoints) >= {points}")
        view.wait_for_function("Number(document.querySelector('#gv-grid').dataset.step) > 0")
        assert int(view.get_attribute("#gv-scrub", "max")) > 0
    other.click("#gv-pause")
    page.wait_for_selector("body[data-gv-state=running]")
    page.wait_for_function(f"Number(document.body.dataset.gvStep) > {step}")


def test_a_dropped_connection_goes_on_from_where_it_was(visit, server, idle):
    """Also where another server has come, which trains nothing: the run is in its folder."""
    sockets, hellos = [], []

    def pass_on(socket, message):
        told = json.loads(message)
        if told["type"] == "hello":
            hellos.append(told)
        socket.send(message)

    def between(route):
        sockets.append(route)
        if len(sockets) != 3:  # the third has another server behind it
            behind = route.connect_to_server()
            behind.on_message(lambda message: pass_on(route, message))

    page = visit(before=lambda page: page.route_web_socket(re.compile("/gv/live"), between))
    start(page)
    seen, points = (
        page.evaluate("window.ganviz.stats.hellos"),
        int(page.evaluate("document.body.dataset.gvPoints")),
    )
    sockets[-1].close()
    page.wait_for_function("document.querySelector('#gv-link').dataset.link === 'reconnecting'")
    page.wait_for_selector("#gv-link[data-link=live]")
    page.wait_for_function(f"Number(document.body.dataset.gvPoints) > {points + 2}")
    assert page.evaluate("window.ganviz.stats.hellos") == seen
    read_charts(page)
    steps = page.evaluate("[...document.querySelector('#gv-plot-loss').data[0].x]")
    assert steps == sorted(set(steps))
    stop(server)

    page.wait_for_selector("body[data-gv-state=stopped]")
    run = page.evaluate("window.ganviz.now.run.id")
    sockets[-1].close()
    while len(sockets) < 3:
        page.wait_for_timeout(20)
    empty = {"run": None, "status": None, "frame": None, "events": [], "snapshot": None}
    history = {**hellos[-1]["history"], "columns": {}}
    sockets[2].send(json.dumps({**hellos[-1], **empty, "epoch": "", "history": history}))
    page.wait_for_selector("#gv-watching b")
    page.wait_for_function("run => window.ganviz.now.run?.id === run", arg=run)


def test_a_tab_that_did_not_come_says_so_and_comes_when_the_server_answers(visit, idle):
    sockets, lost = [], ["lessons", "class/panel"]

    def script(route):
        if any(f"/{name}" in route.request.url for name in lost):
            return route.fulfill(status=409, json={"error": "Not now."})
        return route.continue_()

    def between(route):
        route.connect_to_server()
        sockets.append(route)

    def before(page):
        page.route("**/gv/scripts/**", script)
        page.route_web_socket(re.compile("/gv/live"), between)

    page = visit(before=before)
    page.click("#gv-class-chip")
    page.wait_for_function("document.querySelector('#gv-form-note').textContent.includes('answer')")
    page.click("#gv-view-lessons-button")
    page.wait_for_selector("#gv-view-lessons > .gv-not-come")
    assert "This tab did not come" in page.inner_text("#gv-view-lessons > .gv-not-come")
    lost.clear()
    sockets[-1].close()
    page.wait_for_selector("#gv-view-lessons > .gv-not-come", state="detached")
    page.click("#gv-view-lessons [data-lesson], #gv-view-lessons button >> nth=0")


def test_a_server_that_knows_no_run_promises_no_pictures(trained, server):
    stop(server)
    trained.wait_for_selector("body[data-gv-state=stopped]")
    trained.evaluate("""() => {
        const { emit, now } = gvModules['lib/stream.js'];
        Object.assign(now, { run: null, frame: null });
        emit('hello', { run: null, sameRun: false, frames: [] });
    }""")
    shown = trained.inner_text("#gv-grid-empty")
    assert "Nothing is training yet" in shown and "Click Train" in shown
    assert trained.locator("#gv-grid-empty b").inner_text() == "Train"


def test_zoom_and_hidden_curves_survive_updates(trained):
    page = trained
    page.wait_for_function("Number(document.body.dataset.gvPoints) > 8")
    page.click("#gv-legend-loss [data-series=loss_g]")
    read_charts(page)
    box = page.locator("#gv-plot-loss .nsewdrag").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.8, steps=5)
    page.mouse.up()
    page.wait_for_selector("#gv-zoom-out:not([hidden])")
    zoom = page.evaluate("document.querySelector('#gv-plot-loss').layout.xaxis.range.slice()")
    points = int(page.evaluate("document.body.dataset.gvPoints"))
    page.wait_for_function(f"Number(document.body.dataset.gvPoints) > {points + 4}")
    assert (
        page.evaluate("document.querySelector('#gv-plot-loss').layout.xaxis.range.slice()") == zoom
    )
    assert page.evaluate(
        "document.querySelector('#gv-plot-loss').data.map((trace) => trace.visible)"
    )[2:] == [False, False]
    page.click("#gv-smooth")
    assert (
        page.evaluate("document.querySelector('#gv-plot-loss').layout.xaxis.range.slice()") == zoom
    )
    page.click("#gv-zoom-out")
    assert page.evaluate("document.querySelector('#gv-plot-loss').layout.xaxis.range[1]") != zoom[1]


def test_looking_back_and_live_again(trained):
    page = trained
    page.wait_for_function("Number(document.querySelector('#gv-scrub').max) >= 3")
    page.fill("#gv-scrub", "0")
    page.wait_for_function("Number(document.querySelector('#gv-grid').dataset.step) === 0")
    assert page.get_attribute("#gv-live", "aria-pressed") == "false"
    points = int(page.evaluate("document.body.dataset.gvPoints"))
    page.wait_for_function(f"Number(document.body.dataset.gvPoints) > {points + 3}")
    assert page.get_attribute("#gv-grid", "data-step") == "0"
    caption = "document.querySelector('#gv-latent-caption').textContent"
    page.wait_for_function(f"/^G.z. at step [1-9].*, the newest/.test({caption})")
    page.click("#gv-live")
    page.wait_for_function(f"/^G.z. at step [0-9,]+$/.test({caption})")
    page.wait_for_function("Number(document.querySelector('#gv-grid').dataset.step) > 0")


LATER = {"error": "Not now.", "field": None}


def test_a_picture_that_did_not_come_is_asked_for_again(trained, server):
    """A run that is paused sends no other: its last picture stayed away, and one that was looked
    back at left the scrubber as if it were kept no longer."""
    page = trained
    page.wait_for_function("Number(document.querySelector('#gv-scrub').max) >= 2")
    page.click("#gv-pause")
    page.wait_for_selector("body[data-gv-state=paused]")
    step = at_rest(page, server)
    page.route("**/frames/*", lambda route: route.fulfill(status=409, json=LATER), times=1)
    page.click("#gv-controls [data-step='1']")
    page.wait_for_function(f"document.querySelector('#gv-grid').dataset.step === '{step + 1}'")
    kept = page.get_attribute("#gv-scrub", "max")
    page.route("**/frames/*", lambda route: route.fulfill(status=409, json=LATER), times=2)
    page.fill("#gv-scrub", "0")
    page.wait_for_function("document.querySelector('#gv-grid').dataset.step === '0'")
    assert page.get_attribute("#gv-scrub", "max") == kept


def test_the_curves_are_there_as_a_table(trained):
    page = trained
    page.click("#gv-table")
    panel = page.get_by_role("region", name="The curves as a table")
    assert panel.locator("thead th").all_text_contents()[:3] == ["Step", "D loss", "G loss"]
    rows = panel.locator("tbody tr")
    assert rows.count() >= 2 and rows.first.locator("td").first.text_content()[0].isdigit()
    page.click("#gv-table")
    assert panel.is_hidden()


def test_a_sample_can_be_enlarged_by_keyboard(trained):
    page = trained
    page.focus("#gv-grid-canvas")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    assert "row 1, column 2" in page.get_attribute("#gv-zoom canvas", "aria-label")
    page.keyboard.press("Escape")
    assert page.is_hidden("#gv-zoom")


def test_curves_are_sketched_until_plotly_has_come(visit, server, idle):
    """Its request is held back: over a slow line it takes many seconds."""
    page = visit(before=lambda page: page.route("**/gv/plotly.js*", lambda route: None))
    start(page)
    page.hover("#gv-plot-loss")
    page.wait_for_function(
        "document.querySelectorAll('#gv-plot-loss .gv-sketch-line').length === 4"
    )
    label = page.get_attribute("#gv-plot-loss .gv-sketch", "aria-label")
    assert "D loss" in label and "at step" in label
    page.click("#gv-smooth")
    page.wait_for_function(
        "document.querySelectorAll('#gv-plot-loss .gv-sketch-line').length === 2"
    )
    stop(server)
