"""One real server and one real Chromium for all browser tests; every page is watched for errors and
strangers.

One worker runs all of this folder (``tests/conftest.py``).
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlparse

import pytest

from tests.conftest import DATA_ROOT, a_browser

ROOT = Path(__file__).parents[2]
START_SECONDS = 240
TIMEOUT = 60_000  # ms; a shared two-core machine is slow at times
# the bare address shows the form of the last run, whichever test that was
FRESH = "/?preset=digits-quick"
DESKTOP = {"width": 1440, "height": 900}
ANSWERS = re.compile(r"40[39] \((Conflict|Forbidden)\)")
SENTENCES = {"404": re.compile(r"/gv/(explore|latent)"), "422": re.compile(r"/gv/library/")}
"""What is asked of a run that somebody has deleted meanwhile has a sentence as its answer, too; and
so has a run whose pictures are not where they were."""
PHONE = {"width": 390, "height": 844}
KEY = "a1b2c3d4e5f6a7b8c9"
"""The presenter's of the school."""


def pytest_itemcollected(item):
    item.add_marker(pytest.mark.slow)  # each is quick, but not the app and the browser


class Server:
    """The app in a process of its own."""

    def __init__(self, url: str, process: subprocess.Popen, runs: Path):
        self.url = url
        self.process = process
        self.runs = runs

    def command(self, action: str, **more) -> dict:
        """Send a command as a page would; the answer, also where it is a refusal."""
        body = json.dumps({"action": action, **more}).encode()
        request = urllib.request.Request(
            f"{self.url}/gv/command", body, {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refusal:
            return json.load(refusal)

    def train(self, preset: str, **settings) -> str:
        """Train to the end, and return the run's id."""
        body = json.dumps({"preset": preset, "settings": settings, "replace": True}).encode()
        request = urllib.request.Request(
            f"{self.url}/gv/train", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            run = json.load(answer)["run"]
        while self.status()["state"] not in ("finished", "failed"):
            time.sleep(0.1)
        return run

    def keep(self, run: str, action: str, **more) -> dict:
        """Do something with a kept run."""
        body = json.dumps({"action": action, **more}).encode()
        request = urllib.request.Request(
            f"{self.url}/gv/library/{run}", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def status(self) -> dict | None:
        """How the run here stands, if there is one."""
        with urllib.request.urlopen(f"{self.url}/gv/status", timeout=30) as answer:
            return json.load(answer)["training"]

    def step(self) -> int:
        """The step that the run here has reached."""
        return self.status()["step"]


@pytest.fixture(scope="package")
def server(tmp_path_factory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("app")) as started:
        yield started


@contextlib.contextmanager
def serving(folder: Path, *flags: str, **environment: str) -> Iterator[Server]:
    """The app with further ``flags``, its runs in ``folder``; ended with the block."""
    port = _free_port()
    with (folder / "output.txt").open("w+") as output:
        process = subprocess.Popen(
            [
                sys.executable,
                str(Path(__file__).with_name("app.py")),
                "--port",
                str(port),
                "--no-browser",
                "--device",
                "cpu",
                "--data-root",
                os.environ[DATA_ROOT],
                "--runs-root",
                str(folder / "runs"),
                *flags,
            ],
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        )
        try:
            _wait_until_it_answers(process, port, folder / "output.txt")
            yield Server(f"http://127.0.0.1:{port}", process, folder / "runs")
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()


@pytest.fixture(scope="package")
def chromium() -> Iterator:
    """One browser for this folder; all pages of one context live in one process, which has the
    app's scripts compiled: a page opens in a third of the time."""
    with a_browser("--process-per-site") as browser:
        yield browser


class Profiles:
    """Browser contexts that outlive a test. Each keeps a page open, so that its process stays."""

    def __init__(self, chromium, url: str):
        self._chromium, self._url = chromium, url
        self._all, self._used = [], 0

    def next(self):
        """A context that this test has not had: as good as a browser of its own."""
        if self._used == len(self._all):
            context = self._chromium.new_context()
            context.new_page().goto(self._url)
            self._all.append(context)
        self._used += 1
        return self._all[self._used - 1]

    def clear(self) -> None:
        """Close what the test has opened, and forget what its pages have stored."""
        for context in self._all[: self._used]:
            keeper, *pages = context.pages
            for page in pages:
                page.evaluate("localStorage.clear()")
                page.close()
            keeper.evaluate("localStorage.clear()")
            context.clear_cookies()
        self._used = 0


@pytest.fixture(scope="package")
def profiles(chromium, server) -> Profiles:
    return Profiles(chromium, f"{server.url}/gv/status")


@pytest.fixture
def visit(profiles, server) -> Iterator[Callable]:
    """``visit(viewport, theme, before, address, moving)`` opens the app as in a browser of its own;
    no page may have complained. ``moving``: with what only moves to please, which takes a core."""
    complaints = []

    def open_page(
        viewport=DESKTOP,
        theme: str = "light",
        before: Callable | None = None,
        address: str = FRESH,
        moving: bool = False,
    ):
        page = profiles.next().new_page()
        page.set_viewport_size(viewport)
        motion = "no-preference" if moving else "reduce"
        page.emulate_media(color_scheme=theme, reduced_motion=motion)
        page.set_default_timeout(TIMEOUT)
        watch_page(page, server.url, complaints)
        if before:
            before(page)
        page.goto(server.url + address, wait_until="domcontentloaded")
        page.wait_for_selector("body[data-gv-ready=yes][data-gv-form=filled]")
        page.wait_for_selector("#gv-link[data-link=live]")
        return page

    yield open_page
    profiles.clear()
    assert complaints == []


@pytest.fixture(scope="package")
def school(tmp_path_factory) -> Iterator[Server]:
    """An app that a class may join."""
    folder = tmp_path_factory.mktemp("school")
    with serving(folder, "--host", "0.0.0.0", GANVIZ_PRESENTER_KEY=KEY) as started:
        yield started


@pytest.fixture
def browsers(profiles, school) -> Iterator[Callable]:
    """``browsers(address, viewport)``: a page of the school's app in a browser of its own; none may
    have complained."""
    complaints = []

    def open_page(address: str, viewport=DESKTOP):
        page = profiles.next().new_page()
        page.set_viewport_size(viewport)
        page.emulate_media(reduced_motion="reduce")
        page.set_default_timeout(TIMEOUT)
        watch_page(page, school.url, complaints)
        page.goto(school.url + address, wait_until="domcontentloaded")
        return page

    yield open_page
    profiles.clear()
    assert complaints == []


@pytest.fixture
def idle(server) -> None:
    """No run trains when the test begins."""
    stop(server)


@pytest.fixture(scope="module")
def only_ours(server) -> Iterator[None]:
    """What the module's tests train is theirs alone."""
    stop(server)
    yield
    stop(server)


@pytest.fixture
def watch(visit, server, only_ours) -> Callable:
    """``watch(preset)``: a page, opened as `visit` does, whose run of ``preset`` trains. It is the
    run of the test before where that trains or pauses still; a test that changes it stops it."""

    def open_page(preset: str = "digits-quick", **more):
        server.command("resume")
        run = server.status()
        page = visit(address=f"/?preset={preset}", **more)
        page.wait_for_function(
            "name => document.querySelector('#gv-i-preset').value === name", arg=preset
        )
        shown = page.evaluate("window.ganviz.now.run?.config.preset")
        if shown != preset or run is None or run["state"] not in ("paused", "running"):
            stop(server)
            page.click("#gv-train")
        page.wait_for_selector("body[data-gv-state=running]")
        return page

    return open_page


@pytest.fixture(scope="package")
def kept(chromium, server) -> None:
    """Two short runs are kept."""
    page = chromium.new_page(viewport=DESKTOP)
    page.set_default_timeout(TIMEOUT)
    page.goto(server.url + FRESH, wait_until="domcontentloaded")
    page.wait_for_selector("body[data-gv-ready=yes]")
    for _ in range(2):
        stop(server)
        start(page)
        page.wait_for_function("document.querySelector('#gv-scrub').max >= 2")
        stop(server)
    page.close()


@pytest.fixture
def trained(watch):
    """A page whose run has drawn its first pictures."""
    page = watch()
    wait_for_pictures(page)
    return page


def start(page) -> None:
    """Click Train and wait for the first pictures and curves."""
    page.click("#gv-train")
    page.wait_for_selector("body[data-gv-state=running]")
    wait_for_pictures(page)


def wait_for_pictures(page) -> None:
    page.wait_for_function("Number(document.body.dataset.gvPoints) >= 2")
    page.wait_for_function("Number(document.querySelector('#gv-grid').dataset.step) > 0")


def read_charts(page) -> None:
    """Point at the curves: Plotly comes, and takes them over from their sketch."""
    page.hover("#gv-plot-loss")
    page.wait_for_function("document.querySelector('#gv-plot-loss').data?.length > 0")


def stop(server: Server) -> None:
    """Stop whatever trains, and wait until it has ended."""
    end = time.monotonic() + START_SECONDS
    while server.command("stop").get("ok"):
        assert time.monotonic() < end, "the run does not end"
        time.sleep(0.05)


def at_rest(page, server: Server) -> int:
    """The step of a paused or ended run, when the page shows it."""
    step = server.step()
    page.wait_for_function(f"Number(document.body.dataset.gvStep) === {step}")
    return step


@contextlib.contextmanager
def held_back(page, pattern: str) -> Iterator[None]:
    """Requests of ``pattern`` wait until the block ends."""
    waiting: list = []
    ended = False
    page.route(pattern, lambda route: route.continue_() if ended else waiting.append(route))
    yield
    ended = True
    for route in waiting:
        route.continue_()


def drawn_twice(page) -> None:
    """Two frames of the page have been drawn since."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def in_both_themes(page) -> Iterator[str]:
    """Each theme, once the page, which was opened in the light one, is in it."""
    for theme in ("light", "dark"):
        page.wait_for_function(
            "dark => document.body.classList.contains('dark') === dark", arg=theme == "dark"
        )
        drawn_twice(page)
        yield theme
        page.click("#gv-theme")


def picture_of(page, selector: str) -> str:
    return page.eval_on_selector(selector, "canvas => canvas.toDataURL()")


def watch_page(page, url: str, complaints: list[str]) -> None:
    """Note what ``page`` complains of, and what it asks of other machines than that of ``url``."""
    home = urlparse(url).netloc

    def on_console(message) -> None:
        # a refusal with a sentence is an answer; a browser notes its status all the same
        told = ANSWERS.search(message.text) or any(
            status in message.text and where.search(message.location["url"])
            for status, where in SENTENCES.items()
        )
        if message.type == "error" and not told:
            complaints.append(f"console: {message.text} {message.location['url']}")

    page.on("console", on_console)
    page.on("pageerror", lambda error: complaints.append(f"page error: {error}"))
    page.on(
        "request",
        lambda r: (
            complaints.append(f"left the machine: {r.url}")
            if urlparse(r.url).scheme in ("http", "https", "ws", "wss")
            and urlparse(r.url).netloc != home
            else None
        ),
    )


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


def _wait_until_it_answers(process: subprocess.Popen, port: int, output: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/gv/status", timeout=60):
                return
        except urllib.error.HTTPError:  # a class lets in those who have joined
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"The app did not start:\n{output.read_text()}")
