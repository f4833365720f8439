"""A run whose folder of pictures was moved: the page asks where they are now."""

from __future__ import annotations

from PIL import Image

from .conftest import held_back, stop


def test_a_run_whose_folder_was_moved_goes_on_from_where_it_is(visit, server, tmp_path):
    stop(server)
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    for i in range(16):
        Image.new("RGB", (16, 16), (16 * i, 0, 0)).save(old / f"{i}.png")
    small = {"image_size": 16, "g_hidden": [8], "d_hidden": [8], "batch_size": 4, "steps": 2}
    mine = {"data": "folder", "data_path": str(old), "colour": "rgb", "conditioning": "none"}
    run = server.train("digits-mlp", **small, **mine)
    old.rename(new)
    page = visit(address=f"/?tab=runs&open={run}")
    page.wait_for_selector("#gv-detail-resume:enabled")
    # an export asks, too
    page.click("#gv-detail-export")
    page.click("[data-kind=report]")
    page.wait_for_selector(".gv-export-status .gv-folder")
    assert "There is no folder" in page.text_content(".gv-export-status")
    assert page.input_value(".gv-export-status .gv-folder") == str(old)
    page.fill(".gv-export-status .gv-folder", str(new))
    with page.expect_request(lambda r: r.method == "POST" and r.url.endswith("/export")) as sent:
        page.click(".gv-export-status .gv-folder-row button")
    assert sent.value.post_data_json == {"kind": "report", "data_path": str(new)}
    page.wait_for_selector("dialog.gv-report[open]")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog.gv-report", state="detached")
    page.click("#gv-detail-resume")
    page.fill("#gv-detail-note .gv-more", "1")
    with page.expect_response(lambda answer: answer.status == 422), held_back(page, "**/gv/lib*/*"):
        page.click("#gv-detail-note button")
        page.click("#gv-detail-close")
    # an answer for whom nobody waits any more is none
    page.click("#gv-runs-body tr:first-child .gv-run-name button")
    page.wait_for_selector("#gv-detail:not([hidden])")
    assert page.is_hidden("#gv-detail-note")
    page.click("#gv-detail-resume")
    page.fill("#gv-detail-note .gv-more", "1")
    page.click("#gv-detail-note button")
    page.wait_for_selector("#gv-detail-note .gv-folder")
    assert "There is no folder" in page.text_content("#gv-detail-note")
    assert page.input_value("#gv-detail-note .gv-folder") == str(old)
    page.fill("#gv-detail-note .gv-folder", str(new / "nowhere"))
    page.keyboard.press("Enter")
    page.wait_for_selector("#gv-detail-note:has-text('nowhere.')")
    assert server.status()["step"] == 2, "a refusal changes nothing"
    page.fill("#gv-detail-note .gv-folder", str(new))
    page.click("#gv-detail-note button")
    page.wait_for_selector("#gv-train", state="visible")
    page.wait_for_function("document.body.dataset.gvStep === '3'")
    assert page.evaluate("window.ganviz.now.run.config.data_path") == str(new)
