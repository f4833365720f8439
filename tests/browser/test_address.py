"""The page's state is in the address: reload, Back, Forward and a link that was sent keep it; and
what a person typed is never lost without a choice."""

from __future__ import annotations

from urllib.parse import parse_qs

from .conftest import at_rest, start, stop
from .test_form import set_number


def address(page) -> dict[str, str]:
    """The parameters of the page's address: asked of the page, as Playwright hears of changes
    later."""
    query = page.evaluate("location.search.slice(1)")
    return {name: values[0] for name, values in parse_qs(query).items()}


def ready(page) -> None:
    page.wait_for_selector("body[data-gv-ready=yes]")
    page.wait_for_selector("#gv-link[data-link=live]")


def test_the_form_is_in_the_address_and_comes_back(visit, server, idle):
    page = visit()
    set_number(page, "batch_size", "48")
    page.click("#gv-group-optimisation > summary")
    set_number(page, "g_lr", "0.01")
    assert address(page) == {"preset": "digits-quick", "batch_size": "48", "g_lr": "0.01"}
    page.reload()
    ready(page)
    assert page.input_value("#gv-i-batch_size") == "48"
    other = visit(address=page.url.removeprefix(server.url))
    assert other.input_value("#gv-i-batch_size") == "48"
    assert "batch size" in other.text_content("#gv-form-differs")
    other.click("#gv-form-reset")
    assert other.input_value("#gv-i-batch_size") == "32"
    assert address(other) == {"preset": "digits-quick"}


def test_the_preset_list_changes_nothing_until_something_is_chosen(visit, idle):
    page = visit()
    set_number(page, "batch_size", "48")
    page.click("#gv-i-preset")
    page.keyboard.press("Escape")
    page.click("#gv-grid-title")
    page.focus("#gv-i-preset")
    page.keyboard.press("Tab")
    assert page.input_value("#gv-i-batch_size") == "48"
    assert page.evaluate("document.activeElement !== document.body")
    page.focus("#gv-i-data")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement !== document.body")
    assert page.input_value("#gv-i-batch_size") == "48"


def test_another_preset_asks_what_becomes_of_changes(visit, idle):
    page = visit()
    set_number(page, "batch_size", "48")
    for answer, preset, batch, query in (
        ("", "digits-quick", "48", "preset=digits-quick&batch_size=48"),
        ("keep", "digits-mlp", "48", "preset=digits-mlp&batch_size=48"),
        ("drop", "digits-quick", "32", "preset=digits-quick"),
    ):
        page.select_option("#gv-i-preset", "digits-mlp" if answer != "drop" else "digits-quick")
        page.wait_for_selector("#gv-keep[open]")
        assert "batch size" in page.text_content("#gv-keep-words")
        page.click(f"#gv-keep button[value='{answer}']")
        page.wait_for_selector("#gv-keep", state="hidden")
        # the list and the field may hold these values before the answer is followed, the
        # address never does
        page.wait_for_function(f"location.search === '?{query}'")
        for field, value in (("preset", preset), ("batch_size", batch)):
            holds = f"document.getElementById('gv-i-{field}').value === '{value}'"
            page.wait_for_function(holds)
    page.select_option("#gv-i-preset", "digits-mlp")
    assert page.is_hidden("#gv-keep")


def test_set_ups_in_a_row_put_every_change_aside(visit, idle):
    page = visit()
    refusal = {"ok": False, "sentence": "Not now."}
    page.route("**/gv/train", lambda route: route.fulfill(status=409, json=refusal))
    start_preset = "([preset, settings]) => window.ganviz.form.startPreset(preset, settings)"
    set_number(page, "batch_size", "48")
    # a set-up's own settings are no change of a person's
    page.evaluate(start_preset, ["ring8", {"seed": 3}])
    page.evaluate(start_preset, ["ring8-r1", {}])
    set_number(page, "batch_size", "100")
    page.evaluate(start_preset, ["ring8", {}])
    for preset, batch in (("ring8-r1", "100"), ("digits-quick", "48")):
        page.click("#gv-form-aside button")
        assert page.input_value("#gv-i-batch_size") == batch
        assert page.input_value("#gv-i-preset") == preset
    # as the page itself writes it; what is emptied stays so after a reload
    set_number(page, "steps", "20,000")
    set_number(page, "seed", "")
    page.reload()
    ready(page)
    assert [page.input_value(f"#gv-i-{name}") for name in ("steps", "seed")] == ["20000", ""]
    page.unroute_all(behavior="ignoreErrors")


def test_tabs_and_lessons_are_places_to_go_back_to(visit, idle):
    page = visit()
    page.click("#gv-view-lessons-button")
    page.click("[data-lesson=mode-collapse]")
    assert address(page)["tab"] == "lessons"
    assert address(page)["lesson"] == "mode-collapse"
    page.reload()
    page.wait_for_selector("#gv-lesson[data-lesson=mode-collapse]")
    page.click("#gv-view-inside-button")
    page.wait_for_function("location.search.includes('tab=inside')")
    page.go_back()
    page.wait_for_selector("#gv-lesson[data-lesson=mode-collapse]", state="visible")
    page.go_forward()
    page.wait_for_selector("#gv-inside", state="visible")


def test_the_lesson_stays_beside_the_run_that_it_started(visit, server, idle):
    page = visit()
    page.click("#gv-view-lessons-button")
    page.click("[data-lesson=mode-collapse]")
    page.click("#gv-lesson [data-preset=ring8-r1]")
    page.wait_for_selector("body[data-gv-state=running]")
    assert "Mode collapse" in page.text_content("#gv-beside h2")
    assert page.is_hidden("#gv-settings")
    page.reload()
    page.wait_for_selector("#gv-beside h2")
    page.click("#gv-beside header button.gv-button")
    assert page.is_visible("#gv-settings")
    assert "lesson" not in address(page)
    stop(server)


def test_resume_stands_beside_train_anew(visit, server, idle):
    page = visit()
    start(page)
    page.click("#gv-stop")
    page.wait_for_selector("body[data-gv-state=stopped]")
    page.wait_for_function("document.querySelector('#gv-train').textContent === 'Train anew'")
    at = at_rest(page, server)
    run = page.evaluate("window.ganviz.now.run.id")
    page.click("#gv-resume-run")
    page.wait_for_selector("body[data-gv-state=running]")
    page.wait_for_function(f"Number(document.body.dataset.gvStep) > {at}")
    assert page.evaluate("window.ganviz.now.run.id") == run
    stop(server)


def test_a_kept_run_is_looked_at_while_another_trains(visit, server, idle):
    page = visit()
    start(page)
    kept = page.evaluate("window.ganviz.now.run.id")
    stop(server)
    page.wait_for_selector("body[data-gv-state=stopped]")
    set_number(page, "seed", "5")
    start(page)
    trains = page.evaluate("window.ganviz.now.run.id")
    other = visit(address=f"/?tab=runs&open={kept}")
    other.click("#gv-detail-open")
    other.wait_for_selector("#gv-watching")
    assert address(other) == {"run": kept}
    # by its name, and by its id as well: both have the same name
    other.locator("#gv-watching b", has_text=f"Digits, quick ({kept})").wait_for()
    assert other.input_value("#gv-i-seed") == "0"
    assert other.is_hidden("#gv-form-note")
    other.wait_for_function("document.querySelector('#gv-watching').textContent.includes('trains')")
    assert f"Digits, quick ({trains}) trains" in other.text_content("#gv-watching-training")
    other.wait_for_selector("#gv-train", state="hidden")
    other.wait_for_selector("#gv-pause", state="visible")
    other.click("#gv-stop")
    page.wait_for_selector("body[data-gv-state=stopped]")
    other.wait_for_selector("#gv-train", state="visible")
    other.go_back()
    other.wait_for_selector("#gv-detail-open", state="visible")
    other.goto(f"{server.url}/?run={kept}", wait_until="domcontentloaded")
    other.wait_for_selector("#gv-watching")
    other.click("#gv-watching button")
    other.wait_for_function(f"window.ganviz.now.run.id === '{trains}'")
    other.wait_for_function("document.querySelector('#gv-i-seed').value === '5'")


def test_a_run_that_is_gone_is_said(visit, server, idle):
    page = visit(address="/?run=nowhere")
    page.wait_for_function(
        "document.querySelector('#gv-form-note').textContent.includes('nowhere')"
    )
    page.wait_for_function("!location.search.includes('run=')")


def test_a_comparison_is_in_the_address(visit, server, idle):
    for _ in range(2):
        server.train("ring8", steps=20)
    page = visit()
    page.click("#gv-view-runs-button")
    page.wait_for_selector("#gv-runs-body tr")
    for row in (1, 2):
        page.check(f"#gv-runs-body tr:nth-child({row}) input")
    page.click("#gv-runs-compare")
    page.wait_for_selector("#gv-compare", state="visible")
    assert len(address(page)["compare"].split(",")) == 2
    page.reload()
    page.wait_for_selector("#gv-compare", state="visible")
    page.click("#gv-compare-back")
    page.wait_for_selector("#gv-compare", state="hidden")
    page.wait_for_function("!location.search.includes('compare=')")


def test_the_page_says_its_language_whatever_the_browser_prefers(chromium, server, idle):
    context = chromium.new_context(locale="zh-CN")
    page = context.new_page()
    page.goto(server.url, wait_until="domcontentloaded")
    page.wait_for_selector("body[data-gv-ready=yes]", timeout=60_000)
    page.wait_for_timeout(1000)
    assert page.evaluate("document.documentElement.lang") == "en"
    context.close()
