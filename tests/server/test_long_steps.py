"""While a step takes long, or a disk, everything else is answered."""

import json
import threading
import time
from contextlib import contextmanager
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
import torch
from starlette.applications import Starlette
from websockets.sync.client import connect

from ganviz import pacing
from ganviz.engine import run as run_module
from ganviz.engine.trainer import Trainer
from ganviz.errors import GanvizError
from ganviz.latent import base_z, to_text
from ganviz.runs.folder_frames import FolderFrames
from ganviz.runs.folder_run import FolderRun
from ganviz.runs.manager import RunManager
from ganviz.server import Gate, commands, routes
from ganviz.server.experiment_requests import MAX_WAITING, ExperimentRequests

# what is answered at all is answered long before this; what waits for the step is not
SECONDS = 30


class Held(threading.Event):
    """Set: steps go on. Clear: the next one ``holds``."""

    holds = False


@pytest.fixture
def served(serve, tools, tmp_path, monkeypatch):
    """(manager, the address of its server, an event: while it is clear no step ends; it tells
    whether one is held)."""
    free, step = Held(), Trainer.step
    free.set()

    def slow(trainer):
        free.holds = not free.is_set()
        free.wait(600)
        step(trainer)

    monkeypatch.setattr(run_module, "load_data", lambda *_: tools.noise())
    monkeypatch.setattr(Trainer, "step", slow)
    manager = RunManager(tmp_path / "runs", tmp_path, torch.device("cpu"))
    port = serve(Gate(Starlette(routes=routes(manager))))
    yield manager, f"127.0.0.1:{port}", free
    free.set()
    assert manager.close(60)


def ask(address, path, body=None):
    """(status, answer) of a GET, or of a POST of ``body``."""
    headers = {"content-type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    try:
        with urlopen(Request(f"http://{address}{path}", data, headers), timeout=SECONDS) as answer:
            return answer.status, answer.read()
    except HTTPError as refused:
        return refused.code, refused.read()


def wait_for(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.01)


def test_a_long_step_holds_up_nothing_that_a_page_asks(served, tools):
    manager, address, free = served
    kept = manager.start(tools.config({**tools.tiny, "steps": 4}))
    assert kept.join(60) and kept.state == "finished"
    current = manager.start(tools.config({**tools.tiny, "steps": 0}), replace=True)
    wait_for(lambda: current.state == "running" and current.snapshots.version)
    free.clear()
    # a run that is between two steps would obey
    wait_for(lambda: free.holds)
    requests = [
        ("/gv/command", {"action": "pause"}),
        ("/gv/command", {"action": "set", "settings": {"g_lr": 1e-4}}),
        (f"/gv/library/{kept.id}", {"action": "fork", "settings": {}, "replace": True}),
        (f"/gv/library/{kept.id}", {"action": "resume", "more_steps": 3, "replace": True}),
        (f"/gv/library/{current.id}", {"action": "resume", "replace": True}),
        (f"/gv/library/{current.id}", {"action": "delete"}),
        ("/gv/command", {"action": "stop"}),
    ]
    for path, body in requests:
        status, answer = ask(address, path, body)
        assert status in (200, 409, 422), answer
        for seen in ("/gv/library", f"/gv/library/{kept.id}", f"/gv/library/{kept.id}/history"):
            assert ask(address, seen)[0] == 200
        for run in (kept.id, current.id):
            assert ask(address, "/gv/latent", {"seed": 1, "run": run})[0] in (200, 409)
            assert ask(address, f"/gv/latent/info?run={run}")[0] in (200, 409)
        with connect(f"ws://{address}/gv/live") as viewer:
            assert json.loads(viewer.recv(SECONDS))["type"] == "hello"
    assert current.active, "the step has ended: nothing was tried"
    free.set()


def test_what_viewers_have_done_between_steps_does_not_pile_up(served, tools, monkeypatch):
    """Two kinds of question, each is put to the training thread once for all who ask."""
    manager, address, free = served
    monkeypatch.setattr(pacing, "SCORES_TIMEOUT", 0.5)
    monkeypatch.setattr(pacing, "SCORES_INTERVAL", 0.0)
    run = manager.start(tools.config({**tools.tiny, "steps": 0}))
    wait_for(lambda: run.state == "running" and run.snapshots.version)
    free.clear()
    wait_for(lambda: free.holds)
    tasks, between_steps = [], run.between_steps
    monkeypatch.setattr(
        run, "between_steps", lambda task: tasks.append(task) or between_steps(task)
    )
    z = to_text(base_z(1, run.config.latent_dim))
    y = 0 if run.config.conditional else None
    for _ in range(3):
        for name in ("scores", "eye"):
            status, answer = ask(address, f"/gv/explore/{name}", {"z": z, "y": y})
            assert status == 503 and b"step in progress" in answer, answer
        assert ask(address, f"/gv/runs/{run.id}/scores")[0] == 503
        assert ask(address, "/gv/class/game", {})[0] == 503
    assert len(tasks) == 3
    free.set()
    wait_for(lambda: ask(address, "/gv/explore/scores", {"z": z, "y": y})[0] == 200)


@contextmanager
def hanging(monkeypatch, owner, name, refused=False):
    """While the block runs, no call of a method ends; ``refused``: nor does anything come of it."""
    free, called = threading.Event(), getattr(owner, name)

    def hang(*values, **more):
        free.wait(600)
        if refused:
            raise GanvizError("Nothing came of it.")
        return called(*values, **more)

    monkeypatch.setattr(owner, name, hang)
    yield
    free.set()


@pytest.mark.parametrize(
    ("owner", "name"), [(FolderRun, "_read_on"), (FolderRun, "_publish"), (FolderFrames, "get")]
)
def test_a_disk_that_hangs_holds_up_nobody_who_does_not_need_it(
    served, tools, monkeypatch, owner, name
):
    manager, address, _ = served
    kept = manager.start(tools.config({**tools.tiny, "steps": 4}))
    assert kept.join(60)
    current = manager.start(tools.config({**tools.tiny, "steps": 0}), replace=True)
    wait_for(lambda: current.state == "running" and current.snapshots.version)
    with hanging(monkeypatch, owner, name):
        asked = [
            threading.Thread(target=ask, args=(address, path), daemon=True)
            for path in (f"/gv/library/{kept.id}/history", f"/gv/latent/info?run={kept.id}")
        ]
        for thread in asked:
            thread.start()
        with connect(f"ws://{address}/gv/live?run={kept.id}"):
            for _ in range(3):
                assert ask(address, "/gv/library")[0] == 200
                assert ask(address, "/gv/latent", {"seed": 1})[0] == 200
            with connect(f"ws://{address}/gv/live") as viewer:
                assert json.loads(viewer.recv(SECONDS))["run"]["id"] == current.id
    for thread in asked:
        thread.join(60)


def test_runs_that_cannot_be_made_hold_up_no_command(served, tools, monkeypatch):
    """A disk that hangs, or a game whose shapes take long: the run that trains still obeys."""
    manager, address, _ = served
    current = manager.start(tools.config({**tools.tiny, "steps": 0}))
    wait_for(lambda: current.state == "running")
    waiting = [
        ("/gv/train", {"preset": "digits-mlp", "replace": True}),
        (f"/gv/library/{current.id}", {"action": "fork", "replace": True}),
        ("/gv/estimate", {"preset": "digits-mlp"}),
    ]
    with (
        hanging(monkeypatch, RunManager, "start", refused=True),
        hanging(monkeypatch, RunManager, "fork", refused=True),
        hanging(monkeypatch, commands, "estimate", refused=True),
    ):
        asked = [
            threading.Thread(target=ask, args=(address, *one), daemon=True)
            for one in waiting
            for _ in range(5)
        ]
        for thread in asked:
            thread.start()
        wait_for(lambda: "ganviz-estimate_1" in {one.name for one in threading.enumerate()})
        assert ask(address, "/gv/command", {"action": "pause"})[0] == 200
        wait_for(lambda: current.state == "paused")
        assert ask(address, "/gv/library")[0] == 200
        assert ask(address, "/gv/command", {"action": "stop"})[0] == 200
        assert current.join(60)
    for thread in asked:
        thread.join(60)


def test_places_for_experiments_are_counted_before_they_begin(served):
    _, address, _ = served
    body = {"depth": 2, "width": 16, "steps": 2000}
    statuses, threads = [], []
    held = threading.Event()

    def frozen(self, config, steps, send, ended):
        held.wait(60)
        send(None)

    original, ExperimentRequests._freeze = ExperimentRequests._freeze, frozen
    try:
        for _ in range(3 * MAX_WAITING):
            threads.append(
                threading.Thread(
                    target=lambda: statuses.append(ask(address, "/gv/probe/frozen", body)[0])
                )
            )
            threads[-1].start()
        wait_for(lambda: len(statuses) >= 3 * MAX_WAITING - MAX_WAITING // 2)
        assert set(statuses) == {503}
        held.set()
        for thread in threads:
            thread.join(60)
    finally:
        ExperimentRequests._freeze = original
    assert statuses.count(200) == MAX_WAITING // 2
    assert ask(address, "/gv/probe/frozen", {**body, "steps": 1})[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "/gv/runs/{run}/frames/{long}.png",
        "/gv/runs/{long}/frames/1.png",
        "/gv/runs/{run}/frames/-1.png",
        "/gv/runs/{run}/frames/%D9%A6.png",
        "/gv/runs/{run}@{long}/frames/1.png",
        "/gv/library/{long}",
        "/gv/library/{run}@{long}/history",
        "/gv/library/{run}/exports/{long}.mp4",
        "/gv/library/{long}/thumb.png",
        "/gv/latent/info?run={long}",
        "/gv/latent/info?run={run}@{long}",
        "/gv/assets/{long}",
        "/gv/library/%00",
        "/gv/runs/%E2%80%AE/reals.png",
    ],
)
def test_numbers_and_names_without_end_are_refused_in_a_sentence(served, tools, path):
    manager, address, _ = served
    kept = manager.start(tools.config({**tools.tiny, "steps": 2}))
    assert kept.join(60)
    status, answer = ask(address, path.format(run=kept.id, long="9" * 4400))
    assert status in (404, 422) and json.loads(answer)["error"].endswith(".")


def test_a_cursor_without_end_gets_a_hello(served, tools):
    manager, address, _ = served
    run = manager.start(tools.config({**tools.tiny, "steps": 2}))
    assert run.join(60)
    with connect(f"ws://{address}/gv/live") as viewer:
        epoch = json.loads(viewer.recv(SECONDS))["epoch"]
    for cursor in ("9" * 5000, "9" * 18, "%D9%A6", "1e3"):
        with connect(f"ws://{address}/gv/live?epoch={epoch}&cursor={cursor}") as viewer:
            assert json.loads(viewer.recv(SECONDS))["type"] == "hello"
