"""A run that trains while it is explored: its weights, and who leaves in the middle."""

import asyncio
import threading
from types import SimpleNamespace

import pytest
import torch
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ganviz.config import RunConfig
from ganviz.latent import base_z, to_text
from ganviz.runs.manager import RunManager
from ganviz.runs.trained import load_generator
from ganviz.server import Gate, routes
from ganviz.server.explore_work import ExploreWork
from ganviz.server.guard import Refused

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


def test_no_client_takes_all_places():
    work, request = ExploreWork(), SimpleNamespace(scope={"client": ("me", 1)})
    held = [work.stream(request, lambda send, ended: None) for _ in range(16)]
    with pytest.raises(Refused, match="Too many people explore"):
        work.stream(request, lambda send, ended: None)
    assert len(held) == 16
