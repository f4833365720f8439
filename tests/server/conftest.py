"""A still run: a real `Run` that never trains, so that a test decides what it tells and when."""

from types import SimpleNamespace

import pytest
import torch
from anyio.from_thread import start_blocking_portal
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.testclient import TestClient
from websockets.sync.client import connect

from ganviz.algorithms.base import Series
from ganviz.classroom import Classroom
from ganviz.config import RunConfig
from ganviz.data.source import DataSource, DataSpec
from ganviz.engine.frames import Frame
from ganviz.engine.run import Run
from ganviz.engine.snapshot import SnapshotStore
from ganviz.models import build_generator
from ganviz.server import Gate, routes
from ganviz.server.live_socket import LiveSocket
from ganviz.server.serve import serve as serve_app
from tests.tiny import DIGITS, OFTEN

CPU = torch.device("cpu")
TINY = {
    **DIGITS,
    **OFTEN,
    "latent_dim": 12,
    "steps": 0,
    "conditioning": "projection",
    "init": "xavier",
}
SPEC = DataSpec("digits", "images", (1, 8, 8), 100, tuple("0123456789"))


def still_run(run_id="one", **changes):
    """A prepared run in memory that has not told anything yet."""
    config = RunConfig.parse({**TINY, **changes})
    run = Run(config, device=CPU, run_id=run_id)
    run.spec = SPEC
    run.series = [
        Series("loss_d", "D", "loss", "d")._asdict(),
        Series("loss_g", "G", "loss", "g")._asdict(),
    ]
    run.snapshots = SnapshotStore(
        config.latent_dim, SPEC.classes, config.conditioning != "none", "images"
    )
    run.state = "paused"
    return run


def publish(run, step=1, seed=0):
    """Give the run a generator to draw with."""
    generator = build_generator(run.config, run.spec)
    torch.manual_seed(seed)
    with torch.no_grad():
        generator.first.weight += 0.3 * torch.randn_like(generator.first.weight)
    assert run.snapshots.publish(generator, step)


def noise():
    """Data that is there at once."""
    return DataSource(
        SPEC, torch.randint(0, 256, (100, 1, 8, 8), dtype=torch.uint8), torch.arange(100) % 10
    )


def frame(step, data=b"\x89PNG picture"):
    return Frame(step, data, "image/png", 80, 72, 8, 10)


@pytest.fixture
def tools():
    """The functions above, for tests."""
    return SimpleNamespace(
        still_run=still_run,
        publish=publish,
        frame=frame,
        noise=noise,
        config=RunConfig.parse,
        tiny=TINY,
    )


@pytest.fixture
def manager():
    """Stands for a `RunManager`: ``start(run)`` makes a run current."""
    runs = {}
    stub = SimpleNamespace(current=None, device=CPU, get=runs.get)

    def start(run):
        runs[run.id] = stub.current = run
        return run

    stub.start = start
    start(still_run())
    return stub


@pytest.fixture(scope="package", autouse=True)
def one_loop():
    """All clients share an event loop, as those of a server do. Each request would have one of its
    own, and a thread for it, which takes longer than most answers."""
    with start_blocking_portal() as portal, pytest.MonkeyPatch.context() as patch:
        patch.setattr(TestClient, "portal", portal)
        yield


@pytest.fixture
def client(manager):
    """Plain requests to all routes, through the gate."""
    return TestClient(Gate(Starlette(routes=routes(manager))))


@pytest.fixture
def serve():
    """A function that serves an app from a thread and returns its port."""
    servers = []

    def start(app, limits=None):
        servers.append(serve_app(app, "127.0.0.1", 0, limits))
        return servers[-1].port

    yield start
    for server in servers:
        server.close(10)
        assert not server.thread.is_alive()


@pytest.fixture
def live(manager, serve):
    """(the `LiveSocket` endpoint, a function that opens a socket to it)."""
    endpoint = LiveSocket(manager, Classroom())
    port = serve(Gate(Starlette(routes=[WebSocketRoute("/gv/live", endpoint.endpoint)])))

    def watch(query="", **options):
        return connect(
            f"ws://127.0.0.1:{port}/gv/live{query}", compression=None, max_size=None, **options
        )

    return endpoint, watch
