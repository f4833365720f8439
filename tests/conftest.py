"""What tests of several folders share: a real Chromium, and a proxy."""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import shutil
import socket
import tempfile
import threading

import pytest

from benchmarks import browser as installation

os.environ.setdefault("GANVIZ_TUNE", "0")  # what a clock says must not decide a test
# the tests' networks are tiny: a second thread of torch only gets in the way of the other worker
os.environ.setdefault("OMP_NUM_THREADS", "1")
# imports make a million objects that all stay: looking through them is two fifths of collecting
gc.disable()
if "PYTEST_XDIST_WORKER" in os.environ:
    # The first to be registered runs last. What a worker has to say is said: taking a million
    # objects apart, one by one, is three seconds in which nobody does anything else.
    atexit.register(os._exit, 0)
MOST_WORKERS = 4  # each holds torch, and an app where it has browser tests: about 1 GB


DATA_ROOT = "GANVIZ_TESTS_DATA_ROOT"
"""The variable that names the data folder of this session's apps: what one has drawn, and the
classifiers that it has trained, the others find there."""


def pytest_configure(config):
    if not hasattr(config, "workerinput"):  # the workers inherit it
        os.environ[DATA_ROOT] = tempfile.mkdtemp(prefix="ganviz-tests-data-")
        config.add_cleanup(lambda: shutil.rmtree(os.environ.pop(DATA_ROOT), ignore_errors=True))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config):
    """The whole suite, or a folder of it, runs in one process more than there are cores, because
    pages and processes are waited for; named files run in this one, so that a debugger and print
    work."""
    if any(".py" in argument for argument in config.args):
        return 0
    allowed = getattr(os, "sched_getaffinity", None)
    return min(MOST_WORKERS, 1 + (len(allowed(0)) if allowed else os.cpu_count() or 1))


# files that share what is dear to start: an app and a browser, a server of forks (`tests.fresh`)
GROUPS = {
    # two halves: a page is waited for more than it computes, so two are driven at once
    "browser": (
        "tests/browser/test_a",
        "tests/browser/test_c",
        "tests/browser/test_i",
        "tests/browser/test_la",
        "tests/browser/test_le",
        "tests/browser/test_ta",
    ),
    "browser, too": ("tests/browser/",),
    "syntax": (  # `tests.syntax`
        "tests/accel/test_private_apis.py",
        "tests/engine/test_event_kinds.py",
        "tests/test_architecture.py",
        "tests/test_contracts.py",
        "tests/test_names.py",
    ),
    "processes": (
        "tests/benchmarks/test_sides.py",
        "tests/cli/test_signals.py",
        "tests/docs/test_promises.py",
        "tests/engine/test_distributed.py",
        "tests/engine/test_memory_need.py",
        "tests/runs/test_kill.py",
        "tests/runs/test_listing.py",
        "tests/server/test_serve.py",
    ),
}


def _group(nodeid):
    """What one worker runs as a whole: one of `GROUPS`, or a file, whose tests share its runs."""
    return next(
        (name for name, paths in GROUPS.items() if nodeid.startswith(paths)),
        nodeid.partition("::")[0],
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """The groups above; xdist's own marker for them says nothing to pytest 9.2."""
    from xdist.scheduler import LoadScopeScheduling

    class ByGroup(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return _group(nodeid)

    return ByGroup(config, log)


def pytest_collection_finish(session):
    gc.freeze()
    gc.enable()
    atexit.register(gc.unfreeze)  # else nanobind complains of what it leaves behind


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    gc.collect()
    gc.freeze()  # pytest collects ten times more as it ends, over all that the tests have left


def pytest_collection_modifyitems(config, items):
    if hasattr(config, "workerinput"):
        slow = {_group(item.nodeid) for item in items if item.get_closest_marker("slow")}
        items.sort(key=lambda item: _turn(_group(item.nodeid), slow))
    on_gpu = [item for item in items if item.get_closest_marker("gpu")]
    if not on_gpu:
        return
    import torch

    if not torch.cuda.is_available():
        for item in on_gpu:
            item.add_marker(pytest.mark.skip(reason="needs an NVIDIA GPU"))


def _turn(group, slow):
    """What takes longest begins first, so that no worker idles at the end: `GROUPS`, then files
    with slow tests, then all others."""
    return list(GROUPS).index(group) if group in GROUPS else len(GROUPS) + (group not in slow)


# no longer than a file: Playwright leaves an event loop running, in which asyncio.run fails
@pytest.fixture(scope="module")
def chromium():
    with a_browser() as browser:
        yield browser


@contextlib.contextmanager
def a_browser(*flags):
    """A Chromium; without one the test fails in CI and is skipped elsewhere."""
    path = installation.installed(installation.SHELL)
    if path is None:
        if os.environ.get("CI"):
            pytest.fail(installation.MISSING)
        pytest.skip(installation.MISSING)
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=path, headless=True, args=[*installation.FLAGS, *flags]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def to_schema_1():
    """A function that rewrites a checkpoint, in place, as ganviz 0.1 wrote them: with the
    optimisers and generators in a file of ``torch.save``. ``data``: put that there instead."""

    def convert(folder, data=None):
        import hashlib
        import io
        import json

        import torch

        from ganviz.engine import checkpoint

        if data is None:
            packed = io.BytesIO()
            torch.save(checkpoint.load(folder)[1].training, packed)
            data = packed.getvalue()
        for name in (checkpoint.TRAINING, checkpoint.TRAINING_TENSORS):
            (folder / name).unlink(missing_ok=True)
        (folder / "training.pt").write_bytes(data)
        manifest = json.loads((folder / checkpoint.STATE).read_text())
        del manifest["sha256"]
        files = manifest["files"]
        manifest["schema"] = 1
        manifest["files"] = {
            "config.json": files["config.json"],
            "weights.safetensors": files["weights.safetensors"],
            "training.pt": {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()},
        }
        digest = hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
        (folder / checkpoint.STATE).write_text(json.dumps({**manifest, "sha256": digest}))
        return folder

    return convert


class ReverseProxy:
    """A web server's proxy, as small as can be: it passes each connection's bytes on, with another
    path and other headers in the first request. ``below``: the path below which it shows the
    server. ``headers``: what it adds; None takes a header away."""

    def __init__(self, port: int, below: str = "", headers: dict | None = None):
        self._target, self._below, self._headers = port, below.encode(), headers or {}
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}{below}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                browser, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(browser,), daemon=True).start()

    def _serve(self, browser):
        with contextlib.suppress(OSError), browser:
            data = b""
            while b"\r\n\r\n" not in data:
                part = browser.recv(65536)
                if not part:
                    return
                data += part
            head, _, rest = data.partition(b"\r\n\r\n")
            with socket.create_connection(("127.0.0.1", self._target)) as server:
                server.sendall(self._rewritten(head) + b"\r\n\r\n" + rest)
                back = threading.Thread(target=self._copy, args=(server, browser), daemon=True)
                back.start()
                self._copy(browser, server)
                back.join(60)

    def _rewritten(self, head):
        first, *lines = head.split(b"\r\n")
        method, path, version = first.split(b" ")
        kept = [line for line in lines if line.split(b":")[0].decode().lower() not in self._headers]
        added = [f"{name}: {value}".encode() for name, value in self._headers.items() if value]
        if b"upgrade: websocket" not in head.lower() or "upgrade" in self._headers:
            # each further request of a connection would need its own rewriting
            kept = [line for line in kept if not line.lower().startswith(b"connection:")]
            added.append(b"Connection: close")
        path = path.removeprefix(self._below) or b"/"
        return b"\r\n".join([b" ".join((method, path, version)), *kept, *added])

    @staticmethod
    def _copy(source, target):
        with contextlib.suppress(OSError):
            while part := source.recv(65536):
                target.sendall(part)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)


@pytest.fixture
def proxy():
    """``proxy(port, below, headers)`` starts a `ReverseProxy` before the server at ``port``."""
    proxies = []

    def start(port, below="", headers=None):
        proxies.append(ReverseProxy(port, below, headers))
        return proxies[-1]

    yield start
    for one in proxies:
        one.close()
