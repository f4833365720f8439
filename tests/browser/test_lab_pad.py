"""A distribution of one's own: drawn on the page, kept with the run."""

from __future__ import annotations

from .conftest import stop

PAD = "#gv-lab-drawing"


def test_a_drawing_becomes_a_run(visit, server, idle):
    page = visit(address="/?tab=lab")
    page.wait_for_selector(PAD)
    assert page.is_disabled("#gv-lab-draw-train"), "there is nothing to train on yet"
    page.click("#gv-lab-example")
    page.click("#gv-lab-clear")
    for x, y in ((80, 80), (80, 240)):
        page.click(PAD, position={"x": x, "y": y})
    page.locator(PAD).scroll_into_view_if_needed()
    box = page.locator(PAD).bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 160)
    page.mouse.down()
    page.mouse.move(box["x"] + 900, box["y"] + 160, steps=5)
    page.mouse.up()
    assert "3 strokes" in page.text_content("#gv-lab-pad-say")
    page.click("#gv-lab-undo")
    page.select_option("#gv-lab-mirror", "x")
    assert "4 strokes" in page.text_content("#gv-lab-pad-say")
    page.select_option("#gv-lab-noise", "uniform")
    page.click("#gv-lab-draw-train")
    page.wait_for_selector("body[data-gv-state=running]")
    config = page.evaluate("window.ganviz.now.run.config")
    assert config["data"] == "drawn" and config["noise"] == "uniform"
    assert config["drawing"].count("_") == 3
    page.wait_for_function(
        "document.querySelector('[data-figure=modes-captured] b')?.textContent.endsWith('of 4')"
    )
    page.click("#gv-lab-draw-train")
    page.wait_for_selector("#gv-lab-draw-replace:not([hidden])")
    stop(server)
