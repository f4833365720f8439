"""Polls, the game and the wall, as a presenter and two viewers meet them over HTTP."""

import asyncio
import io
import threading
import time
from concurrent.futures import Future
from types import SimpleNamespace

import pytest
import torch
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.testclient import TestClient

from ganviz.classroom import Classroom
from ganviz.classroom.discriminator_game import Pairs
from ganviz.config import RunConfig
from ganviz.engine.run import Run
from ganviz.errors import GanvizError
from ganviz.runs.manager import RunManager
from ganviz.server import routes
from ganviz.server.class_game import GameRequests
from ganviz.server.class_polls import PollRequests
from ganviz.server.visitor_scope import with_visitor

SMALL = {"batch_size": 8, "g_hidden": (16,), "d_hidden": (16,), "steps": 0}


class As:
    """Lets the visitor in whom a header names."""

    def __init__(self, app, room):
        self._app = app
        self._visitors = {"presenter": room.join(presenter=True)}
        self._visitors |= {name: room.join() for name in ("ann", "bob")}

    async def __call__(self, scope, receive, send):
        name = dict(scope.get("headers", ())).get(b"x-as", b"presenter").decode()
        await self._app(with_visitor(scope, self._visitors[name]), receive, send)


@pytest.fixture(scope="module")
def school(tmp_path_factory):
    """A class whose run is paused after three steps, and ``post(name, path, body)`` as one of
    it."""
    folder, classroom = tmp_path_factory.mktemp("school"), Classroom()
    manager = RunManager(folder / "runs", folder / "data", torch.device("cpu"))
    app = As(Starlette(routes=routes(manager, classroom)), classroom.room)
    client = TestClient(app)
    visitors = app._visitors

    def post(name, path, **body):
        answer = client.post(f"/gv/{path}", json=body, headers={"x-as": name})
        return SimpleNamespace(status=answer.status_code, **{"error": "", **answer.json()})

    def get(name, path):
        return client.get(f"/gv/{path}", headers={"x-as": name})

    def sees(name, piece):
        return classroom.view(visitors[name])[piece]

    def train(preset, steps=3, **changes):
        run = manager.start(RunConfig.from_preset(preset, **{**SMALL, **changes}), replace=True)
        run.step(steps)
        end = time.monotonic() + 90
        while not (run.state == "paused" and run.step_count >= steps):
            assert time.monotonic() < end, run.status()
            time.sleep(0.02)
        return run

    handles = [visitor.handle for visitor in visitors.values()]
    yield SimpleNamespace(
        post=post,
        get=get,
        sees=sees,
        train=train,
        manager=manager,
        handles=handles,
        classroom=classroom,
    )
    manager.close(20)


def test_a_poll_of_the_presenters_own(school):
    assert school.post("ann", "class/poll", action="ask", ask="?", choices=["a", "b"]).status == 403
    refused = school.post("presenter", "class/poll", action="ask", ask="?", choices=["a"])
    assert refused.status == 422 and "2 to 5" in refused.error
    assert school.post("presenter", "class/poll", action="ask", ask="Q?", choices=["a", "b"]).ok
    poll = school.sees("ann", "poll")
    for name, choice in (("ann", 0), ("bob", 1), ("ann", 1)):
        assert school.post(name, "class/vote", poll=poll["id"], round=1, choice=choice).ok
    assert (
        school.sees("bob", "poll")["counts"] is None and school.sees("bob", "poll")["voters"] == 2
    )
    assert school.post("presenter", "class/poll", action="again", poll=poll["id"]).status == 422
    school.post("presenter", "class/poll", action="close", poll=poll["id"])
    late = school.post("ann", "class/vote", poll=poll["id"], round=1, choice=0)
    assert late.status == 422 and "closed" in late.error
    school.post("presenter", "class/poll", action="again", poll=poll["id"])
    late = school.post("ann", "class/vote", poll=poll["id"], round=1, choice=0)
    assert late.status == 409 and "votes again" in late.error
    assert school.post("ann", "class/vote", poll=poll["id"], round=2, choice=0).ok
    school.post("presenter", "class/poll", action="reveal", poll=poll["id"], choice=0)
    assert school.sees("ann", "poll")["counts"] == [[0, 2], [1, 0]]
    assert school.post("presenter", "class/poll", action="away", poll=poll["id"]).ok
    assert school.sees("ann", "poll") is None
    assert "Another question" in school.post("ann", "class/vote", poll="x", round=1, choice=0).error


def test_pages_see_a_closed_poll_also_where_the_disk_is_full(school, monkeypatch):
    school.post("presenter", "class/poll", action="ask", ask="Q?", choices=["a", "b"])
    poll, told = school.sees("ann", "poll"), []

    def full(*_):
        raise GanvizError("The disk is full.")

    monkeypatch.setattr(PollRequests, "_keep", full)
    school.classroom.subscribe(lambda: told.append(school.sees("ann", "poll")["state"]))
    refused = school.post("presenter", "class/poll", action="close", poll=poll["id"])
    assert refused.error == "The disk is full." and told == ["closed"]
    school.classroom._listeners.clear()
    monkeypatch.undo()
    school.post("presenter", "class/poll", action="away", poll=poll["id"])


def test_a_lessons_question_is_answered_by_the_run(school):
    run = school.train("ring8-collapse")
    assert school.post("presenter", "class/poll", action="ask", lesson="nothing").status == 404
    assert school.post("presenter", "class/poll", action="ask", lesson="mode-collapse").ok
    poll = school.sees("ann", "poll")
    school.post("ann", "class/vote", poll=poll["id"], round=1, choice=0)
    early = school.post("presenter", "class/poll", action="reveal", poll=poll["id"])
    assert early.status == 409 and "the run is at" in early.error
    assert school.sees("ann", "poll")["state"] == "open", "a refusal has no effect"
    assert school.post(
        "presenter", "class/predict", run=run.id, lesson="mode-collapse", choice=1
    ).ok
    waiting = school.get("ann", f"answer?run={run.id}&lesson=mode-collapse").json()
    assert waiting["state"] == "waiting" and waiting["choice"] is None
    # half a minute later
    run.log_at(2000, "scalars", loss_d=1.0, elapsed=60.0)
    run.log_at(2000, "modes", strict=1, captured=1, quality=0.9)
    address = f"answer?run={run.id}&lesson=mode-collapse"
    for state in ("open", "closed"):
        assert school.sees("ann", "poll")["state"] == state
        peeked = school.get("ann", address)
        assert peeked.status_code == 409 and "votes on this question" in peeked.text
        assert school.get("presenter", address).json()["choice"] == 0
        if state == "open":
            school.post("presenter", "class/poll", action="close", poll=poll["id"])
    assert school.post("presenter", "class/poll", action="reveal", poll=poll["id"]).ok
    answer = school.sees("ann", "poll")["answer"]
    assert answer["choice"] == 0 and "1 of" in answer["figure"] and answer["why"]
    known = school.get("bob", f"answer?run={run.id}&lesson=mode-collapse").json()
    assert known["state"] == "known" and known["why"] == answer["why"]
    assert school.get("ann", "class/results.csv").status_code == 403
    table = school.get("presenter", f"class/results.csv?run={run.id}").text
    assert "mode-collapse" in table and table.count("prediction") == 1 and "False" in table
    assert all(handle not in table for handle in school.handles)
    school.post("presenter", "class/poll", action="away", poll=poll["id"])


def test_a_question_about_another_set_up_is_not_answered_by_this_run(school):
    if school.manager.current is None or school.manager.current.config.preset != "ring8-collapse":
        school.train("ring8-collapse")
    school.post("presenter", "class/poll", action="ask", lesson="spectral-norm")
    poll = school.sees("ann", "poll")
    refused = school.post("presenter", "class/poll", action="reveal", poll=poll["id"])
    assert refused.status == 409 and "start that one first" in refused.error
    school.post("presenter", "class/poll", action="away", poll=poll["id"])


def test_two_quick_clicks_make_one_game(manager, monkeypatch):
    games, made = GameRequests(manager, Classroom()), []

    def between_steps(task):
        made.append(Future())
        threading.Timer(
            0.05, made[-1].set_result, [Pairs(0, (True,), None, None, b"", 8, 8)]
        ).start()
        return made[-1]

    async def body():
        return {"type": "http.request", "body": b"{}"}

    async def click():
        headers = [(b"content-type", b"application/json")]
        return await games.make(Request({"type": "http", "headers": headers}, body))

    async def clicks():
        return await asyncio.gather(click(), click())

    monkeypatch.setattr(manager.current, "between_steps", between_steps)
    monkeypatch.setattr(Run, "active", True)
    assert [answer.status_code for answer in asyncio.run(clicks())] == [200, 200]
    assert len(made) == 1 and len(games._games) == 1


def test_the_game_and_the_wall(school):
    assert "needs pictures" in school.post("presenter", "class/game").error or (
        "start one first" in school.post("presenter", "class/game").error
    )
    run = school.train("digits-mlp")
    assert school.post("ann", "class/game").status == 403
    assert school.post("presenter", "class/game").ok
    game = school.sees("ann", "game")
    assert game["pairs"] == 10 and game["right"] == [] and game["league"] is None
    assert school.post("presenter", "class/game").ok
    assert school.sees("ann", "game")["id"] == game["id"], "one game a step"
    sheet = Image.open(io.BytesIO(school.get("ann", f"class/games/{game['id']}.png").content))
    assert sheet.size == (2 * game["width"], 10 * game["height"])
    for pair in range(10):
        answer = school.post("ann", "class/play", game=game["id"], pair=pair, left=True)
        assert answer.right == answer.game["right"][pair]
    again = school.post("ann", "class/play", game=game["id"], pair=3, left=True)
    assert again.status == 422 and "already" in again.error
    done = school.sees("presenter", "game")
    assert done["finished"] == 1 and len(done["league"]) == 1 and len(done["history"]) == 1
    assert 0 <= done["history"][0]["d_rate"] <= 1
    assert "you are D" in school.get("presenter", f"class/results.csv?run={run.id}").text

    shut = school.post("ann", "class/wall/put", seed=3)
    assert shut.status == 409 and "presenter opens it" in shut.error
    assert school.post("ann", "class/wall", action="open").status == 403
    assert school.post("presenter", "class/wall", action="open").ok
    for name, seed in (("ann", 3), ("bob", 4), ("ann", 5)):
        assert school.post(name, "class/wall/put", seed=seed).ok
    wall = school.sees("bob", "wall")
    assert len(wall["handles"]) == 2 and wall["mine"] == 1 and wall["owners"] is None
    answer = school.get("bob", "class/wall.png")
    tile = int(answer.headers["X-Gv-Tile"])
    assert Image.open(io.BytesIO(answer.content)).width == tile * int(
        answer.headers["X-Gv-Columns"]
    )
    owner = school.sees("presenter", "wall")["owners"][0]
    assert school.post("presenter", "class/wall", action="remove", owner=owner).ok
    assert len(school.sees("bob", "wall")["handles"]) == 1
    assert school.post("presenter", "class/wall", action="clear").ok
    assert "Nothing hangs" in school.get("bob", "class/wall.png").json()["error"]
    run.stop()
    assert run.join(60)
    assert "start one first" in school.post("presenter", "class/game").error
