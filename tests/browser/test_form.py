"""The form: presets fill it, its mistakes are told where they were made, live settings reach the
run."""

from __future__ import annotations

from .conftest import at_rest, start, stop


def set_number(page, field: str, value: str) -> None:
    page.fill(f"#gv-f-{field} input", value)
    page.keyboard.press("Tab")


def test_a_preset_fills_the_form(visit, idle):
    page = visit()
    page.select_option("#gv-i-preset", label="Digits, MLP")
    page.wait_for_function("document.querySelector('#gv-f-steps input').value === '20000'")
    page.wait_for_function(
        "document.querySelector('#gv-preset-why').textContent.includes('textbook')"
    )
    page.click("#gv-group-networks > summary")
    assert page.is_visible("#gv-f-g_hidden")
    page.wait_for_selector("#gv-f-upsample", state="hidden")


def test_a_mistake_is_told_at_its_field(visit, server, idle):
    page = visit()
    set_number(page, "batch_size", "0")
    page.click("#gv-train")
    page.wait_for_selector("#gv-e-batch_size")
    assert "Batch size" in page.text_content("#gv-e-batch_size")
    assert page.get_attribute("#gv-f-batch_size input", "aria-invalid") == "true"
    assert "Batch size" in page.text_content("#gv-announce")
    assert page.get_attribute("body", "data-gv-state") in ("idle", "stopped", "finished")
    set_number(page, "batch_size", "16")
    page.wait_for_selector("#gv-e-batch_size", state="detached")


def test_a_mistake_in_a_folded_group_unfolds_it(visit, server, idle):
    page = visit()
    page.click("#gv-group-optimisation > summary")
    set_number(page, "g_lr", "-1")
    page.click("#gv-group-optimisation > summary")
    page.wait_for_function("!document.querySelector('#gv-f-g_lr').checkVisibility()")
    page.click("#gv-train")
    page.wait_for_selector("#gv-e-g_lr")
    assert page.is_visible("#gv-e-g_lr")


def test_a_second_start_says_what_is_running(trained, visit, server):
    page = visit()
    page.wait_for_selector("body[data-gv-state=running]")
    first = page.evaluate("window.ganviz.now.run.id")
    page.eval_on_selector("#gv-train", "button => button.click()")
    page.wait_for_selector("#gv-replace", state="visible")
    assert "is running" in page.text_content("#gv-form-note")
    page.click("#gv-replace")
    page.wait_for_function(f"window.ganviz.now.run?.id !== '{first}'")
    for view in (page, trained):
        view.wait_for_function(f"window.ganviz.now.run?.id !== '{first}'")
        view.wait_for_selector("body[data-gv-state=running]")
        view.wait_for_selector("#gv-replace", state="hidden")


def test_a_change_while_training_offers_the_next_run(trained):
    page = trained
    set_number(page, "seed", "5")
    page.wait_for_selector("#gv-replace", state="visible")
    assert "seed" in page.text_content("#gv-form-note")
    set_number(page, "seed", "0")
    page.wait_for_selector("#gv-replace", state="hidden")


def test_a_live_setting_reaches_the_run_and_the_other_browser(trained, visit, server):
    page = trained
    other = visit(address="/")
    other.wait_for_selector("body[data-gv-state=running]")
    for view in (page, other):
        view.click("#gv-group-optimisation > summary")
    set_number(page, "g_lr", "0.0007")
    page.wait_for_function("document.querySelector('#gv-announce').textContent.includes('0.0007')")
    other.wait_for_function("document.querySelector('#gv-f-g_lr input').value === '0.0007'")
    other.reload()
    other.wait_for_selector("body[data-gv-ready=yes]")
    other.click("#gv-group-optimisation > summary")
    other.wait_for_function("document.querySelector('#gv-f-g_lr input')?.value === '0.0007'")
    stop(server)


def test_stop_stops(visit, server, idle):
    page = visit()
    start(page)
    page.click("#gv-stop")
    page.wait_for_selector("body[data-gv-state=stopped]")
    at = at_rest(page, server)
    assert server.step() == at
    assert not server.command("pause")["ok"]
    stop(server)


def test_formulas_stand_one_click_below_what_they_are_of(visit, idle):
    page = visit()
    page.select_option("#gv-i-preset", "ring8-wgan-gp")
    page.click("#gv-f-objective .gv-formulas summary")
    words = page.text_content("#gv-f-objective .gv-formulas dl")
    assert "D minimises" in words and "G minimises" in words
    assert page.locator("#gv-f-objective .gv-formulas math").count() == 2
    page.select_option("#gv-i-objective", "hinge")
    assert "max" in page.text_content("#gv-f-objective .gv-formulas dl")
    assert page.get_attribute("#gv-f-objective .gv-formulas", "open") is not None


def test_a_preset_leads_to_the_one_to_see_beside_it(visit, idle):
    page = visit()
    page.select_option("#gv-i-preset", "ring8-r1")
    page.click("#gv-partner")
    assert page.input_value("#gv-i-preset") == "ring8"
