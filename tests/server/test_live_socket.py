"""The live socket loses nothing, repeats nothing, serialises once, and lets nobody hold up the
others."""

import socket as sockets
import time
from contextlib import ExitStack

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from ganviz import pacing
from ganviz.classroom import Visitor
from ganviz.server import live_protocol, live_socket

from .live_viewers import (
    append_rows,
    appending_rows,
    receive,
    receive_any,
    receive_until,
    steps,
    wait_for,
)


def test_who_looks_at_a_kept_run_follows_it_when_it_is_resumed(manager, live, tools):
    """Resuming makes a new object of the run that the page has pinned."""
    manager.start(tools.still_run("other"))
    with live[1]("?run=one") as viewer:
        assert receive(viewer)["run"]["id"] == "one"
        resumed = manager.start(tools.still_run("one"))
        append_rows(resumed, 7, 7)
        hello = receive(viewer)
        while hello["type"] != "hello":
            hello = receive(viewer)
        assert hello["run"]["id"] == "one" and hello["status"]["step"] == resumed.step_count
        assert hello["history"]["columns"]["step"] == [7]


def test_deltas_bring_every_row_and_event_once_and_in_order(manager, live):
    run = manager.current
    append_rows(run, 1, 5)
    with live[1]() as viewer:
        messages = [receive(viewer)]
        with appending_rows(run, 6, 200):
            messages += receive_until(viewer, 205 + 15)
    assert steps(messages) == list(range(1, 201))
    notes = [event for message in messages for event in message["events"]]
    assert [event["step"] for event in notes] == list(range(10, 201, 10))
    assert len({event["seq"] for event in notes}) == 20


def test_a_plane_that_missed_its_figures_goes_by_itself_and_a_picture_waits(
    manager, live, monkeypatch
):
    monkeypatch.setattr(pacing, "FRAME_MAX_DELAY", 1000.0)
    run = manager.current
    about = {"rows": 1, "cols": 1, "width": 8, "height": 8, "format": "png", "kept": True}
    with live[1]() as viewer:
        receive(viewer)
        run.snapshots.kind = "points"
        run.events.append("frame", 1, **about)
        lone = receive(viewer)
        assert lone["frame"]["step"] == 1 and steps([lone]) == []
        run.snapshots.kind = "images"
        run.events.append("frame", 2, **about)
        time.sleep(3 * pacing.DELTA_INTERVAL)
        append_rows(run, 3, 3)
        both = receive(viewer)
        assert both["frame"]["step"] == 2 and steps([both]) == [3]


def test_in_a_crowd_viewers_wait_for_figures_and_not_for_what_somebody_did(
    manager, live, monkeypatch
):
    monkeypatch.setattr(pacing, "VIEWER_COST", 1000.0)
    monkeypatch.setattr(
        live_socket,
        "visitor_of",
        lambda browser: Visitor("x", "Otter", presenter="presents" in browser.query_params),
    )
    run = manager.current
    with live[1]("?presents=yes") as presenter, live[1]() as viewer:
        receive(presenter), receive(viewer)
        append_rows(run, 1, 5)
        assert steps(receive_until(presenter, 5)) == [1, 2, 3, 4, 5]
        append_rows(run, 6, 10)  # the tenth with a note
        assert steps([receive(viewer)]) == list(range(1, 11))


def test_after_a_dropped_connection_exactly_what_is_missing_comes(manager, live):
    run = manager.current
    append_rows(run, 1, 30)
    with live[1]() as viewer:
        hello = receive(viewer)
        append_rows(run, 31, 40)
        before = receive_until(viewer, 44)
    append_rows(run, 41, 75)
    with live[1](f"?cursor={before[-1]['cursor']}&epoch={hello['epoch']}") as viewer:
        first = receive(viewer)
        assert first["type"] == "delta"
        assert steps([first]) == list(range(41, 76))
        assert [event["step"] for event in first["events"]] == [50, 60, 70]
        append_rows(run, 76, 80)
        assert steps(receive_until(viewer, 88)) == list(range(76, 81))


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
    append_rows(manager.current, 1, 5)
    with live[1]() as viewer:
        epoch = receive(viewer)["epoch"]
    with live[1](query.format(epoch=epoch)) as viewer:
        assert receive(viewer)["type"] == "hello"


def test_a_cursor_of_another_run_gets_a_hello(manager, live, tools):
    append_rows(manager.current, 1, 5)
    with live[1]() as viewer:
        epoch = receive(viewer)["epoch"]
    append_rows(manager.start(tools.still_run("two")), 1, 9)
    with live[1](f"?cursor=3&epoch={epoch}") as viewer:
        hello = receive(viewer)
    assert (hello["type"], hello["run"]["id"]) == ("hello", "two")


def test_who_missed_the_preparation_gets_a_hello(manager, live):
    run = manager.current
    run.events.append("state", 0, state="preparing", sentence="")
    with live[1]() as viewer:
        epoch = receive(viewer)["epoch"]
    run.events.append("state", 0, state="running", sentence="")
    with live[1](f"?cursor=1&epoch={epoch}") as viewer:
        assert receive(viewer)["type"] == "hello"


def test_thirty_viewers_get_the_same_messages_each_serialised_once(manager, live, monkeypatch):
    made = []
    to_text = live_protocol.to_text
    monkeypatch.setattr(
        live_protocol, "to_text", lambda message: made.append(message["type"]) or to_text(message)
    )
    with ExitStack() as stack:
        viewers = [stack.enter_context(live[1]()) for _ in range(30)]
        for viewer in viewers:
            receive(viewer)
        made.clear()
        with appending_rows(manager.current, 1, 100):
            pass
        received = [receive_until(viewer, 110) for viewer in viewers]
    assert steps(received[0]) == list(range(1, 101))
    assert all(messages == received[0] for messages in received)
    assert made == ["delta"] * len(received[0])


def test_another_run_greets_its_followers_and_leaves_the_others(manager, live, tools):
    first = manager.current
    with live[1]() as follower, live[1]("?run=one") as pinned:
        receive(follower), receive(pinned)
        second = manager.start(tools.still_run("two"))
        hello = receive(follower)
        assert (hello["type"], hello["run"]["id"]) == ("hello", "two")
        append_rows(second, 1, 3)
        append_rows(first, 1, 2)
        assert steps(receive_until(follower, 3)) == [1, 2, 3]
        assert steps(receive_until(pinned, 2)) == [1, 2]


def test_pieces_of_the_class_follow_the_current_run(manager, live, tools):
    endpoint, watch = live
    endpoint._classroom.add("wall", lambda visitor: manager.current.id)
    with watch() as viewer:
        for run_id in ("one", "two"):
            if run_id != manager.current.id:
                manager.start(tools.still_run(run_id))
            message = receive_any(viewer)
            while message["type"] != "class":
                message = receive_any(viewer)
            assert message["state"] == {"wall": run_id}


def test_a_slow_viewer_is_dropped_and_holds_up_nobody(manager, live, monkeypatch):
    monkeypatch.setattr(pacing, "SEND_TIMEOUT", 0.2)
    run = manager.current
    narrow = sockets.socket()
    narrow.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    with live[1]() as fast:
        receive(fast)
        hub = next(iter(live[0]._hubs.values()))
        narrow.connect(fast.socket.getpeername())
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
            receive_until(fast, sent)
        append_rows(run, 1, 3)
        assert steps(receive_until(fast, sent + 3)) == [1, 2, 3]
    narrow.close()


def test_an_unknown_run_is_refused_in_a_sentence(live):
    with live[1]("?run=nowhere") as viewer:
        message = receive(viewer)
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
            receive(viewer)
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
        receive(viewer)
        for step in (1, 2, 3):
            append_rows(run, step, step)
            assert steps(receive_until(viewer, run.events.seq)) == [step]
        hub = next(iter(live[0]._hubs.values()))
    hub._task.get_loop().call_soon_threadsafe(hub._wake.set)
    wait_for(lambda: not run.events._listeners)  # nobody watches any more


def test_a_failing_tick_does_not_end_the_stream(manager, live, monkeypatch, caplog):
    with live[1]() as viewer:
        receive(viewer)
        delta, failures = live_protocol.delta, iter([True])

        def fails_once(*args):
            if next(failures, False):
                raise ValueError("a torn table")
            return delta(*args)

        monkeypatch.setattr(live_protocol, "delta", fails_once)
        append_rows(manager.current, 1, 1)
        assert steps(receive_until(viewer, 1)) == [1]
    assert "a torn table" in caplog.text
