"""A connection costs the server little and not for long, whoever opens it."""

import logging
import socket
import sys
import time
from contextlib import ExitStack

import h11
import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from ganviz import pacing
from ganviz.server import Gate
from ganviz.server.limits import RESERVED_FILES, Limits
from ganviz.server.live_protocol import MAX_FRAME_BYTES
from tests import fresh

GET = b"GET /gv/x HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST = GET[:-2].replace(b"GET", b"POST")
SMALL = Limits(connections=8)


async def answer(request):
    return Response("here")


async def large(request):
    return Response(b"x" * 40_000_000)


async def listening(websocket):
    await websocket.accept()
    async for _ in websocket.iter_text():
        await websocket.send_text("heard")


@pytest.fixture
def app():
    """An application behind the gate."""
    routes = [
        Route("/gv/x", answer),
        Route("/gv/large", large),
        WebSocketRoute("/gv/live", listening),
    ]
    return Gate(Starlette(routes=routes), limits=SMALL)


def opened(port, source="127.0.0.1"):
    return socket.create_connection(("127.0.0.1", port), 20, source_address=(source, 0))


def is_answered(port, source="127.0.0.1"):
    with opened(port, source) as browser:
        browser.sendall(GET)
        return browser.recv(4096).startswith(b"HTTP/1.1 200 ")


def is_closed(browser):
    """Whether the server closes it; waits for that."""
    try:
        while browser.recv(4096):
            pass
    except ConnectionError:
        return True
    except TimeoutError:
        return False
    return True


@pytest.mark.parametrize("sent", [b"", b"GET / HT", GET[:-2], b"\r\n\r\n"])
def test_half_a_request_is_not_waited_for(app, serve, monkeypatch, sent):
    monkeypatch.setattr(pacing, "HEADER_TIMEOUT", 0.3)
    with opened(serve(app)) as browser:
        browser.sendall(sent)
        assert is_closed(browser)


def test_half_a_second_request_is_not_waited_for_either(app, serve, monkeypatch):
    monkeypatch.setattr(pacing, "HEADER_TIMEOUT", 0.3)
    with opened(serve(app)) as browser:
        browser.sendall(GET)
        assert browser.recv(4096)
        browser.sendall(GET[:-2])
        assert is_closed(browser)


def test_headers_without_end_are_not_kept(app, serve):
    with opened(serve(app)) as browser:
        browser.sendall(b"GET / HTTP/1.1\r\nX: " + b"x" * 200_000)
        assert b" 400 " in browser.recv(4096) or is_closed(browser)


def test_a_body_in_tiny_chunks_is_not_parsed(app, serve, monkeypatch):
    events, next_event = [], h11.Connection.next_event
    monkeypatch.setattr(
        h11.Connection, "next_event", lambda self: events.append(1) or next_event(self)
    )
    with opened(serve(app)) as browser:
        browser.sendall(POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 20_000)
        assert b" 411 " in browser.recv(4096) or is_closed(browser)
        assert is_closed(browser)
    assert len(events) < 5_000


def test_a_browser_that_reads_nothing_is_cut_off(app, serve, monkeypatch):
    monkeypatch.setattr(pacing, "WRITE_TIMEOUT", 0.3)
    with opened(serve(app)) as browser:
        browser.sendall(GET.replace(b"/gv/x", b"/gv/large"))
        time.sleep(1.5)
        received = 0
        try:
            while part := browser.recv(1 << 20):
                received += len(part)
        except ConnectionError:
            received = min(received, 1)
        assert received < 40_000_000


def test_a_large_answer_reaches_who_reads_it(app, serve):
    with opened(serve(app)) as browser:
        browser.sendall(
            GET.replace(b"/gv/x", b"/gv/large").replace(
                b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"
            )
        )
        assert sum(map(len, iter(lambda: browser.recv(1 << 20), b""))) > 40_000_000


def test_connections_that_wait_make_room_for_one_that_asks(app, serve):
    port = serve(app, SMALL)
    with ExitStack() as stack:
        for _ in range(30):
            stack.enter_context(opened(port))
        assert is_answered(port)
        assert is_answered(port, "127.0.0.2")


def test_sockets_of_one_client_leave_the_others_in(app, serve):
    port = serve(app, SMALL)
    with ExitStack() as stack:
        for _ in range(SMALL.sockets_per_client):
            stack.enter_context(connect(f"ws://127.0.0.1:{port}/gv/live"))
        with pytest.raises(Exception, match="403"):
            connect(f"ws://127.0.0.1:{port}/gv/live")
        assert is_answered(port)
        assert is_answered(port, "127.0.0.2")
        other = opened(port, "127.0.0.2")
        stack.enter_context(connect(f"ws://127.0.0.1:{port}/gv/live", sock=other)).send("hello")


def test_what_is_closed_makes_room_again(app, serve):
    port = serve(app, SMALL)
    for _ in range(40):
        assert is_answered(port)
    for _ in range(40):
        with connect(f"ws://127.0.0.1:{port}/gv/live") as viewer:
            viewer.send("hello")
            assert viewer.recv(20) == "heard"


def test_large_frames_from_a_browser_close_its_socket(app, serve):
    with connect(f"ws://127.0.0.1:{serve(app)}/gv/live", max_size=None) as viewer:
        viewer.send("x" * MAX_FRAME_BYTES)
        assert viewer.recv(20) == "heard"
        viewer.send("x" * (MAX_FRAME_BYTES + 1))
        with pytest.raises(ConnectionClosed) as closed:
            viewer.recv(20)
    assert closed.value.rcvd.code == 1009


def test_a_socket_that_says_too_much_is_closed(app, serve):
    """Whatever it says: each frame is work for who else is here."""
    address = f"ws://127.0.0.1:{serve(app)}/gv/live"
    with connect(address, compression=None) as viewer, pytest.raises(ConnectionClosed):
        for _ in range(1_000):
            viewer.send("x" * 2_000)
            assert viewer.recv(20) == "heard"


def test_a_frame_that_unpacks_to_more_is_not_unpacked(app, serve):
    with connect(f"ws://127.0.0.1:{serve(app)}/gv/live", compression="deflate") as viewer:
        viewer.send("x" * 10_000_000)
        with pytest.raises(ConnectionClosed):
            viewer.recv(20)


def test_refusals_do_not_fill_the_log(app, serve, caplog):
    port = serve(app, SMALL)
    with caplog.at_level(logging.INFO), ExitStack() as stack:
        for _ in range(50):
            stack.enter_context(opened(port))
        for _ in range(20):
            with opened(port) as browser:
                browser.sendall(b"nonsense\r\n\r\n")
                browser.recv(4096)
            with opened(port) as browser:
                browser.sendall(GET.replace(b"localhost", b"evil.example"))
                browser.recv(4096)
        assert is_answered(port)
    lines = [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert len(lines) <= 1


def connections_where(hard):
    import resource

    resource.setrlimit(resource.RLIMIT_NOFILE, (200, hard))
    print(Limits.of_this_process().connections)


@pytest.mark.skipif(sys.platform == "win32", reason="nothing limits sockets there")
def test_the_limit_of_open_files_is_raised_and_kept_clear_of(tmp_path):
    for hard in (256, 600):
        child = fresh.Child(connections_where, hard, folder=tmp_path)
        assert child.wait(60) == 0, child.err.read_text()
        assert int(child.out.read_text()) == hard - RESERVED_FILES


def test_a_port_that_is_taken_is_told(app, serve):
    with pytest.raises(OSError, match="did not start"):
        from ganviz.server.serve import serve as serve_app

        serve_app(app, "127.0.0.1", serve(app))
