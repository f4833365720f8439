"""Lessons: a list, a text that is never read as markup, and set-ups that fill the form."""

from __future__ import annotations

import json

from .conftest import PHONE, stop


def open_lessons(page) -> None:
    page.evaluate("window.ganviz.tab('lessons')")
    page.wait_for_selector("#gv-lessons-list button")


def test_a_lesson_opens_and_its_set_up_starts(visit, server, idle):
    page = visit()
    open_lessons(page)
    assert page.locator("#gv-lessons-list button").count() >= 20
    page.click("[data-lesson=mode-collapse]")
    assert page.text_content("#gv-lesson h2") == "Mode collapse"
    assert (
        page.get_attribute("#gv-lessons-list [data-lesson=mode-collapse]", "aria-current") == "true"
    )
    assert page.locator("#gv-lesson .gv-watch-list li").count() >= 1
    assert page.locator("#gv-lesson [data-preset]").count() >= 2
    page.click("#gv-lesson [data-preset=ring8-r1]")
    page.wait_for_selector("body[data-gv-state=running]")
    assert page.evaluate("window.ganviz.now.run.config.preset") == "ring8-r1"
    assert page.input_value("#gv-i-preset") == "ring8-r1"
    assert page.input_value("#gv-i-data") == "ring8-wide"
    # the lesson's text stands in the place of the settings until they are asked for
    page.get_by_role("button", name="Settings").click()
    page.click("#gv-group-objective > summary")
    assert page.input_value("#gv-i-penalty") == "r1"
    stop(server)


def test_predict_run_and_see_what_the_run_answers(visit, server, idle):
    page = visit()
    open_lessons(page)
    page.click("[data-lesson=no-probability]")
    page.click("#gv-lesson [data-preset=minimax-gan-mistake]")
    page.wait_for_selector("#gv-predict[data-state=ask]")
    assert page.evaluate("document.body.dataset.gvState") not in ("preparing", "running")
    assert "hidden layer" in page.text_content("#gv-predict h3")
    # by keyboard: the first choice has the focus, the arrow leads on
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector("#gv-predict[data-state=known]")
    assert "the run agrees" in page.text_content("#gv-predict h3")
    assert "no number at all" in page.text_content("#gv-predict .gv-answer")
    run = page.evaluate("window.ganviz.now.run.id")
    kept = json.loads((server.runs / run / "class.json").read_text())
    assert kept["questions"]["predictions"] == {"no-probability": 1}
    # what was guessed is there after a reload
    page.reload(wait_until="domcontentloaded")
    page.wait_for_selector("#gv-predict[data-state=known]")
    # skipped in one click, and not asked again
    page.evaluate("window.ganviz.openLesson('mode-collapse')")
    for again in (False, True):
        page.click("#gv-lesson [data-preset=ring8-collapse]")
        if not again:
            page.click("#gv-predict-skip")
        page.wait_for_function("window.ganviz.now.run?.config.preset === 'ring8-collapse'")
        page.wait_for_selector("body[data-gv-state=running]")
        stop(server)
        page.wait_for_selector("body[data-gv-state=stopped]")
        page.evaluate("window.ganviz.openLesson('mode-collapse')")


def test_a_lesson_opens_in_the_lab_beside_its_text(visit, server, idle):
    page = visit()
    open_lessons(page)
    page.click("[data-lesson=keeping-the-modes]")
    page.click("#gv-lesson [data-preset=ring8-r1][data-view=lab]")
    page.wait_for_selector("#gv-lab-lesson #gv-predict[data-state=ask]")
    assert "Keeping the modes" in page.text_content("#gv-lab-lesson h2")
    page.click("#gv-predict-skip")
    page.wait_for_selector("body[data-gv-state=running]")
    assert "tab=lab" in page.url and "lesson=keeping-the-modes" in page.url
    # the question is about one of the lab's measures, beside which the papers' figures stand
    page.wait_for_selector("[data-figure=modes-strict][data-asked]:not([hidden])")
    page.click("#gv-lab-papers summary")
    assert "Lin et al., 2018 (PacGAN), table 1" in page.text_content("#gv-lab-papers")
    assert page.text_content("#gv-lab-papers .gv-own td").endswith("of 8")
    page.click("#gv-lab-lesson .gv-in-lab")
    assert page.is_hidden("#gv-lab-lesson") and "lesson" not in page.url
    stop(server)


def test_an_address_opens_a_lesson_and_every_lesson_renders(visit, server, idle):
    page = visit(viewport=PHONE, address="/?lesson=gradients-and-depth")
    page.wait_for_selector("#gv-lesson[data-lesson=gradients-and-depth] h2")
    names = page.evaluate(
        "[...document.querySelectorAll('#gv-lessons-list button')].map((button) => "
        "button.dataset.lesson)"
    )
    for name in names:
        page.evaluate("name => window.ganviz.openLesson(name)", name)
        page.wait_for_selector(f"#gv-lesson[data-lesson={name}] .gv-prose p")
        text = page.text_content("#gv-lesson .gv-prose")
        assert "](" not in text and "**" not in text and "$" not in text, name
        targets = page.evaluate(
            "[...document.querySelectorAll('#gv-lesson .gv-prose a')].map((link) => link.href)"
        )
        assert all(target.startswith("https://") for target in targets), name
        assert (
            page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            == 0
        ), name


def test_text_is_text(visit, idle):
    page = visit()
    html = page.evaluate("""async () => {
        const { render } = await import('/gv/assets/lib/markdown.js');
        const box = document.createElement('div');
        box.append(...render(['# A <b>title</b>', '',
          '<img src=x onerror=alert(1)> [no](javascript:alert(1)) [yes](https://a.example/)',
          'goes *on* `<i>`', '',
          '- one', '  more', '- two', '', '1. first', '',
          '| a | b |', '|---|---|', '| 1 | **2** |', '',
          '```', '<code>', '```'].join('\\n')));
        return box.innerHTML;
    }""")
    assert "<img" not in html and "javascript:" not in html and "&lt;img" in html
    assert "<h3>A &lt;b&gt;title&lt;/b&gt;</h3>" in html
    assert '<a href="https://a.example/"' in html
    assert "<em>on</em> <code>&lt;i&gt;</code>" in html
    assert "<ul><li>one more</li><li>two</li></ul><ol><li>first</li></ol>" in html
    assert "<td>1</td><td><strong>2</strong></td>" in html
    assert "<pre><code>&lt;code&gt;</code></pre>" in html
