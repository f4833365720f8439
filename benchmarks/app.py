"""The real app in a process of its own, and a page of it in a real Chromium."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks import browser as installation

ROOT = Path(__file__).parents[1]
# milliseconds that a busy machine may take for what is not measured
LONGEST_WAIT = 300_000
FLAGS = [*installation.FLAGS, "--enable-precise-memory-info", "--js-flags=--expose-gc"]


def ticket(url: str) -> str:
    """The cookie that a link gives."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: object) -> None:
            return

    try:
        urllib.request.build_opener(Stay).open(url)
    except urllib.error.HTTPError as answer:
        return answer.headers["set-cookie"].partition(";")[0]
    raise RuntimeError(f"{url} gave no cookie")


class App:
    """The app in a process of its own, and one page on it."""

    def __init__(
        self, browser: Any, folder: Path, preset: str, data_root: Path, with_class: bool = False
    ):
        self.folder = folder
        with socket.socket() as trial:
            trial.bind(("127.0.0.1", 0))
            port = trial.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        began = time.perf_counter()
        self.process = subprocess.Popen(
            [
                sys.executable,
                str(ROOT / "app.py"),
                "--port",
                str(port),
                "--no-browser",
                "--device",
                "cpu",
                "--data-root",
                str(data_root),
                "--runs-root",
                str(folder / "runs"),
                *(["--class"] if with_class else []),
            ],
            stdout=subprocess.DEVNULL,
            cwd=folder,
            env={
                **os.environ,
                "TMPDIR": str(folder / "tmp"),
                "GRADIO_TEMP_DIR": str(folder / "tmp"),
            },
        )
        while not self._answers():
            time.sleep(0.05)
        self.started = time.perf_counter() - began
        self.page = browser.new_page(viewport={"width": 1440, "height": 900})
        self.headers = {"Content-Type": "application/json"}
        # how its class comes in: the presenter's key and the viewers' link
        self.keys: dict[str, str] = {}
        if with_class:
            self.keys = json.loads((data_root / f"class-{port}.json").read_text())["keys"]
            presenting = f"{self.url}/present/{self.keys['presenter']}"
            self.headers["Cookie"] = ticket(presenting)
            self.page.goto(presenting)
        began = time.perf_counter()
        self.page.goto(f"{self.url}/?preset={preset}")
        self.page.wait_for_selector("body[data-gv-ready=yes]")
        self.usable = time.perf_counter() - began
        self.page.wait_for_function("window.ganviz.now.link === 'live'")
        self.page.wait_for_timeout(1500)
        self.page.fill("#gv-f-steps input", "0")  # until it is stopped
        self.page.keyboard.press("Tab")
        self.page.wait_for_timeout(500)

    def train(self) -> float:
        """Click Train; the moment of the click."""
        at = time.time()
        self.page.click("#gv-train")
        # the first run of all makes its data first
        self.page.wait_for_selector("body[data-gv-state=running]", timeout=LONGEST_WAIT)
        return at

    def command(self, action: str) -> None:
        body = json.dumps({"action": action}).encode()
        request = urllib.request.Request(f"{self.url}/gv/command", body, self.headers)
        urllib.request.urlopen(request, timeout=30).read()

    def pause(self) -> None:
        """Pause, and wait until the page says so."""
        self.command("pause")
        self.page.wait_for_selector("body[data-gv-state=paused]")
        self.page.wait_for_timeout(300)

    def stop(self) -> None:
        """Stop, and wait until all is saved: probes may have something to end."""
        self.command("stop")
        self.page.wait_for_selector("body[data-gv-state=stopped]", timeout=LONGEST_WAIT)

    def rate(self, seconds: float) -> float:
        """Steps a second over about ``seconds``. It counts from 2 s after the resuming on: a pause
        makes all probes due at once, which nobody who just watches ever sees."""
        self.pause()
        self.command("resume")
        self.page.wait_for_timeout(2000)
        steps, elapsed = self.status()
        self.page.wait_for_timeout(1000 * seconds)
        after, later = self.status()
        self.pause()
        return (after - steps) / (later - elapsed)

    def trained(self, seconds: float) -> float:
        """Steps a second over ``seconds``, whatever the page shows meanwhile."""
        before = self.training()
        time.sleep(seconds)
        after = self.training()
        return (after["step"] - before["step"]) / (after["elapsed"] - before["elapsed"])

    def training(self) -> dict[str, Any]:
        """The status of the run that trains, as the server has it."""
        request = urllib.request.Request(f"{self.url}/gv/status", headers=self.headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)["training"]

    def steps_taken(self) -> list[tuple[int, float]]:
        """Steps at which the newest run reported, and when, as its log has them."""
        logs = sorted(
            (self.folder / "runs").glob("*/log.jsonl"), key=lambda log: log.stat().st_mtime
        )
        rows = (json.loads(line) for line in logs[-1].read_text().splitlines())
        return [(row["step"], row["time"]) for row in rows if row["kind"] == "scalars"]

    def status(self) -> tuple[int, float]:
        """Steps and trained seconds, as the page was told them last."""
        status = self.page.evaluate("window.ganviz.now.status")
        return status["step"], status["elapsed"]

    def close(self) -> None:
        self.page.close()
        self.process.terminate()
        self.process.wait(20)

    def _answers(self) -> bool:
        try:
            return urllib.request.urlopen(self.url, timeout=5).status == 200
        except OSError:
            return False


@contextmanager
def chromium() -> Iterator[Any]:
    """The system's browser, without a window; leaves with a sentence where there is none."""
    path = installation.installed()
    if path is None:
        sys.exit(installation.MISSING)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def app(browser: Any, preset: str, data_root: Path, with_class: bool = False) -> Iterator[App]:
    with tempfile.TemporaryDirectory(prefix="ganviz-bench-") as folder:
        (Path(folder) / "tmp").mkdir()
        one = App(browser, Path(folder), preset, data_root, with_class)
        try:
            yield one
        finally:
            one.close()
