"""Lists that are filled anew leave who walks them by key where they were."""

from __future__ import annotations

from .test_explore import explore

AT = "document.activeElement"


def test_the_tab_explore_keeps_the_place(visit, server, kept):
    run = sorted(one.parent.name for one in server.runs.glob("*/checkpoints"))[-1]
    page = explore(visit, run, "&z=seed-1&panel=path")
    for seed in ("2", "3", "4"):
        page.click("#gv-explore-star")
        page.fill("#gv-explore-seed", seed)
        page.wait_for_function(f"location.search.includes('seed-{seed}')")
    page.wait_for_selector(".gv-path li >> nth=2")

    # a key frame, and a star, that is taken away: the next one stands in its place, or the last
    page.focus(".gv-path li >> nth=1")
    page.keyboard.press("Delete")
    assert page.locator(".gv-path li").count() == 2
    assert page.evaluate(f"{AT}.dataset.index") == "1"
    stars = page.eval_on_selector_all(
        "#gv-explore-stars .gv-explore-remove", "all => all.map((one) => one.ariaLabel)"
    )
    page.focus("#gv-explore-stars .gv-explore-remove >> nth=0")
    for left in (stars[1], stars[2]):
        page.keyboard.press("Enter")
        assert page.evaluate(f"{AT}.ariaLabel") == left
    page.keyboard.press("Enter")
    assert page.evaluate(f"{AT}.id") == "gv-explore-stars"

    # a unit whose map is drawn anew for another z
    page.click("[data-panel=inside]")
    page.wait_for_selector(".gv-inside-maps[data-drawn]")
    drawn = page.get_attribute(".gv-inside-maps", "data-drawn")
    unit = page.get_attribute("[data-unit] >> nth=1", "data-unit")
    page.focus(f"[data-unit='{unit}']")
    page.evaluate("document.querySelector('#gv-explore-random').click()")
    page.wait_for_selector(f".gv-inside-maps:not([data-drawn='{drawn}'])")
    assert page.evaluate(f"{AT}.dataset.unit") == unit


def test_who_turns_to_the_next_lesson_by_key_goes_on_in_it(visit):
    page = visit(address="/?tab=lessons")
    page.wait_for_selector("#gv-lesson .gv-lesson-turn button")
    first = page.get_attribute("#gv-lesson", "data-lesson")
    page.focus(".gv-lesson-turn button >> nth=-1")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"#gv-lesson:not([data-lesson='{first}'])")
    assert page.evaluate(f"{AT}.id") == "gv-lesson"
