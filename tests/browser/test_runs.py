"""The Runs view in a real browser: find, replay, compare, annotate, delete and undo, open,
resume."""

from __future__ import annotations

import re

import pytest

from .conftest import PHONE, in_both_themes, picture_of, start, stop
from .test_form import set_number


def open_runs(page):
    page.click("#gv-view-runs-button")
    page.wait_for_selector("#gv-runs-body tr")


def open_first(page):
    open_runs(page)
    page.click("#gv-runs-body tr:first-child .gv-run-name button")
    page.wait_for_selector("#gv-detail:not([hidden])")
    page.wait_for_function("document.querySelector('#gv-replay canvas')?.width > 300")


def test_replay_walks_through_pictures_with_the_curves_cursor(visit, kept):
    page = visit()
    open_first(page)
    page.wait_for_function("document.querySelector('#gv-detail-plot .gv-cursor')?.dataset.step > 0")
    last = picture_of(page, "#gv-replay canvas")
    page.eval_on_selector(
        "#gv-replay input[type=range]", "r => { r.value = 0; r.dispatchEvent(new Event('input')); }"
    )
    page.wait_for_function(
        "document.querySelector('#gv-detail-plot .gv-cursor').dataset.step === '0'"
    )
    page.wait_for_function(
        "before => document.querySelector('#gv-replay canvas').toDataURL() !== before", arg=last
    )
    page.click("#gv-replay .gv-play")
    page.wait_for_function(
        "Number(document.querySelector('#gv-detail-plot .gv-cursor').dataset.step) > 0"
    )
    page.eval_on_selector(
        "#gv-replay input[type=range]", "r => { r.value = 1; r.dispatchEvent(new Event('input')); }"
    )

    # a sketch until somebody points at the curves; the cursor stays at its step and its place
    assert page.is_visible("#gv-detail-plot .gv-sketch") and page.evaluate("!window.Plotly")
    cursor = "#gv-detail-plot .gv-cursor"
    step, place = page.get_attribute(cursor, "data-step"), page.locator(cursor).bounding_box()["x"]
    page.hover("#gv-detail-plot")
    page.wait_for_selector("#gv-detail-plot .scatterlayer path", state="attached")
    page.wait_for_selector("#gv-detail-plot .gv-sketch", state="detached")
    assert page.get_attribute(cursor, "data-step") == step
    assert page.locator(cursor).bounding_box()["x"] == pytest.approx(place, abs=30)


def test_search_rename_notes_delete_undo(visit, kept):
    page = visit()
    open_first(page)
    rows = page.locator("#gv-runs-body tr").count()
    page.click("#gv-detail-fork")
    page.fill("#gv-fork-drawer label:has-text('Generator learning rate') input", "0.0123")
    page.route("**/gv/library/*", lambda route: route.fulfill(status=409, body=""), times=1)
    film = "#gv-replay input[type=range]"
    page.eval_on_selector(film, "r => { r.value = 0; r.dispatchEvent(new Event('input')); }")
    page.click("#gv-detail-rename")
    page.fill("#gv-detail-title input", "A <b>name</b>")
    page.keyboard.press("Enter")
    # what a server that is gone did not hear can be sent again
    page.wait_for_selector("#gv-detail-note:has-text('did not answer')")
    page.press("#gv-detail-title input", "Enter")
    page.wait_for_function(
        "document.querySelector('#gv-runs-body').textContent.includes('A <b>name</b>')"
    )
    page.wait_for_selector("#gv-detail-title:text-is('A <b>name</b>')")
    assert page.input_value(film) == "0"  # the picture that is looked at stays in sight
    for drawer in ("export", "fork"):
        page.click(f"#gv-detail-{drawer}")
    assert page.input_value("#gv-fork-drawer label:has-text('Generator learning rate') input") == (
        "0.0123"
    )
    page.fill("#gv-detail-notes", "worked at once")
    page.fill("#gv-runs-search", "worked once")
    page.wait_for_function("document.querySelectorAll('#gv-runs-body tr').length === 1")
    page.fill("#gv-runs-search", "")
    page.click("#gv-detail-delete")
    page.wait_for_function(f"document.querySelectorAll('#gv-runs-body tr').length === {rows - 1}")
    page.click("#gv-runs-note button")
    page.wait_for_function(f"document.querySelectorAll('#gv-runs-body tr').length === {rows}")
    assert page.input_value("#gv-detail-notes") == "worked at once"
    # who reloads right after the last word has written it
    run = page.get_attribute("#gv-runs-body tr[aria-selected=true]", "data-run")
    page.fill("#gv-detail-notes", "the last word")
    page.reload()
    page.wait_for_function(
        f"async () => (await (await fetch('gv/library/{run}')).json()).notes === 'the last word'"
    )


def test_compare_lays_runs_over_each_other(visit, kept):
    page = visit()
    open_runs(page)
    assert page.is_disabled("#gv-runs-compare")
    for index in range(2):
        page.check(f"#gv-runs-body tr:nth-child({index + 1}) input")
    # drawn by the browser: Gradio's white tick would be on white
    ticked = page.locator("#gv-runs-body input:checked").first
    assert ticked.evaluate("box => getComputedStyle(box).appearance") == "auto"
    page.click("#gv-runs-compare")
    page.wait_for_function("document.querySelector('#gv-compare-plot').data?.length === 2")
    page.wait_for_function(
        "[...document.querySelectorAll('#gv-compare-grids canvas')].filter(c => c.width > "
        "300).length === 2"
    )
    page.select_option("#gv-compare-series", "loss_g")
    page.wait_for_function(
        "document.querySelector('#gv-compare-plot').data[0].hovertemplate.includes('G loss')"
    )
    page.click("#gv-compare-back")
    page.wait_for_selector("#gv-runs", state="visible")


def test_a_kept_run_opens_in_the_train_view(visit, kept):
    page = visit()
    open_runs(page)
    # not the newest: the app may still hold that one, and then it is no kept run
    page.click("#gv-runs-body tr:nth-child(2) .gv-run-name button")
    page.wait_for_selector("#gv-detail:not([hidden])")
    page.click("#gv-detail-open")
    page.wait_for_selector("#gv-watching")
    page.wait_for_function("Number(document.body.dataset.gvPoints) >= 2")
    page.wait_for_selector("#gv-latent[data-ready=yes]")
    page.click("#gv-watching button")
    page.wait_for_selector("#gv-watching", state="detached")


def test_resume_goes_on_training(visit, server, kept):
    page = visit()
    open_first(page)
    page.click("#gv-detail-resume")
    page.wait_for_selector("body[data-gv-state=running]")
    stop(server)


def test_a_new_run_begins_with_a_kept_one(visit, server, kept):
    page = visit()
    stop(server)
    open_first(page)
    name = page.inner_text("#gv-detail-title")
    # what the probes measured stands there, with its count of samples
    figures = page.locator("#gv-detail-figures")
    if figures.is_visible():
        assert " N " in figures.inner_text()
    page.click("#gv-detail-begin")
    banner = page.locator("#gv-form-parent")
    banner.wait_for()
    assert name in banner.inner_text() and "as far as they fit" in banner.inner_text()
    assert page.inner_text("#gv-train") == "Train"
    # it is in the address: a reload, Back and Forward keep it, and a link opens it
    step = banner.inner_text().split("at step ")[1].split(",")[0]
    begins = f"location.search.match(/from=[^&]+%40{step}(&|$)/)"
    assert page.evaluate(f"Boolean({begins})")
    page.reload()
    page.wait_for_selector("#gv-form-parent b")
    page.wait_for_function(
        "([name]) => document.querySelector('#gv-form-parent b').textContent === name", arg=[name]
    )
    banner.locator("button").click()
    page.wait_for_selector("#gv-form-parent", state="hidden")
    page.wait_for_function("!location.search.includes('from=')")
    page.go_back()
    banner.wait_for()
    page.go_forward()
    banner.wait_for(state="hidden")
    page.go_back()
    banner.wait_for()
    # another setting leaves it there
    set_number(page, "batch_size", "24")
    page.wait_for_function(f"{begins} && location.search.includes('batch_size=24')")
    lost = page.evaluate("location.search").replace(f"%40{step}", "%40987654321")
    other = visit(address="/" + lost)
    told = other.locator("#gv-form-parent:has-text('987,654,321'):has-text('begins anew')")
    told.wait_for()  # until the server has answered, the step is that of the link
    assert "from=" not in other.evaluate("location.search")
    banner.locator("button").click()
    banner.wait_for(state="hidden")
    open_first(page)
    page.click("#gv-detail-begin")
    banner.wait_for()
    start(page)
    page.wait_for_function("document.querySelector('#gv-form-parent').hidden")
    stop(server)
    kept_runs = sorted(server.runs.iterdir())
    log = (kept_runs[-1] / "log.jsonl").read_text()
    assert f"Begins with the networks of {name} at step" in log
    assert (kept_runs[-1] / "checkpoints" / "step-000000000").is_dir()


def test_what_a_link_lacks_is_told_also_before_the_run_is_shown(visit, server, kept):
    """What the server says of the link, and what its socket says of the run, come in any order."""
    waiting, pages = [], []

    def between(socket):
        behind = socket.connect_to_server()
        pages.append(socket)
        behind.on_message(lambda message: hold(socket, message))

    def hold(socket, message):
        if len(pages) == 1:
            socket.send(message)
        else:
            waiting.append((socket, message))

    page = visit(before=lambda page: page.route_web_socket(re.compile("/gv/live"), between))
    name = next(run.name for run in server.runs.iterdir() if run.name[0] != ".")
    page.goto(f"{server.url}/?from={name}@987654321", wait_until="domcontentloaded")
    page.wait_for_selector("body[data-gv-form=filled]")
    told = "document.querySelector('#gv-form-parent').textContent.includes('begins anew')"
    page.wait_for_function(told)
    assert page.get_attribute("#gv-link", "data-link") != "live"
    while not waiting:
        page.wait_for_timeout(20)
    pages.clear()
    pages.append(waiting[0][0])
    for socket, message in waiting:
        socket.send(message)
    page.wait_for_selector("#gv-link[data-link=live]")
    page.wait_for_function("window.ganviz.stats.hellos >= 1")
    assert page.evaluate(told) and page.is_visible("#gv-form-parent")
    # and a run that trains beside it, of which the form has its own to say
    start(page)
    other = visit(address=f"/?from={name}@987654321&batch_size=24")
    other.wait_for_function(told)
    other.wait_for_selector("body[data-gv-next=differ]")
    assert other.evaluate(told) and other.is_visible("#gv-form-note")
    stop(server)


def test_a_phone_never_scrolls_sideways(visit, kept):
    page = visit(PHONE)
    open_first(page)
    for theme in in_both_themes(page):
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), theme


def test_a_report_is_made_stopped_and_shown(visit, kept):
    """The server's part is answered here: a whole report takes it a minute."""
    page = visit()
    job = {"state": "idle", "sentence": "", "url": None, "kind": "report", "fraction": 0.0}
    # what was exported before the app was started again
    film = {"name": "x.gif", "url": "/gv/library/x/exports/x.gif?at=1", "bytes": 2e6, "at": 1}
    job["files"] = [film]
    report = {"kind": "report", "label": "Report", "why": "", "missing": "", "options": []}
    dataset = {**report, "kind": "dataset", "label": "Data set", "options": ["n"]}
    asked = []

    def answer(route):
        if route.request.method == "POST":
            stopped = route.request.url.endswith("/stop")
            asked.append(route.request.post_data_json)
            job.update(
                {"state": "failed", "sentence": "The export was stopped."}
                if stopped
                else {"state": "working", "sentence": "Drawing."}
            )
        route.fulfill(json={**job, "ok": True, "formats": [report, dataset]})

    page.route("**/library/*/export**", answer)
    page.route("**/exports/*", lambda route: route.fulfill(body="<html lang=en><h1>Virtual data"))
    open_first(page)
    page.click("#gv-detail-export")
    files = page.locator(".gv-export-files li")
    files.get_by_text("x.gif").wait_for()
    assert "2.0 MB" in files.inner_text() and page.locator(".gv-export-show").count() == 0
    page.fill("#gv-export-drawer input[type=number]", "500")
    page.click("[data-kind=dataset]")
    page.click(".gv-export-stop")
    page.wait_for_function(
        "document.querySelector('.gv-export-status').textContent === 'The export was stopped.'"
    )
    assert asked[0] == {"kind": "dataset", "n": 500}
    page.click("[data-kind=report]")
    page.wait_for_selector(".gv-export-stop")
    lost = {"ok": False, "error": "Not now."}
    page.route("**/export", lambda route: route.fulfill(status=409, json=lost), times=1)
    page.wait_for_function(
        "document.querySelector('.gv-export-status').textContent.includes('Not now.')"
    )
    url = "/gv/library/x/exports/x-report.html?at=2"
    made = {"name": "x-report.html", "url": url, "bytes": 4_000, "at": 2}
    job.update(state="done", url=url, files=[film, made])
    page.wait_for_selector("dialog.gv-report[open] iframe")
    frame = page.frame_locator("dialog.gv-report iframe")
    assert frame.locator("h1").inner_text() == "Virtual data"
    assert frame.locator("html").get_attribute("data-theme") == "light"
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog.gv-report", state="detached")
    assert "x-report.html" in files.first.inner_text() and files.count() == 2
    page.click(".gv-export-show")
    page.click("dialog.gv-report .gv-icon")
    page.wait_for_selector("dialog.gv-report", state="detached")


def test_a_run_that_has_all_its_steps_asks_how_many_more(visit, server):
    """And takes no other number."""
    run = server.train("digits-quick", steps=3, batch_size=16, g_width=8, d_width=8)
    page = visit(address=f"/?tab=runs&open={run}")
    page.click("#gv-detail-resume")
    for wrong in ("", "0", "2.5"):
        page.fill("#gv-detail-note input", wrong)
        page.click("#gv-detail-note button")
        page.wait_for_selector("#gv-detail-note:has-text('whole number from 1 to')")
    page.fill("#gv-detail-note input", "2")
    page.click("#gv-detail-note button")
    page.wait_for_function(f"window.ganviz.now.run?.id === '{run}'")
    page.wait_for_selector("body[data-gv-state=finished]")
    page.wait_for_function("Number(document.body.dataset.gvStep) === 5")
