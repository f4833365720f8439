"""``python -m benchmarks.first_load``: the first visit over a slow line, while a run trains; and a
phone's that joins a class by its QR code.

Chromium's own emulation of networks makes the line: 1.5 Mbit/s and 200 ms to the server and back.
Times are the page's own, from the start of the navigation; bytes are counted as they travelled.
Nothing is kept from visit to visit. The browser works on the same cores as the training, so that
times on a busy machine are longer than the line makes them.
"""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path
from typing import Any

from benchmarks.app import App, app, chromium

LINE = {
    "offline": False,
    "latency": 200,
    "downloadThroughput": 1.5e6 / 8,
    "uploadThroughput": 1.5e6 / 8,
}
STUDENTS = 30
# ms: a visit counts as joined when the curves stand and this has passed
SETTLE = 2000
# when the page is usable, and when curves are to be seen, in ms since the navigation began
WATCH = """() => { window.gvLoad = {};
  const seen = (name, selector) => {
    if (!(name in window.gvLoad) && document.querySelector(selector))
      window.gvLoad[name] = performance.now(); };
  const drawn = () => { if (!('picture' in window.gvLoad)
      && Number(document.querySelector('#gv-grid')?.dataset.step) > 0)
    window.gvLoad.picture = performance.now(); };
  new MutationObserver(() => { drawn(); seen('usable', 'body[data-gv-ready=yes]');
    seen('curves', '#gv-plot-loss .gv-sketch-line, #gv-plot-loss .scatterlayer path'); })
  .observe(document, { childList: true, subtree: true, attributes: true }); }"""


DESKTOP = {"viewport": {"width": 1440, "height": 900}}
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 3,
    "is_mobile": True,
    "has_touch": True,
}


def visit(browser: Any, url: str, slow: bool, device: dict[str, Any] = DESKTOP) -> dict[str, float]:
    """One first visit: seconds until usable, until curves and until a picture, requests, bytes."""
    context = browser.new_context(**device)
    page = context.new_page()
    page.set_default_timeout(120_000)
    line = context.new_cdp_session(page)
    line.send("Network.enable")
    if slow:
        line.send("Network.emulateNetworkConditions", LINE)
    sizes: list[float] = []
    line.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.add_init_script(f"({WATCH})()")
    page.goto(url, wait_until="commit")
    page.wait_for_function("window.gvLoad.curves && window.gvLoad.picture")
    page.wait_for_timeout(SETTLE)
    times = page.evaluate("window.gvLoad")
    context.close()
    return {
        "usable": times["usable"] / 1000,
        "curves": times["curves"] / 1000,
        "picture": times["picture"] / 1000,
        "requests": len(sizes),
        "bytes": sum(sizes),
    }


def report(name: str, visits: list[dict[str, float]]) -> None:
    """One line: medians, and what a class brings along."""

    def middle(key: str) -> float:
        return statistics.median(one[key] for one in visits)

    print(
        f"{name:22} usable {middle('usable'):5.2f} s   curves {middle('curves'):5.2f} s   "
        f"picture {middle('picture'):5.2f} s   "
        f"{middle('requests'):3.0f} requests   {middle('bytes') / 1e3:5.0f} kB   "
        f"{STUDENTS} students {STUDENTS * middle('bytes') / 1e6:5.1f} MB",
        flush=True,
    )


def train(one: App) -> None:
    """A run trains, as in a class that is joined."""
    one.train()
    one.page.wait_for_function("Number(document.body.dataset.gvPoints) >= 4")
    # the presenter's own page takes part in nothing that is measured
    one.page.goto("about:blank")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visits", type=int, default=5)
    parser.add_argument("--preset", default="digits-quick")
    parser.add_argument("--data-root", type=Path, default=Path("data"))
    options = parser.parse_args()
    with chromium() as browser, app(browser, options.preset, options.data_root.resolve()) as one:
        train(one)
        for name, slow in (("1.5 Mbit/s, 200 ms", True), ("this machine", False)):
            report(name, [visit(browser, one.url, slow) for _ in range(options.visits)])
    with (
        chromium() as browser,
        app(browser, options.preset, options.data_root.resolve(), True) as one,
    ):
        train(one)
        link = f"{one.url}/join/{one.keys['link']}"
        visits = [visit(browser, link, True, PHONE) for _ in range(options.visits)]
        report("a phone joins, likewise", visits)


if __name__ == "__main__":
    main()
