"""In the Runs view, what is answered late is said and done to the run that it is of."""

from __future__ import annotations

import contextlib
import re

from .conftest import drawn_twice, held_back
from .test_runs import open_first

GONE = {"status": 409, "json": {"error": "This run is gone.", "field": None}}
ROW = "#gv-runs-body tr[data-run='{}'] .gv-run-name button"


@contextlib.contextmanager
def answered_late(page, run, answer=GONE):
    """What is asked of ``run`` within is answered, by a refusal, when the block ends."""
    waiting = []
    page.route(
        f"**/gv/library/{run}",
        lambda route: waiting.append(route) if route.request.method == "POST" else route.fallback(),
    )
    yield
    for _ in range(500):
        if waiting:
            break
        page.wait_for_timeout(20)
    assert waiting, "nothing was asked"
    for route in waiting:
        route.fulfill(**answer)
    page.unroute(f"**/gv/library/{run}")


def two_runs(page):
    """Their ids, after the first of them has been opened."""
    open_first(page)
    return page.eval_on_selector_all(
        "#gv-runs-body tr", "all => all.slice(0, 2).map(one => one.dataset.run)"
    )


def test_notes_typed_while_an_answer_is_on_its_way_are_kept(visit, kept):
    """Seen on a busy machine: after a renaming the run is read again, and the answer emptied the
    field in which somebody was typing."""
    page, held = visit(), []
    open_first(page)
    page.route(
        re.compile("/gv/library/[^/]+$"),
        lambda route: held.append(route) if route.request.method == "GET" else route.fallback(),
    )
    page.click("#gv-detail-rename")
    page.fill("#gv-detail-title input", "Held")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('#gv-runs-body').textContent.includes('Held')")
    while not held:
        page.wait_for_timeout(20)
    page.fill("#gv-detail-notes", "typed meanwhile")
    with page.expect_request(lambda request: "typed meanwhile" in (request.post_data or "")):
        for route in held:
            route.continue_()
        held.clear()
    page.wait_for_function("document.querySelector('#gv-detail-title').textContent === 'Held'")
    assert page.input_value("#gv-detail-notes") == "typed meanwhile"
    page.unroute_all(behavior="ignoreErrors")


def test_a_name_and_an_answer_stay_with_the_run_they_are_of(visit, kept):
    page, held = visit(), []
    first, second = two_runs(page)

    def type_name(name):
        page.click("#gv-detail-rename")
        page.fill("#gv-detail-title input", name)

    # done by a click on another run, and by closing; the answer comes while the button is pressed
    type_name("Of the first")
    page.click(ROW.format(second), delay=150)
    page.wait_for_selector(f"{ROW.format(first)}:text-is('Of the first')")
    page.wait_for_function(
        "name => document.querySelector('#gv-detail-title').textContent === name",
        arg=page.text_content(ROW.format(second)),
    )
    # a list that comes late does not take back what was opened meanwhile
    with held_back(page, "**/gv/library"):
        type_name("Again")
        with page.expect_request("**/gv/library"):
            page.keyboard.press("Enter")
        page.click(ROW.format(first))
        page.wait_for_selector("#gv-detail-title:text-is('Of the first')")
    page.wait_for_selector(f"{ROW.format(second)}:text-is('Again')")
    drawn_twice(page)
    assert page.text_content("#gv-detail-title") == "Of the first"
    page.click(ROW.format(second))
    page.wait_for_selector("#gv-detail-title:text-is('Again')")
    type_name("Of the second")
    page.click("#gv-detail-close")
    page.wait_for_selector(f"{ROW.format(second)}:text-is('Of the second')")
    assert page.is_hidden("#gv-detail")

    # the answer that comes last is not the one that was sent for last
    page.route(f"**/gv/library/{first}", lambda route: held.append(route))
    page.click(ROW.format(first))
    page.click(ROW.format(second))
    page.wait_for_selector("#gv-detail-title:text-is('Of the second')")
    with page.expect_response(f"**/gv/library/{first}"):
        while not held:
            page.wait_for_timeout(20)
        held.pop().continue_()
    drawn_twice(page)
    assert page.text_content("#gv-detail-title") == "Of the second"
    # one that cannot be shown leaves no buttons of another behind
    page.route(f"**/gv/library/{first}", lambda r: r.fulfill(**GONE), times=1)
    page.click(ROW.format(first))
    page.wait_for_selector("#gv-detail-note:has-text('This run is gone.')")
    assert page.inner_text("#gv-detail h2") == "This run is not shown"
    assert not page.locator(
        "#gv-detail :is(button, textarea):not(#gv-detail-close):visible"
    ).count()
    page.click(ROW.format(second))
    page.wait_for_selector("#gv-detail-title:text-is('Of the second')")
    assert page.is_visible("#gv-detail-delete") and page.is_hidden("#gv-detail-note")


def test_a_late_refusal_names_the_run_that_it_is_of(visit, kept):
    """Not the one that has been opened meanwhile, which keeps its own line, and stays open."""
    page = visit()
    first, second = two_runs(page)
    name = page.text_content(ROW.format(first))

    def delete():
        page.click("#gv-detail-delete")

    def rename():
        page.click("#gv-detail-rename")
        page.fill("#gv-detail-title input", "Another")
        page.keyboard.press("Enter")

    def annotate():
        page.fill("#gv-detail-notes", "never saved")

    for act, sentence in (
        (delete, f"{name} was not deleted. This run is gone."),
        (rename, f"{name} was not renamed. This run is gone."),
        (annotate, f"The notes of {name} were not saved. This run is gone."),
    ):
        page.click(ROW.format(first))
        page.wait_for_function(
            "name => document.querySelector('#gv-detail-title').textContent === name", arg=name
        )
        with answered_late(page, first):
            act()
            page.click(ROW.format(second))
            page.wait_for_selector(
                "#gv-runs-body tr[aria-selected=true]" + f"[data-run='{second}']"
            )
        page.wait_for_selector(f"#gv-runs-problem:text-is('{sentence}')")
        drawn_twice(page)
        assert page.is_visible("#gv-detail") and page.is_hidden("#gv-detail-note"), sentence
        assert page.locator("#gv-detail-title input").count() == 0

    page.click(ROW.format(first))
    page.wait_for_function(
        "name => document.querySelector('#gv-detail-title').textContent === name", arg=name
    )
    with answered_late(page, first, {"json": {"trashed": "nowhere"}}):
        delete()
        page.click(ROW.format(second))
    page.wait_for_selector(f"#gv-runs-note:has-text('{name} was deleted.')")
    drawn_twice(page)
    assert page.is_visible("#gv-detail")

    # a failed list leaves Undo, and a late undo leaves open what was opened
    page.click(ROW.format(first))
    page.wait_for_function(
        "name => document.querySelector('#gv-detail-title').textContent === name", arg=name
    )
    page.click("#gv-detail-delete")
    undo = "#gv-runs-note button:text-is('Undo')"
    page.wait_for_selector(undo)
    with page.expect_request("**/gv/library"):
        page.route("**/gv/library", lambda route: route.fulfill(**GONE), times=1)
        page.evaluate("document.dispatchEvent(new CustomEvent('gv-runs-changed'))")
    page.wait_for_selector("#gv-runs-problem:not([hidden])")
    assert page.is_visible(undo)
    page.evaluate("document.dispatchEvent(new CustomEvent('gv-runs-changed'))")
    page.wait_for_selector("#gv-runs-problem[hidden]", state="attached")
    with held_back(page, f"**/gv/library/{first}"):
        page.click(undo)
        page.click(ROW.format(second))
        page.wait_for_selector(f"#gv-runs-body tr[data-run='{second}'][aria-selected=true]")
    page.wait_for_selector(f"#gv-runs-note:text-is('{name} is back.')")
    page.wait_for_selector(ROW.format(first))
    drawn_twice(page)
    assert page.get_attribute(f"tr[data-run='{second}']", "aria-selected") == "true"
    assert f"open={second}" in page.url


def test_a_late_answer_ends_no_other_runs_export(visit, kept):
    """Its progress goes on being told when another run's export is refused meanwhile."""
    page, asked = visit(), []
    first, second = two_runs(page)

    def working(route):
        asked.append(1)
        answer = route.fetch()
        told = {
            "state": "working",
            "wanted": {"kind": "video"},
            "sentence": "Drawing.",
            "fraction": len(asked),
        }
        route.fulfill(response=answer, json={**answer.json(), **told})

    page.route(f"**/gv/library/{second}/export", working)
    page.click("#gv-detail-export")
    with answered_late(page, f"{first}/export"):
        page.click("#gv-export-drawer button[data-kind]:enabled >> nth=0")
        page.click(ROW.format(second))
        page.wait_for_function("document.querySelector('#gv-export-drawer').hidden")
        page.click("#gv-detail-export")
        page.wait_for_selector(".gv-export-status:has-text('Drawing.')")
    drawn_twice(page)
    before = len(asked)
    page.wait_for_function(
        "after => parseInt(document.querySelector('.gv-export-status').textContent"
        ".match(/[0-9]+(?= %)/)?.[0]) >= after",
        arg=100 * (before + 2),
    )
    page.unroute_all(behavior="ignoreErrors")
