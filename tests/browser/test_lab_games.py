"""Games beside the run: a preset meets its partner in one click, seeds side by side, Dirac-GAN."""

from __future__ import annotations


def test_a_preset_meets_its_partner_then_seeds_and_the_smallest_game(visit, server, idle):
    page = visit(address="/?preset=ring8-r1")
    page.click("#gv-duel")
    page.wait_for_selector("#gv-lab-left-view canvas[width]")
    page.wait_for_function(
        "document.querySelector('#gv-lab-differences').textContent.includes('Gradient penalty')"
    )
    page.wait_for_function("document.querySelector('#gv-lab-trial-duel [type=range]').max > 1")
    assert "D loss" in page.text_content("#gv-lab-right-view p")
    page.fill("#gv-lab-trial-duel [type=range]", "0")
    assert page.text_content("#gv-lab-trial-duel [role=status]") == "step 0"
    page.click("#gv-lab-trial-duel .gv-strong")
    page.wait_for_function(
        "document.querySelector('#gv-lab-trial-duel .gv-strong').textContent === 'Start'"
    )
    page.click("[data-game=seeds]")
    page.click("#gv-lab-trial-seeds .gv-strong")
    page.wait_for_function(
        "[...document.querySelectorAll('.gv-lab-seed figcaption')].length === 6"
        " && document.querySelector('.gv-lab-seed figcaption').textContent.includes('of 8 modes')"
    )
    page.click("#gv-lab-trial-seeds .gv-strong")
    page.click("[data-game=dirac]")
    page.wait_for_function(
        "document.querySelector('#gv-lab-dirac-say').textContent.includes('400 steps')"
    )
    page.fill("#gv-lab-dirac-gamma", "1")
    page.wait_for_function(
        "document.querySelector('#gv-lab-dirac-say').textContent.startsWith('They come to rest')"
    )
