"""A class takes part in real browsers: one presenter, and two viewers who vote, play and hang
pictures up."""

from __future__ import annotations

from .conftest import KEY, PHONE


def ready(page):
    page.wait_for_selector("body[data-gv-ready=yes]")
    page.wait_for_selector("#gv-link[data-link=live]")


def draw_and_choose(teacher, ann, bob):
    """Everybody draws, and the presenter chooses."""
    teacher.evaluate("window.ganviz.tab('lab')")
    for page, x in ((ann, 80), (bob, 160)):
        page.evaluate("window.ganviz.tab('lab')")
        page.click("#gv-lab-drawing", position={"x": x, "y": 80})
        assert page.is_hidden("#gv-lab-draw-train") and page.is_hidden("#gv-lab-trials")
        page.click("#gv-lab-draw-send")
        page.wait_for_selector("#gv-lab-pad-say >> text=with the presenter")
    teacher.wait_for_function("document.querySelectorAll('[data-drawing]').length === 2")
    teacher.click("[data-drawing] >> nth=1")
    assert teacher.text_content("#gv-lab-pad-say") == "1 stroke."
    teacher.click("#gv-lab-sent-clear")
    teacher.wait_for_selector("#gv-lab-sent", state="hidden")


def put_another_question(teacher):
    """From another device of the presenter's, and away again."""
    send = """body => fetch('gv/class/poll', { method: 'POST', body: JSON.stringify(body),
        headers: { 'Content-Type': 'application/json' } })"""
    teacher.evaluate(send, {"action": "ask", "ask": "Another?", "choices": ["A", "B"]})
    teacher.wait_for_selector("#gv-poll[data-state=open]")
    poll = teacher.get_attribute("#gv-poll", "data-poll")
    for action in ("close", "away"):
        teacher.evaluate(send, {"action": action, "poll": poll})
    teacher.wait_for_selector("#gv-poll[data-state=none]")


def test_a_class_votes_plays_and_hangs_pictures_up(browsers):
    teacher = browsers(f"/present/{KEY}")
    ready(teacher)
    code = teacher.evaluate("async () => (await (await fetch('gv/class/invitation')).json()).code")
    ann, bob = browsers("/join", PHONE), browsers("/join")
    for page in (ann, bob):
        page.fill("#code", code)
        page.click("button")
        ready(page)
    teacher.click("#gv-train")
    teacher.wait_for_function("window.ganviz.now.snapshot > 0")
    teacher.click("#gv-pause")
    teacher.wait_for_selector("body[data-gv-state=paused]")

    # a question of the presenter's own, by keyboard; everybody is called, wherever they are
    teacher.evaluate("window.ganviz.tab('class')")
    teacher.focus("details.gv-asking summary")
    teacher.keyboard.press("Enter")
    for label, words in (("Your question", "Real?"), ("Choice 1", "Yes"), ("Choice 2", "No")):
        teacher.fill(f"[aria-label='{label}']", words)
    put_another_question(teacher)
    # what was typed is still there
    teacher.press("[aria-label='Choice 2']", "Enter")
    bob.evaluate("window.ganviz.tab('class')")
    ann.evaluate("window.ganviz.tab('train')")
    ann.click("#gv-call >> text=Vote")
    for page in (ann, bob):
        page.wait_for_selector("#gv-poll[data-state=open] [role=radio]")
        assert page.locator("#gv-poll >> text=Close the vote").count() == 0
    ann.click("#gv-poll [data-choice='0']")
    teacher.focus("text=Close the vote")
    bob.click("#gv-poll [data-choice='1']")
    teacher.wait_for_function(
        "document.querySelector('#gv-poll-caption').textContent.startsWith('2 of 2')"
    )
    # who is about to close it by key is not thrown off by each vote, nor lost when it is closed
    assert teacher.evaluate("document.activeElement.textContent") == "Close the vote"
    # hidden until it is closed, from the presenter as well
    for page in (teacher, ann, bob):
        assert page.locator(".gv-bar").count() == 0
    teacher.keyboard.press("Enter")
    for page in (teacher, ann, bob):
        page.wait_for_selector("#gv-poll[data-state=closed] .gv-bar")
        assert page.locator(".gv-bar").all_inner_texts() == ["1 of 2", "1 of 2"]
    assert teacher.evaluate("document.activeElement.id") == "gv-poll-body"
    teacher.click("text=Vote again")
    ann.click("#gv-poll [data-choice='1']")
    ann.wait_for_selector("#gv-poll [data-choice='1'][aria-checked=true]")
    teacher.click("text=Close the vote")
    teacher.select_option("#gv-poll select", "1")
    teacher.click("text=Show the answer")
    ann.wait_for_selector("#gv-poll[data-state=answered] [data-right=true]")
    assert "You were right" in ann.inner_text("#gv-poll .gv-answer")
    assert ann.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

    # ten pairs; the page learns what was real pair by pair
    teacher.click("#gv-game-new")
    for page in (ann, bob):
        page.wait_for_selector("#gv-game[data-painted='0']")
    ann.focus(".gv-side[data-left=true]")
    for pair in range(10):
        ann.keyboard.press("Enter")  # which stays on the left one
        ann.wait_for_selector(f"#gv-game[data-judged='{pair + 1}']")
    assert "of 10 real pictures" in ann.inner_text("#gv-game .gv-answer")
    teacher.wait_for_selector(".gv-league li")
    assert teacher.locator(".gv-league li").count() == 1
    assert bob.get_attribute("#gv-game", "data-judged") == "0"

    # the wall: open, one picture each, taken down again
    assert not ann.is_visible("#gv-wall-put")
    teacher.click("#gv-wall-open")
    for page in (ann, bob):
        page.click("#gv-wall-put")
    teacher.wait_for_function("document.querySelectorAll('#gv-wall canvas').length === 2")
    teacher.click("#gv-wall [aria-label^='Take down'] >> nth=0")
    bob.wait_for_function("document.querySelectorAll('#gv-wall canvas').length === 1")
    handles = teacher.locator(".gv-league li span").all_inner_texts()
    table = teacher.evaluate(
        "async () => (await fetch(document.querySelector('#gv-results').href)).text()"
    )
    assert "Real?" in table and handles and handles[0] not in table

    draw_and_choose(teacher, ann, bob)
    teacher.evaluate("window.ganviz.tab('train')")
    teacher.click("#gv-stop")
    teacher.wait_for_selector("body[data-gv-state=stopped]")
