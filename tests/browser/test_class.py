"""A class in real browsers: one presenter, and viewers who join by the code."""

import re

from .conftest import KEY, PHONE


def ready(page):
    page.wait_for_selector("body[data-gv-ready=yes]")
    page.wait_for_selector("#gv-link[data-link=live]")
    page.wait_for_selector("#gv-class-chip")


def join(page, code):
    page.fill("#code", code)
    page.click("button")
    ready(page)


def scrub(page, index):
    """Look back at a kept picture; returns its step."""
    page.eval_on_selector("#gv-scrub", MOVE, index)
    return page.get_attribute("#gv-scrub", "aria-valuetext").removeprefix("step ")


def shows(page, **wanted):
    """Wait until the page shows a step, a tab, ..."""
    for name, value in wanted.items():
        page.wait_for_function(f"({STATE[name]}) === {value!r}")


STATE = {
    "step": "document.querySelector('#gv-grid').dataset.step",
    "tab": "document.querySelector('#gv-title').textContent.replace('ganviz: ', '')",
    "mode": "document.querySelector('#gv-stage').dataset.mode",
    "direction": "document.querySelectorAll('#gv-sliders input')[1].value",
    "address": "location.search",
}
MOVE = """(node, value) => {
  node.value = value;
  node.dispatchEvent(new Event("input", { bubbles: true }));
}"""


def test_a_class_joins_follows_is_let_go_and_called_back(browsers, school):
    # refused without the code: no page, no socket, no asset
    phone = browsers("/?tab=runs", PHONE)
    assert phone.url.endswith("/join") and "gradio" not in phone.content()
    phone.fill("#code", "22222")
    phone.click("button")
    assert "not the code" in phone.inner_text(".problem")
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

    # the key leaves the address; the panel invites
    presenter = browsers(f"/present/{KEY}")
    ready(presenter)
    assert KEY not in presenter.url and KEY not in presenter.content()
    presenter.click("#gv-class-chip")
    presenter.wait_for_selector("#gv-qr img")
    code = presenter.inner_text("#gv-code")
    assert re.fullmatch(r"[2-9A-Z]{5}", code)
    assert presenter.inner_text("#gv-invite-at").endswith("/join")
    presenter.click("#gv-invite-large")
    assert presenter.inner_text("#gv-invite-over .gv-code") == code
    presenter.click("#gv-invite-over")
    presenter.click("[aria-label='Close the panel of the class']")

    # two viewers: no dead buttons, and what was shown before they came
    presenter.click("#gv-train")
    presenter.wait_for_function("Number(document.querySelector('#gv-scrub').max) >= 2")
    presenter.click("#gv-pause")  # five pages that draw each picture keep two cores busy
    presenter.wait_for_selector("body[data-gv-state=paused]")
    step = scrub(presenter, 1)
    join(phone, code.lower())
    shows(phone, step=step)
    late = browsers("/join")
    join(late, code)
    shows(late, step=step)
    for page in (phone, late):
        for hidden in ("#gv-train", "#gv-pause", "#gv-stop", "#gv-i-preset", "#gv-scrub"):
            assert not page.is_visible(hidden), hidden
        assert page.is_visible("#gv-grid-canvas") and page.is_visible("#gv-sliders")
        assert "following" in page.inner_text("#gv-class-chip")
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    presenter.wait_for_function(
        "document.querySelector('#gv-class-chip').textContent === 'Class · 2'"
    )

    # scrub position, real pictures, enlarged tile, latent picture, tab, chart zoom
    shows(late, step=scrub(presenter, 0))
    presenter.click("[data-show=real]")
    shows(late, mode="real")
    presenter.click("#gv-live")
    shows(late, mode="generated")
    presenter.click("#gv-grid-canvas")
    late.wait_for_selector("#gv-zoom:not([hidden])")
    presenter.keyboard.press("Escape")
    late.wait_for_selector("#gv-zoom", state="hidden")
    presenter.wait_for_selector("#gv-latent[data-ready=yes]")
    presenter.eval_on_selector("#gv-sliders input >> nth=1", MOVE, 2.5)
    shows(late, direction="2.5")
    presenter.hover("#gv-plot-loss")
    presenter.wait_for_function("document.querySelector('#gv-plot-loss').data?.length > 0")
    presenter.evaluate(
        "Plotly.relayout('gv-plot-loss', {'xaxis.range': [1, 4], 'yaxis.range': [0, 1]})"
    )
    presenter.evaluate(
        "Plotly.relayout('gv-plot-loss', {'xaxis.range[0]': 1, 'xaxis.range[1]': 4,"
        " 'yaxis.range[0]': 0, 'yaxis.range[1]': 1})"
    )
    late.wait_for_function(
        "document.querySelector('#gv-plot-loss').layout?.xaxis.range.join() === '1,4'"
    )
    presenter.click("#gv-view-inside-button")
    for page in (phone, late):
        shows(page, tab="Inside")

    # on their own, and back
    presenter.click("#gv-class-chip")
    presenter.click("#gv-let-go")
    late.wait_for_function("document.querySelector('#gv-class-chip').textContent.includes('expl')")
    late.click("#gv-view-lessons-button")
    shows(late, tab="Lessons")
    shows(phone, tab="Inside")
    presenter.click("#gv-call-back")
    shows(late, tab="Inside")

    # a lost presenter is back with the link, where the class is; so are viewers who reload
    presenter.reload()
    ready(presenter)
    shows(presenter, tab="Inside")
    other = browsers(f"/present/{KEY}")
    ready(other)
    shows(other, tab="Inside")
    late.reload()
    ready(late)
    shows(late, tab="Inside")

    # sent out: the page goes, and the code lets that browser in no more
    handle = late.inner_text("#gv-class-chip").split(" · ")[0]
    presenter.click("#gv-class-chip")
    presenter.click(f"[aria-label='Send {handle} out']")
    late.wait_for_selector(".problem")
    late.goto(school.url + "/join")
    assert "sent this browser out" in late.inner_text(".problem")
    assert late.query_selector("#code") is None
    presenter.wait_for_function("document.querySelectorAll('#gv-people li').length === 1")

    # the projector: the way in at the corner, no form
    presenter.click("#gv-project")
    presenter.wait_for_function(
        f"document.querySelector('#gv-corner .gv-code').textContent === '{code}'"
    )
    presenter.keyboard.press("Escape")
    presenter.wait_for_selector("#gv-corner", state="hidden")
    presenter.click("#gv-view-train-button")
    presenter.click("#gv-stop")
    presenter.wait_for_selector("body[data-gv-state=stopped]")
    output = (school.runs.parent / "output.txt").read_text()
    assert output.count(KEY) == 2, "the key stands in the terminal's links alone"
