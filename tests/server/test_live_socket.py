"""The live socket loses nothing, repeats nothing, serialises once, and lets nobody hold up the
others."""

import json
import socket as sockets
import threading
import time
from contextlib import ExitStack, contextmanager

import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from ganviz import pacing
from ganviz.classroom import Classroom
from ganviz.engine import run as run_module
from ganviz.runs.manager import RunManager
from ganviz.server import Gate, encode, live_protocol, routes
from ganviz.server.live_socket import LiveSocket


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


def take(viewer):
    return json.loads(viewer.recv(timeout=20))


def until(viewer, cursor):
    """Messages up to the one that brings the viewer to ``cursor``."""
    messages = [take(viewer)]
    while position(messages[-1]) < cursor:
        messages.append(take(viewer))
    return messages


def position(message):
    return message["cursor"] if message["type"] == "delta" else message["history"]["cursor"]


def steps(messages):
    """The steps of all rows in ``messages``."""
    tables = [m["columns"] if m["type"] == "delta" else m["history"]["columns"] for m in messages]
    return [step for table in tables for step in table.get("step", [])]


def tell(run, first, last):
    """Rows ``first`` to ``last``, and a note after every tenth."""
    for step in range(first, last + 1):
        run.events.append("scalars", step, loss_d=step / 7, loss_g=0.5)
        if step % 10 == 0:
            run.events.append("note", step, sentence=f"note {step}", level="info")


def wait_for(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.01)


@contextmanager
def telling(run, first, last):
    """Tell from another thread while the block runs."""

    def slowly():
        for step in range(first, last + 1):
            tell(run, step, step)
            time.sleep(0.002)

    thread = threading.Thread(target=slowly)
    thread.start()
    yield
    thread.join()


def test_hello_has_all_that_a_page_needs(manager, live, tools):
    run = manager.current
    tell(run, 1, 20)
    run.events.append("note", 20, sentence="Reading pictures (10%)", level="progress")
    run.frames.add(tools.frame(20))
    tools.publish(run)
    with live[1]() as viewer:
        hello = take(viewer)
    assert hello["type"] == "hello"
    assert hello["run"]["id"] == "one"
    assert hello["run"]["config"]["data"] == "digits"
    assert hello["run"]["spec"] == {
        "name": "digits",
        "kind": "images",
        "shape": [1, 8, 8],
        "classes": list("0123456789"),
    }
    assert hello["run"]["conditional"] is True
    assert hello["run"]["latent_dim"] == 12
    assert [series["name"] for series in hello["run"]["series"]] == ["loss_d", "loss_g"]
    assert hello["history"]["cursor"] == 23
    assert hello["history"]["columns"]["step"] == list(range(1, 21))
    assert hello["history"]["columns"]["loss_d"][6] == 1.0
    assert [event["data"]["sentence"] for event in hello["events"]] == ["note 10", "note 20"]
    assert hello["frame"] == {
        "step": 20,
        "url": "/gv/runs/one/frames/20.png",
        "rows": 8,
        "cols": 10,
        "width": 80,
        "height": 72,
        "kept": True,
    }
    assert hello["frames"] == [20]
    assert hello["status"]["state"] == "paused"
    assert hello["server"]["device"] == "cpu"
    assert hello["snapshot"] == 1


def test_hello_before_the_first_run(manager, live):
    manager.current = None
    with live[1]() as viewer:
        hello = take(viewer)
        assert hello["run"] is None
        assert hello["status"]["state"] == "idle"
        assert hello["history"] == {"cursor": 0, "columns": {}}


def test_who_looks_at_a_kept_run_follows_it_when_it_is_resumed(manager, live, tools):
    """Resuming makes a new object of the run that the page has pinned."""
    manager.start(tools.still_run("other"))
    with live[1]("?run=one") as viewer:
        assert take(viewer)["run"]["id"] == "one"
        resumed = manager.start(tools.still_run("one"))
        tell(resumed, 7, 7)
        hello = take(viewer)
        while hello["type"] != "hello":
            hello = take(viewer)
        assert hello["run"]["id"] == "one" and hello["status"]["step"] == resumed.step_count
        assert hello["history"]["columns"]["step"] == [7]


def test_deltas_bring_every_row_and_event_once_and_in_order(manager, live):
    run = manager.current
    tell(run, 1, 5)
    with live[1]() as viewer:
        messages = [take(viewer)]
        with telling(run, 6, 200):
            messages += until(viewer, 205 + 15)
    assert steps(messages) == list(range(1, 201))
    notes = [event for message in messages for event in message["events"]]
    assert [event["step"] for event in notes] == list(range(10, 201, 10))
    assert len({event["seq"] for event in notes}) == 20


def test_after_a_dropped_connection_exactly_what_is_missing_comes(manager, live):
    run = manager.current
    tell(run, 1, 30)
    with live[1]() as viewer:
        hello = take(viewer)
        tell(run, 31, 40)
        before = until(viewer, 44)
    tell(run, 41, 75)
    with live[1](f"?cursor={before[-1]['cursor']}&epoch={hello['epoch']}") as viewer:
        first = take(viewer)
        assert first["type"] == "delta"
        assert steps([first]) == list(range(41, 76))
        assert [event["step"] for event in first["events"]] == [50, 60, 70]
        tell(run, 76, 80)
        assert steps(until(viewer, 88)) == list(range(76, 81))


@pytest.mark.parametrize(
    "query",
    [
        "?cursor=3&epoch=another-one",
        "?cursor=999&epoch={epoch}",
        "?cursor=-1&epoch={epoch}",
        "?cursor=x&epoch={epoch}",
        "?epoch={epoch}",
        "?cursor=3",
    ],
)
def test_a_cursor_that_means_nothing_gets_a_hello(manager, live, query):
    tell(manager.current, 1, 5)
    with live[1]() as viewer:
        epoch = take(viewer)["epoch"]
    with live[1](query.format(epoch=epoch)) as viewer:
        assert take(viewer)["type"] == "hello"


def test_a_cursor_of_another_run_gets_a_hello(manager, live, tools):
    tell(manager.current, 1, 5)
    with live[1]() as viewer:
        epoch = take(viewer)["epoch"]
    tell(manager.start(tools.still_run("two")), 1, 9)
    with live[1](f"?cursor=3&epoch={epoch}") as viewer:
        hello = take(viewer)
    assert (hello["type"], hello["run"]["id"]) == ("hello", "two")


def test_who_missed_the_preparation_gets_a_hello(manager, live):
    run = manager.current
    run.events.append("state", 0, state="preparing", sentence="")
    with live[1]() as viewer:
        epoch = take(viewer)["epoch"]
    run.events.append("state", 0, state="running", sentence="")
    with live[1](f"?cursor=1&epoch={epoch}") as viewer:
        assert take(viewer)["type"] == "hello"


def test_thirty_viewers_get_the_same_messages_each_serialised_once(manager, live, monkeypatch):
    made = []
    to_text = live_protocol.to_text
    monkeypatch.setattr(
        live_protocol, "to_text", lambda message: made.append(message["type"]) or to_text(message)
    )
    with ExitStack() as stack:
        viewers = [stack.enter_context(live[1]()) for _ in range(30)]
        for viewer in viewers:
            take(viewer)
        made.clear()
        with telling(manager.current, 1, 100):
            pass
        received = [until(viewer, 110) for viewer in viewers]
    assert steps(received[0]) == list(range(1, 101))
    assert all(messages == received[0] for messages in received)
    assert made == ["delta"] * len(received[0])


def test_another_run_greets_its_followers_and_leaves_the_others(manager, live, tools):
    first = manager.current
    with live[1]() as follower, live[1]("?run=one") as pinned:
        take(follower), take(pinned)
        second = manager.start(tools.still_run("two"))
        hello = take(follower)
        assert (hello["type"], hello["run"]["id"]) == ("hello", "two")
        tell(second, 1, 3)
        tell(first, 1, 2)
        assert steps(until(follower, 3)) == [1, 2, 3]
        assert steps(until(pinned, 2)) == [1, 2]


def test_a_run_that_has_been_prepared_is_described_again(manager, live):
    run = manager.current
    spec, run.spec = run.spec, None
    with live[1]() as viewer:
        assert take(viewer)["run"]["spec"] is None
        run.spec = spec
        again = take(viewer)
    assert (again["type"], again["run"]["spec"]["name"]) == ("hello", "digits")


def test_only_the_newest_frame_and_snapshot_are_told(manager, live, tools):
    run = manager.current
    with live[1]() as viewer:
        take(viewer)
        with run.events._lock:  # so that both frames fall into one message
            for step in (5, 6):
                run.events.append(
                    "frame", step, rows=8, cols=10, width=80, height=72, format="png", kept=False
                )
        messages = until(viewer, 2)
        assert messages[-1]["frame"]["url"] == "/gv/runs/one/frames/6.png"
        assert all(message["events"] == [] for message in messages)
        tools.publish(run, step=7)
        assert take(viewer)["snapshot"] == 1


def test_a_fresh_hello_for_the_asking_and_nonsense_is_passed_over(manager, live):
    tell(manager.current, 1, 5)
    with live[1]() as viewer:
        take(viewer)
        for nonsense in ("", "not json", "[]", '"history"', '{"type": 7}', "9" * 4000):
            viewer.send(nonsense)
        viewer.send('{"type": "history"}')
        hello = take(viewer)
    assert (hello["type"], steps([hello])) == ("hello", [1, 2, 3, 4, 5])


def test_a_running_clock_moves_without_events(manager, live):
    manager.current.state = "running"
    with live[1]() as viewer:
        take(viewer)
        delta = take(viewer)
    assert (delta["type"], delta["columns"], delta["status"]["state"]) == ("delta", {}, "running")


def test_a_long_gap_is_answered_by_a_thinned_history(manager, live):
    run = manager.current
    with live[1]() as viewer:
        epoch = take(viewer)["epoch"]
    for step in range(2 * encode.MAX_POINTS):
        run.events.append("scalars", step, loss_d=0.5, loss_g=1.0)
    with live[1](f"?cursor=0&epoch={epoch}") as viewer:
        hello = take(viewer)
    assert hello["type"] == "hello"
    assert len(steps([hello])) <= encode.MAX_POINTS


def test_a_slow_viewer_is_dropped_and_holds_up_nobody(manager, live, monkeypatch):
    monkeypatch.setattr(pacing, "SEND_TIMEOUT", 0.2)
    run = manager.current
    narrow = sockets.socket()
    narrow.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    with live[1]() as quick:
        take(quick)
        hub = next(iter(live[0]._hubs.values()))
        narrow.connect(quick.socket.getpeername())
        narrow.sendall(
            b"GET /gv/live HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: "
            b"Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        wait_for(lambda: len(hub.viewers) == 2)
        sent = 0
        while len(hub.viewers) == 2:  # the slow one never reads: its connection fills up
            assert sent < 400, "the slow viewer was never dropped"
            sent += 1
            run.events.append("note", sent, sentence="x" * 400_000, level="info")
            until(quick, sent)
        tell(run, 1, 3)
        assert steps(until(quick, sent + 3)) == [1, 2, 3]
    narrow.close()


def test_an_unknown_run_is_refused_in_a_sentence(live):
    with live[1]("?run=nowhere") as viewer:
        message = take(viewer)
        assert message["type"] == "error"
        assert "nowhere" in message["error"]
        with pytest.raises(ConnectionClosed):
            viewer.recv(timeout=20)


@pytest.mark.parametrize(
    "options", [{"origin": "http://evil.example"}, {"additional_headers": {"Host": "evil.example"}}]
)
def test_a_page_of_another_site_cannot_watch(live, options):
    with pytest.raises(InvalidStatus):
        live[1](**options)


def test_the_broadcaster_ends_with_its_last_viewer_and_starts_again(live):
    for _ in range(2):
        with live[1]() as viewer:
            take(viewer)
            hub = next(iter(live[0]._hubs.values()))
        wait_for(hub._task.done)
        assert hub.viewers == set()


def test_who_watches_a_training_is_told_without_waiting_for_the_next_look(
    manager, live, monkeypatch
):
    monkeypatch.setattr(pacing, "NOTIFIED_POLL_INTERVAL", 3600)
    run = manager.current
    run.state = "running"
    with live[1]() as viewer:
        take(viewer)
        for step in (1, 2, 3):
            tell(run, step, step)
            assert steps(until(viewer, run.events.seq)) == [step]
        hub = next(iter(live[0]._hubs.values()))
    hub._task.get_loop().call_soon_threadsafe(hub._wake.set)
    wait_for(lambda: not run.events._listeners)  # nobody watches any more


def test_a_failing_tick_does_not_end_the_stream(manager, live, monkeypatch, caplog):
    with live[1]() as viewer:
        take(viewer)
        delta, failures = live_protocol.delta, iter([True])

        def fails_once(*args):
            if next(failures, False):
                raise ValueError("a torn table")
            return delta(*args)

        monkeypatch.setattr(live_protocol, "delta", fails_once)
        tell(manager.current, 1, 1)
        assert steps(until(viewer, 1)) == [1]
    assert "a torn table" in caplog.text


def test_following_a_real_training(serve, tools, tmp_path, monkeypatch):
    monkeypatch.setattr(run_module, "load_data", lambda *_: tools.noise())
    manager = RunManager(tmp_path / "runs", tmp_path)
    port = serve(Gate(Starlette(routes=routes(manager))))
    with connect(f"ws://127.0.0.1:{port}/gv/live", max_size=None) as viewer:
        assert take(viewer)["run"] is None
        run = manager.start(tools.config({**tools.tiny, "steps": 60}))
        messages = [take(viewer)]
        while (
            messages[-1]["status"]["state"] != "finished" or position(messages[-1]) < run.events.seq
        ):
            messages.append(take(viewer))
        assert run.join(20)
    last_hello = max(index for index, message in enumerate(messages) if message["type"] == "hello")
    assert messages[last_hello]["run"]["spec"]["name"] == "digits"
    assert messages[last_hello]["run"]["reals"]["url"] == f"/gv/runs/{run.id}/reals.png"
    assert steps(messages[last_hello:]) == run.events.rows()["step"].astype(int).tolist()
    assert messages[-1]["status"]["step"] == 60
    assert messages[-1]["snapshot"] == run.snapshots.version


def test_heavy_measurements_come_newest_only_and_the_coach_whole(manager, live):
    run = manager.current
    layers = {
        "layers": ["1 linear"],
        "kinds": ["linear"],
        "gradient": [0.1],
        "weight": [1.0],
        "update": [0.001],
    }
    for step in (1, 2, 3):
        run.events.append("gradients", step, at=step, networks={"generator": layers})
        run.events.append("fidelity", step, at=step, fid=10.0 / step, classes=["0"])
        run.events.append("coach", step, name="fine", sentence=f"verdict {step}")
    with live[1]() as viewer:
        hello = take(viewer)
        assert {kind: event["step"] for kind, event in hello["probes"].items()} == {
            "gradients": 3,
            "fidelity": 3,
            "coach": 3,
        }
        assert hello["measured"]["gradients"]["generator"]["steps"] == [1, 2, 3]
        assert hello["measured"]["fidelity"]["step"] == [1, 2, 3]
        assert hello["measured"]["fidelity"]["kid"] == [None, None, None]
        for step in (4, 5, 6):
            run.events.append("scatter", step, fake={"x": [float(step)], "y": [0.0]})
            run.events.append("coach", step, name="fine", sentence=f"verdict {step}")
        deltas = until(viewer, run.events.seq)
    told = [event["step"] for message in deltas for event in message["events"]]
    assert told == [4, 5, 6]
    assert sum("scatter" in message["probes"] for message in deltas) == len(deltas)
    assert deltas[-1]["probes"]["scatter"]["data"]["fake"]["x"] == [6.0]


def test_measurements_of_a_strange_log_do_not_keep_the_page_from_opening(manager, live):
    manager.current.events.append("gradients", 1, networks=["nonsense"])
    with live[1]() as viewer:
        assert take(viewer)["measured"]["gradients"] == {}


def test_a_delta_names_every_frame_that_was_kept(manager, tools):
    run = manager.current
    before = run.events.seq
    about = {"rows": 1, "cols": 1, "width": 8, "height": 8, "format": "png"}
    for step, kept in ((3, True), (4, False), (5, True), (6, False)):
        run.log_at(step, "frame", **about, kept=kept)
    message = live_protocol.delta(run, before)
    assert message["frames"] == [3, 5] and message["frame"]["step"] == 6


def test_the_state_of_the_class_comes_piece_by_piece_and_only_what_changed(manager, serve):
    classroom, shown = Classroom(), {"poll": 1, "wall": 1}
    for name in shown:
        classroom.add(name, lambda visitor, name=name: {"n": shown[name], "by": visitor.handle})
    port = serve(Gate(Starlette(routes=routes(manager, classroom))))
    with connect(f"ws://127.0.0.1:{port}/gv/live", compression=None) as viewer:
        states = of_the_class(viewer)
        assert next(states) == {name: {"n": 1, "by": "Presenter"} for name in shown}
        for shown["poll"] in range(2, 50):
            classroom.changed()
        state = {}
        while state.get("poll", {}).get("n") != 49:
            state = next(states)
            assert list(state) == ["poll"]


def of_the_class(viewer):
    """The states of the class that come, as they come."""
    while True:
        message = take(viewer)
        if message["type"] == "class":
            yield message["state"]
