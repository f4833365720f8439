"""The latent explorer: each browser's own z, answered by the newest snapshot, during training and
after."""

from __future__ import annotations

from .conftest import picture_of, stop

CANVAS = "#gv-latent-canvas"


def drag(page, selector: str, value: str) -> None:
    """Move a range as a hand would: its value, and the input event."""
    page.eval_on_selector(
        selector,
        "(range, value) => { range.value = value; "
        "range.dispatchEvent(new Event('input', { bubbles: true })); }",
        value,
    )


def paused(page) -> None:
    """Hold the generator still, so that only z can change the picture."""
    page.wait_for_selector("#gv-latent[data-ready=yes]")
    page.click("#gv-pause")
    page.wait_for_selector("body[data-gv-state=paused]")
    page.wait_for_function(
        "Number(document.querySelector('#gv-latent-canvas').dataset.version) === "
        "window.ganviz.now.snapshot"
    )
    answered(page)


def answered(page) -> None:
    """The picture is that of the newest z."""
    page.wait_for_function("window.ganviz.stats.latent?.moved === window.ganviz.stats.moved")


def expect_change(page, selector: str, before: str) -> str:
    page.wait_for_function(
        "([selector, before]) => document.querySelector(selector).toDataURL() !== before",
        arg=[selector, before],
    )
    return picture_of(page, selector)


def test_a_slider_changes_the_picture(trained):
    page = trained
    paused(page)
    start = picture_of(page, CANVAS)
    drag(page, "#gv-sliders [data-direction='0']", "3")
    moved = expect_change(page, CANVAS, start)
    page.dblclick("#gv-sliders [data-direction='0']")
    page.wait_for_function(
        "document.querySelector(\"#gv-sliders [data-direction='0']\").value === '0'"
    )
    assert expect_change(page, CANVAS, moved) == start


def test_class_seed_psi_raw_and_reset(trained):
    page = trained
    paused(page)
    first = picture_of(page, CANVAS)
    page.click("#gv-classes [data-class='7']")
    seven = expect_change(page, CANVAS, first)
    assert page.get_attribute("#gv-classes [data-class='7']", "aria-checked") == "true"
    page.click("#gv-random")
    other = expect_change(page, CANVAS, seven)
    drag(page, "#gv-psi", "0.2")
    calm = expect_change(page, CANVAS, other)
    page.click("#gv-raw-open")
    drag(page, "#gv-raw-list input >> nth=2", "4")
    raw = expect_change(page, CANVAS, calm)
    page.click("#gv-raw-close")
    page.click("#gv-latent-reset")
    assert expect_change(page, CANVAS, raw) == other
    page.fill("#gv-seed", "123")
    now = expect_change(page, CANVAS, other)
    # what is no seed is not left standing beside the picture of another one
    for wrong in ("-1", "", "1e99"):
        page.fill("#gv-seed", wrong)
        page.keyboard.press("Tab")
        assert page.input_value("#gv-seed") == "123"
        assert "whole number from 0 to" in page.inner_text("#gv-latent-caption")
    assert picture_of(page, CANVAS) == now


def test_z_is_each_browsers_own_and_survives_a_reload(trained, visit):
    page = trained
    paused(page)
    page.fill("#gv-seed", "77")
    page.click("#gv-classes [data-class='4']")
    drag(page, "#gv-sliders [data-direction='1']", "2")
    answered(page)
    pixels = """(() => {
        const canvas = document.querySelector('#gv-latent-canvas');
        const { width, height } = canvas;
        return [...canvas.getContext('2d').getImageData(0, 0, width, height).data];
    })()"""
    mine = page.evaluate(pixels)
    other = visit()
    other.wait_for_selector("#gv-latent[data-ready=yes]")
    assert other.input_value("#gv-sliders [data-direction='1']") == "0"
    page.reload()
    page.wait_for_selector("#gv-latent[data-ready=yes]")
    # a pass that is shared with another page may differ in the last bit of a byte
    page.wait_for_function(
        f"""mine => {{
            const shown = {pixels};
            return shown.length === mine.length
                && shown.every((value, at) => Math.abs(value - mine[at]) <= 1);
        }}""",
        arg=mine,
    )
    assert page.input_value("#gv-seed") == "77"


def test_the_picture_follows_the_training(trained):
    page = trained
    page.wait_for_selector(f"{CANVAS}[data-version]")
    version = int(page.get_attribute(CANVAS, "data-version"))
    page.wait_for_function(
        f"Number(document.querySelector('#gv-latent-canvas').dataset.version) > {version + 1}"
    )


def test_dragging_never_queues(trained):
    page = trained
    page.wait_for_selector("#gv-latent[data-ready=yes]")
    most = page.evaluate("""async () => {
        let open = 0, most = 0;
        const real = window.fetch;
        window.fetch = (...all) => {
            if (!String(all[0]).endsWith('gv/latent')) return real(...all);
            open += 1; most = Math.max(most, open);
            return real(...all).finally(() => { open -= 1; });
        };
        const range = document.querySelector("#gv-sliders [data-direction='2']");
        for (let i = 0; i <= 100; i += 1) {
            range.value = i / 25;
            range.dispatchEvent(new Event('input', { bubbles: true }));
            await new Promise((resolve) => setTimeout(resolve, 5));
        }
        await new Promise((resolve) => setTimeout(resolve, 1500));
        window.fetch = real;
        return most;
    }""")
    assert most == 1
    assert page.input_value("#gv-sliders [data-direction='2']") == "4"


def test_the_strip_leads_from_a_to_b(trained):
    page = trained
    paused(page)
    page.wait_for_selector("#gv-strip[data-shown]")
    page.wait_for_timeout(1200)
    before = picture_of(page, "#gv-strip")
    page.click("#gv-classes [data-class='1']")
    page.click("#gv-set-a")
    with_a = expect_change(page, "#gv-strip", before)
    page.click("#gv-random")
    page.click("#gv-set-b")
    slerp = expect_change(page, "#gv-strip", with_a)
    page.click("[data-path=lerp]")
    expect_change(page, "#gv-strip", slerp)
    assert "seed" in page.text_content("#gv-strip-caption")


NOT_NOW = {"error": "The server is busy.", "field": None}


def test_what_was_refused_is_asked_again_also_while_nothing_trains(trained):
    """A slider moved at a moment in which the server could not answer left the picture of the z
    before, and a paused run sends no news that would ask again."""
    page = trained
    paused(page)
    page.wait_for_selector("#gv-strip[data-shown]")
    for path, picture, caption, act in (
        ("latent", CANVAS, "#gv-latent-caption", lambda: page.click("#gv-random")),
        ("strip", "#gv-strip", "#gv-strip-caption", lambda: page.click("#gv-set-a")),
    ):
        before = picture_of(page, picture)
        page.route(f"**/gv/{path}", lambda route: route.fulfill(status=409, json=NOT_NOW), times=1)
        act()
        page.wait_for_selector(f"{caption}:has-text('The server is busy.')")
        expect_change(page, picture, before)
        page.wait_for_selector(f"{caption}:not(:has-text('The server is busy.'))")


def test_explore_on_leads_to_the_same_picture(trained):
    page = trained
    paused(page)
    page.fill("#gv-seed", "77")
    page.click("#gv-classes [data-class='4']")
    answered(page)
    here = picture_of(page, CANVAS)
    page.click("#gv-latent-explore")
    page.wait_for_function(
        "here => document.querySelector('#gv-explore-canvas')?.toDataURL() === here", arg=here
    )


def test_the_explorer_works_after_the_run(trained, server):
    page = trained
    page.wait_for_selector("#gv-latent[data-ready=yes]")
    stop(server)
    page.wait_for_selector("body[data-gv-state=stopped]")
    answered(page)
    before = picture_of(page, CANVAS)
    page.click("#gv-random")
    expect_change(page, CANVAS, before)
