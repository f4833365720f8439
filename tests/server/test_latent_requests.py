"""Pictures for sliders: the same request gives the same picture, every control changes it, nonsense
is refused."""

import asyncio
import json
import socket as sockets
import threading
import time
from urllib.error import HTTPError
from urllib.request import urlopen

import numpy as np
import pytest
import torch
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from ganviz import latent, pacing
from ganviz.data.source import DataSpec
from ganviz.engine.frames import fixed_latents, layout_for
from ganviz.engine.snapshot import SnapshotStore
from ganviz.server import latent_batches
from ganviz.server.guard import Guard, Refused, missing
from ganviz.server.latent_requests import LatentRequests
from ganviz.server.limits import Places
from ganviz.server.workers import with_generator

from .live_viewers import wait_for


@pytest.fixture
def drawing(manager, tools):
    """The current run with a generator."""
    tools.publish(manager.current, step=42)
    return manager.current


def picture(client, address="/gv/latent", **wish):
    """The picture asked for, int [H, W, 3]."""
    response = client.post(address, json=wish)
    assert response.status_code == 200, response.text
    height, width = int(response.headers["x-gv-height"]), int(response.headers["x-gv-width"])
    return np.frombuffer(response.content, np.uint8).reshape(height, width, 3).astype(int)


def test_a_picture_is_plain_rgb_with_its_size_and_step(client, drawing):
    response = client.post("/gv/latent", json={"seed": 3, "class": 7})
    assert len(response.content) == 8 * 8 * 3
    assert {name: value for name, value in response.headers.items() if name.startswith("x-gv")} == {
        "x-gv-width": "8",
        "x-gv-height": "8",
        "x-gv-step": "42",
        "x-gv-version": "1",
        "x-gv-class": "7",
    }
    assert response.headers["cache-control"] == "no-store"
    grey = picture(client, seed=3, **{"class": 7})
    assert np.array_equal(grey[..., 0], grey[..., 1]) and np.array_equal(grey[..., 0], grey[..., 2])


def test_the_same_wish_gives_the_same_picture(client, drawing):
    wish = {"seed": 5, "class": 1, "directions": {"0": 1.5, "3": -2}, "raw": {"2": 0.5}, "psi": 0.8}
    assert np.array_equal(picture(client, **wish), picture(client, **wish))


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 6},
        {"class": 2},
        {"directions": {"0": 2.0}},
        {"directions": {"7": -4}},
        {"raw": {"11": 3.0}},
        {"psi": 0.2},
        {"directions": {"0": 1.5}, "raw": {"0": 1.0}},
    ],
)
def test_every_control_changes_the_picture(client, drawing, change):
    wish = {"seed": 5, "class": 1}
    assert not np.array_equal(picture(client, **wish), picture(client, **{**wish, **change}))


def test_without_a_class_the_seed_chooses_it(client, drawing):
    assert client.post("/gv/latent", json={"seed": 27}).headers["x-gv-class"] == "7"
    assert np.array_equal(picture(client, seed=27), picture(client, seed=27, **{"class": 7}))


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"seed": -1}, "seed"),
        ({"seed": 2**31}, "seed"),
        ({"seed": 10**300}, "seed"),
        ({"seed": 1.5}, "seed"),
        ({"seed": None}, "seed"),
        ({"seed": "many"}, "seed"),
        ({"class": 10}, "class"),
        ({"class": -1}, "class"),
        ({"class": "7th"}, "class"),
        ({"directions": {"8": 1}}, "directions"),
        ({"directions": {"0": 4.1}}, "directions.0"),
        ({"directions": {"-1": 1}}, "directions.-1"),
        ({"directions": {"up": 1}}, "directions.up"),
        ({"directions": [1, 2]}, "directions"),
        ({"directions": {"0": "NaN"}}, "directions.0"),
        ({"raw": {"12": 1}}, "raw"),
        ({"raw": {"0": 1e300}}, "raw.0"),
        ({"raw": {str(10**30): 1}}, "raw"),
        ({"psi": -0.1}, "psi"),
        ({"psi": 9}, "psi"),
        ({"raw": {str(i): 0 for i in range(1025)}}, "raw"),
        ({"sead": 1}, "sead"),
        ({"run": ["one"]}, "run"),
    ],
)
def test_nonsense_is_refused_with_a_sentence_and_its_field(client, drawing, wish, field):
    response = client.post("/gv/latent", json=wish)
    assert response.status_code == 422
    answer = response.json()
    assert answer["error"].endswith(".")
    assert answer["field"] == field


@pytest.mark.parametrize(
    "body",
    [
        '{"psi": NaN}',
        '{"raw": {"0": Infinity}}',
        '{"psi": -Infinity}',
        '{"raw": {"0": 1e999}}',
        "{",
        "",
        "[]",
        "7",
        '{"seed": ' + "9" * 5000 + "}",
        "\ud800".encode("utf-8", "surrogatepass"),
        "[" * 10_000,
    ],
)
def test_what_is_no_number_or_no_request_is_refused(client, drawing, body):
    response = client.post("/gv/latent", content=body, headers={"content-type": "application/json"})
    assert response.status_code in (400, 422)
    assert response.json()["error"].endswith(".")


def test_an_endless_request_is_not_read(client, drawing):
    response = client.post("/gv/latent", content=b" " * 70_000)
    assert response.status_code == 413
    assert response.json()["error"].endswith(".")


def test_nothing_to_draw_yet(manager, client, tools):
    strip = {"a": {}, "b": {}}
    # a page of a run that is resumed asks before its classes are known again
    manager.current.snapshots = SnapshotStore(12, (), True, "images")
    wishes = ({}, {"class": 7}, {"directions": {"0": 2}}, {"tile": 3})
    for address, wish in (("/gv/strip", strip), *(("/gv/latent", wish) for wish in wishes)):
        response = client.post(address, json=wish)
        assert response.status_code == 409
        assert "no picture yet" in response.json()["error"]
    assert client.get("/gv/latent/info").status_code == 409
    assert client.post("/gv/latent", json={"run": "nowhere"}).status_code == 404
    manager.current = None
    assert client.post("/gv/latent", json={}).status_code == 409
    assert client.get("/gv/latent/info").status_code == 409


def test_an_unconditional_generator_takes_no_class(manager, client, tools):
    tools.publish(manager.start(tools.still_run("two", conditioning="none")))
    assert picture(client, seed=1).shape == (8, 8, 3)
    response = client.post("/gv/latent", json={"seed": 1, "class": 0})
    assert (response.status_code, response.json()["field"]) == (422, "class")
    assert client.get("/gv/latent/info").json()["conditional"] is False


def test_an_earlier_run_can_still_be_asked(manager, client, drawing, tools):
    before = picture(client, seed=1)
    tools.publish(manager.start(tools.still_run("two")), seed=9)
    assert not np.array_equal(picture(client, seed=1), before)
    assert np.array_equal(picture(client, seed=1, run="one"), before)


def test_points_are_told_by_their_place(manager, client, tools):
    run = manager.current
    run.spec = DataSpec("ring", "points", (2,), 100)
    run.snapshots = SnapshotStore(12, (), False, "points")
    run.config = run.config.but(conditioning="none")
    tools.publish(run)
    (point,) = client.post("/gv/latent", json={"seed": 3}).json()["points"]
    assert len(point) == 2 and all(isinstance(value, float) for value in point)
    assert len(client.post("/gv/strip", json={"a": {}, "b": {}}).json()["points"]) == 8
    assert client.get("/gv/latent/info").json()["width"] is None


def test_the_z_of_a_tile_can_be_taken(manager, client, drawing):
    run = manager.current
    layout = layout_for(run.spec, run.config.conditional)
    z = fixed_latents(run.config, layout.count)[3]
    label = int(layout.y[3]) if layout.y is not None else None
    spec = {"tile": 3, "class": label}
    wanted, _, _ = run.snapshots.render(z[None], None if label is None else torch.tensor([label]))
    assert np.array_equal(picture(client, **spec), wanted[0].repeat(3, axis=2))
    answer = client.post("/gv/latent", json={"tile": layout.count})
    assert answer.status_code == 422 and "tile" in answer.json()["error"]


def test_info_tells_which_sliders_there_are(client, drawing):
    info = client.get("/gv/latent/info?run=one").json()
    strengths = [direction.pop("strength") for direction in info["directions"]]
    assert info == {
        "latent_dim": 12,
        "conditional": True,
        "classes": list("0123456789"),
        "version": 1,
        "step": 42,
        "width": 8,
        "height": 8,
        "directions": [{"index": i, "label": f"Direction {i + 1}"} for i in range(8)],
    }
    assert strengths[0] == 1.0
    assert strengths == sorted(strengths, reverse=True)


@pytest.mark.parametrize("way", ["slerp", "lerp"])
@pytest.mark.parametrize("steps", [2, 3, 8])
def test_a_strip_ends_in_the_pictures_of_its_ends(client, drawing, way, steps):
    a = {"seed": 1, "class": 3, "directions": {"0": 1.0}}
    b = {"seed": 2, "class": 5, "raw": {"4": -1.0}}
    strip = picture(client, "/gv/strip", a=a, b=b, path=way, steps=steps)
    assert strip.shape == (8, 8 * steps, 3)
    assert np.abs(strip[:, :8] - picture(client, **a)).max() <= 1  # a batch may round differently
    assert np.abs(strip[:, -8:] - picture(client, **b)).max() <= 1


def test_the_way_changes_the_strip(client, drawing):
    wish = {"a": {"seed": 1, "class": 3}, "b": {"seed": 2, "class": 3}, "steps": 5}
    round_way, straight_way = (
        picture(client, "/gv/strip", path=way, **wish) for way in ("slerp", "lerp")
    )
    assert not np.array_equal(round_way, straight_way)


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"a": {}}, "b"),
        ({"a": {}, "b": {}, "steps": 1}, "steps"),
        ({"a": {}, "b": {}, "steps": 33}, "steps"),
        ({"a": {}, "b": {}, "path": "walk"}, "path"),
        ({"a": {"seed": -1}, "b": {}}, "a.seed"),
        ({"a": {"raw": {"12": 1}}, "b": {}}, "raw"),
        ({"a": {}, "b": {"run": "one"}}, "b.run"),
    ],
)
def test_a_wrong_strip_is_refused(client, drawing, wish, field):
    response = client.post("/gv/strip", json=wish)
    assert (response.status_code, response.json()["field"]) == (422, field)


def test_directions_follow_the_generator_without_flipping(manager, drawing, tools, monkeypatch):
    monkeypatch.setattr(pacing, "DIRECTIONS_INTERVAL", 0.0)
    monkeypatch.setattr(pacing, "DIRECTIONS_SHARE", 1e9)
    server = LatentRequests(manager)
    before = server._directions(drawing)
    assert server._directions(drawing) is before
    network = drawing.snapshots._front.generator
    with torch.no_grad():
        network.first.weight *= -1.01
    drawing.snapshots.publish(network, 43)
    after = server._directions(drawing)
    assert after is not before
    assert torch.allclose(after.vectors, before.vectors, atol=1e-5)


def test_at_rest_the_directions_are_those_of_the_generator_that_draws(manager, drawing):
    server = LatentRequests(manager)
    network = drawing.snapshots._front.generator
    for state, is_newest in (("running", False), ("paused", True)):
        before = server._directions(drawing)
        with torch.no_grad():
            network.first.weight.copy_(torch.randn(network.first.weight.shape))
        drawing.state = state
        drawing.snapshots.publish(network, 43)
        newest = latent.directions(drawing.snapshots.first_layer(), 8, before)
        assert torch.equal(server._directions(drawing).vectors, newest.vectors) == is_newest


def test_who_has_given_up_is_not_drawn_for(manager, drawing):
    class Request:
        """A request whose browser may have given up."""

        def __init__(self, gone):
            self.gone = gone
            self.scope = {"client": ("192.0.2.1", 1)}

        async def body(self):
            return json.dumps({"seed": 1}).encode()

        async def is_disconnected(self):
            return self.gone

    server = LatentRequests(manager)
    drawn = []
    server._draw_each = lambda run, queries: [drawn.append(one) or Response() for one in queries]
    assert asyncio.run(server.picture(Request(gone=True))).status_code == latent_batches.CLIENT_GONE
    assert drawn == []
    asyncio.run(server.picture(Request(gone=False)))
    assert len(drawn) == 1
    server._places = Places(0, 0, 0, full="No place is free.", own="")
    with pytest.raises(Refused, match="No place is free"):
        asyncio.run(server.picture(Request(gone=False)))


def test_a_browser_that_hangs_up_while_waiting_costs_no_drawing(
    manager, drawing, serve, monkeypatch
):
    server, free, drawn, render = (
        LatentRequests(manager),
        threading.Event(),
        [],
        drawing.snapshots.render,
    )

    def slow(*wish):
        drawn.append(wish)
        assert free.wait(20)
        return render(*wish)

    monkeypatch.setattr(drawing.snapshots, "render", slow)
    door = Guard()
    port = serve(
        Starlette(
            routes=[
                Route("/gv/latent", door.http(server.picture, viewers=True), methods=["POST"]),
                Route("/gv/nothing", door.http(missing, viewers=True)),
            ]
        )
    )
    body = b'{"seed": 1}'
    request = b"POST /gv/latent HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s" % (
        len(body),
        body,
    )
    with sockets.create_connection(("127.0.0.1", port)) as patient:
        patient.sendall(request)
        wait_for(lambda: drawn)
        with sockets.create_connection(("127.0.0.1", port)) as leaving:
            leaving.sendall(request)
            wait_for(lambda: len(server._places) == 2)
        with pytest.raises(
            HTTPError
        ):  # an answer to a later request: by now the server has seen the other one leave
            urlopen(f"http://127.0.0.1:{port}/gv/nothing")
        free.set()
        assert patient.recv(4096).startswith(b"HTTP/1.1 200")
        wait_for(lambda: len(server._places) == 0)
    assert len(drawn) == 1


def test_drawing_uses_one_core(manager, drawing):
    server = LatentRequests(manager)
    assert server._pool.submit(torch.get_num_threads).result() == 1


def test_who_asks_while_a_kept_generator_is_loaded_is_not_told_that_there_is_none():
    class Kept:
        """A run whose store is empty until its checkpoint is read."""

        in_memory, loading = False, threading.Event()
        store = SnapshotStore(2, (), False, "points")
        is_loaded = False

        @property
        def snapshots(self):
            if not self.loading.is_set():
                self.loading.set()
                time.sleep(0.2)
                self.is_loaded = True
            return self.store

    async def ask():
        run = Kept()
        return await asyncio.gather(*(with_generator(run) for _ in range(3))), run

    answers, run = asyncio.run(ask())
    assert answers == [run] * 3 and run.is_loaded
