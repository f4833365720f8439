"""How fast GAN Lab trains its own network, in its own code, in a headless Chromium here.

A page of GAN Lab is named by its address: one that its repository builds, or the public one.
WebGL is computed by the processor where there is no GPU. One of its epochs is two updates of D and
one of G (its defaults), on a batch of 150 points and one hidden layer of eight units each; it takes
at most one each time the browser draws.
"""

from __future__ import annotations

import time
from typing import Any

SETTLE_MS = 4000
COUNT = "Number(document.getElementById('iteration-count').innerText.replace(/,/g, ''))"


def epochs_a_second(browser: Any, url: str, seconds: float) -> float:
    """Epochs a second over ``seconds``, counted by the page itself after a few seconds."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    try:
        page.goto(url)
        page.wait_for_selector("#play-pause-button", state="attached")
        page.wait_for_timeout(SETTLE_MS)
        page.evaluate("document.getElementById('play-pause-button').click()")
        page.wait_for_timeout(SETTLE_MS)
        before, began = page.evaluate(COUNT), time.perf_counter()
        page.wait_for_timeout(1000 * seconds)
        return (page.evaluate(COUNT) - before) / (time.perf_counter() - began)
    finally:
        page.close()
