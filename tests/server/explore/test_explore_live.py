"""A run that trains while it is explored: its weights, and who leaves in the middle."""

import asyncio
import json
import threading
import time
from types import SimpleNamespace

import pytest
import torch
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ganviz import pacing
from ganviz.classroom import Visitor
from ganviz.config import RunConfig
from ganviz.engine import checkpoint
from ganviz.errors import GanvizError
from ganviz.latent import base_z, to_text
from ganviz.runs.manager import RunManager
from ganviz.runs.trained import load_generator
from ganviz.server import Gate, explore_runs, routes
from ganviz.server.discretion import UNSAID
from ganviz.server.explore_work import ExploreWork
from ganviz.server.guard import Refused
from ganviz.server.visitor_scope import with_visitor

from .conftest import RUNS

CONFIG = RunConfig.parse({**RUNS["gan"], "steps": 600})

ONE = {"z": to_text(base_z(1, 6)), "y": 2}
REQUESTS = {"scores": ONE, "samples": ONE, "eye": ONE, "morph": ONE, "directions": {"kind": "sefa"}}


def finished(root, visit):
    """The weights of a run during which ``visit(client)`` is called again and again."""
    manager = RunManager(root / "runs", root.parent / "data", torch.device("cpu"))
    with TestClient(Gate(Starlette(routes=routes(manager)))) as client:
        run = manager.start(CONFIG)
        while run.active:
            visit(client)
        run.join(30)
    assert run.state == "finished", run.sentence
    manager.close()
    return load_generator(root / "runs" / run.id).network.state_dict()


def test_training_is_bit_for_bit_what_it_is_alone(tmp_path):
    answers = {}

    def explore(client):
        for name, body in REQUESTS.items():
            answer = client.post(f"/gv/explore/{name}", json=body)
            answers[name] = max(answers.get(name, 0), answer.status_code == 200)

    alone = finished(tmp_path / "alone", lambda _: threading.Event().wait(0.05))
    watched = finished(tmp_path / "watched", explore)
    assert answers == dict.fromkeys(REQUESTS, True)
    assert all(torch.equal(alone[name], watched[name]) for name in alone)


def test_who_leaves_in_the_middle_ends_the_work():
    work, seen = ExploreWork(), threading.Event()

    def endless(send, ended):
        send({"step": 1})
        if ended.wait(20):
            seen.set()

    async def leave():
        response = work.stream(SimpleNamespace(scope={"client": ("me", 1)}), endless)
        lines = response.body_iterator
        assert await anext(lines) == b'{"step":1}\n'
        await lines.aclose()

    asyncio.run(leave())
    assert seen.wait(20)


@pytest.mark.parametrize("found", [True, False])
def test_long_work_ends_in_time_with_what_it_has(monkeypatch, found):
    """The others wait for it."""
    monkeypatch.setattr(pacing, "EXPLORE_TIMEOUT", 0.1)

    def endless(send, ended):
        send({"step": 1})
        while not ended.is_set():
            time.sleep(0.01)
        if found:
            send({"step": 2, "done": True})

    async def told():
        response = ExploreWork().stream(SimpleNamespace(scope={"client": ("me", 1)}), endless)
        return [json.loads(line) async for line in response.body_iterator]

    last = asyncio.run(told())[-1]
    assert last == {"step": 2, "done": True} if found else "takes too long" in last["error"]


@pytest.mark.parametrize("error", [GanvizError, LookupError])
def test_a_line_names_folders_to_presenters_only(error):
    sentence = "There is no folder /home/ada/pictures."

    def failing(send, ended):
        raise error(sentence)

    async def told(visitor):
        scope = with_visitor({"client": ("me", 1)}, visitor)
        lines = ExploreWork().stream(SimpleNamespace(scope=scope), failing).body_iterator
        return [json.loads(line) async for line in lines]

    assert asyncio.run(told(Visitor("a", presenter=True))) == [{"error": sentence}]
    assert asyncio.run(told(Visitor("b"))) == [{"error": UNSAID}]


def test_no_client_takes_all_places():
    work, request = ExploreWork(), SimpleNamespace(scope={"client": ("me", 1)})
    held = [work.stream(request, lambda send, ended: None) for _ in range(16)]
    with pytest.raises(Refused, match="Too many people explore"):
        work.stream(request, lambda send, ended: None)
    other = SimpleNamespace(scope={"client": ("you", 1)})
    held.append(work.stream(other, lambda send, ended: None))


def test_a_kept_run_is_read_again_only_for_a_new_checkpoint(explored, monkeypatch):
    monkeypatch.setattr(pacing, "EXPLORE_COPY_INTERVAL", 0.0)
    loaded, newest = [], checkpoint.newest
    load = explore_runs.load_networks
    monkeypatch.setattr(
        explore_runs, "load_networks", lambda *way: loaded.append(way) or load(*way)
    )
    runs, run = explore_runs.ExploreRuns(explored.manager), SimpleNamespace(id="gan")
    first = runs.networks(run)
    assert runs.networks(run) is first and len(loaded) == 1
    monkeypatch.setattr(checkpoint, "newest", lambda folder: newest(folder).with_name("later"))
    assert runs.networks(run) is not first and len(loaded) == 2
