"""Latent requests of many viewers share passes: each gets its own picture, the newest of a page
wins, and a training keeps its share of the processor."""

import asyncio
import json

import numpy as np
import pytest
import torch

from ganviz import pacing
from ganviz.engine.run import Run
from ganviz.errors import GanvizError
from ganviz.server import latent_batches
from ganviz.server.latent_batches import Budget
from ganviz.server.latent_requests import LatentRequests, PictureRequest


class Request:
    """As much of a request as is looked at."""

    def __init__(self, **body):
        self.scope = {"client": ("192.0.2.1", 1)}
        self._body = json.dumps(body).encode()

    async def body(self):
        return self._body

    async def is_disconnected(self):
        return False


@pytest.fixture
def server(manager, tools):
    tools.publish(manager.current, step=42)
    return LatentRequests(manager)


def together(server, *bodies):
    """The answers, or errors, to requests that come while the drawing thread is busy."""

    async def ask():
        async with server._thread.turn():
            tasks = []
            for body in bodies:
                tasks.append(asyncio.create_task(server.picture(Request(**body))))
                await asyncio.sleep(0)
        return await asyncio.gather(*tasks, return_exceptions=True)

    return asyncio.run(ask())


def counted(run, monkeypatch):
    """The number of pictures of each pass that ``run`` draws."""
    sizes, render = [], run.snapshots.render
    monkeypatch.setattr(
        run.snapshots, "render", lambda z, y: (sizes.append(len(z)), render(z, y))[1]
    )
    return sizes


def test_requests_that_wait_share_a_pass_and_get_their_own_picture(server, manager, monkeypatch):
    bodies = [{"seed": n, "class": n % 10, "raw": {"1": n / 8}} for n in range(30)]
    alone = [
        np.frombuffer(together(server, body)[0].body, np.uint8).astype(int) for body in bodies[:5]
    ]
    sizes = counted(manager.current, monkeypatch)
    answers = together(server, *bodies)
    assert sizes == [30]
    assert [int(answer.headers["x-gv-class"]) for answer in answers] == [n % 10 for n in range(30)]
    for expected, answer in zip(alone, answers, strict=False):
        # sums of a batch may be taken in another order: the last bit of a byte
        assert np.abs(np.frombuffer(answer.body, np.uint8).astype(int) - expected).max() <= 1


def test_one_wrong_request_spoils_no_other(server):
    answers = together(server, {"seed": 1}, {"raw": {"99": 1}}, {"class": 77}, {"seed": 2})
    assert [isinstance(answer, GanvizError) for answer in answers] == [False, True, True, False]
    assert [answers[1].field, answers[2].field] == ["raw", "class"]


def test_the_newest_request_of_a_page_takes_the_place_of_the_one_that_waits(
    server, manager, monkeypatch
):
    sizes = counted(manager.current, monkeypatch)
    old, other, new = together(
        server, {"page": "a", "class": 1}, {"page": "b", "class": 2}, {"page": "a", "class": 3}
    )
    assert (old.status_code, old.body) == (204, b"")
    assert (other.headers["x-gv-class"], new.headers["x-gv-class"]) == ("2", "3")
    assert sizes == [2]


def test_a_request_that_was_called_off_is_replaced_without_harm(server):
    async def ask():
        async with server._thread.turn():
            for seed in (1, 2):
                last = asyncio.create_task(server.picture(Request(page="a", seed=seed)))
                await asyncio.sleep(0)
                if seed == 1:
                    last.cancel()
                    await asyncio.sleep(0)
        return await last

    assert asyncio.run(ask()).status_code == 200


def test_what_a_pass_stumbles_over_reaches_all_who_wait_and_ends_nothing(server, monkeypatch):
    monkeypatch.setattr(server, "_draw_each", lambda run, queries: 1 / 0)
    assert all(isinstance(one, ZeroDivisionError) for one in together(server, {}, {"seed": 1}))
    monkeypatch.undo()
    assert together(server, {"seed": 1})[0].status_code == 200


def test_a_budget_rests_so_long_that_work_takes_its_share(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(latent_batches.time, "monotonic", lambda: now[0])
    budget = Budget(share=0.2, longest=1.0)
    assert budget.left() == 0
    budget.spend(0.1)
    assert budget.left() == pytest.approx(0.4)  # 0.1 of 0.5 is a fifth
    now[0] += 0.3
    assert budget.left() == pytest.approx(0.1)
    budget.spend(60)
    assert budget.left() == 1.0


@pytest.mark.parametrize("training", [False, True])
def test_passes_rest_only_while_a_run_trains(server, monkeypatch, training):
    rests = []

    async def sleep(seconds):
        rests.append(seconds)

    monkeypatch.setattr(server._thread, "_is_training", lambda: training)
    together(server, {"seed": 1})
    monkeypatch.setattr(latent_batches.asyncio, "sleep", sleep)
    asyncio.run(server.picture(Request(seed=2)))
    assert bool(rests) == training
    assert all(0 < rest <= pacing.LATENT_LONGEST_REST for rest in rests)


def test_a_run_that_thirty_drag_is_one_that_nobody_watches_bit_for_bit(manager, tools):
    def trained(dragged):
        config = tools.config({**tools.tiny, "steps": 60})
        run = manager.start(Run(config, device=torch.device("cpu"), run_id=str(dragged)))
        server, seed = LatentRequests(manager), 0
        run.start()
        while run.active:
            if dragged and run.snapshots.version:
                seed += 30
                together(server, *({"seed": seed + n, "class": n % 10} for n in range(30)))
            else:
                run.join(0.01)
        assert run.state == "finished", run.error
        return run.trainer.weights(), seed

    (plain, _), (dragged, seed) = trained(False), trained(True)
    assert seed >= 30
    assert all(torch.equal(value, dragged[name]) for name, value in plain.items())


def test_a_page_names_itself_in_a_few_letters(client):
    assert PictureRequest(page="x" * 32).page
    assert client.post("/gv/latent", json={"page": "x" * 33}).status_code == 422
