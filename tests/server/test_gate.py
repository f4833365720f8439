"""The gate stands before every path: who comes in, where to, and with how much."""

import json
import socket

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from ganviz import pacing
from ganviz.classroom.visitor import AT_THE_MACHINE, Visitor
from ganviz.registry import SETTINGS
from ganviz.server import Gate
from ganviz.server.gate import MAX_HEADERS, MAX_PARAMETERS
from ganviz.server.guard import HOSTS_VARIABLE, Guard, Refused
from ganviz.server.limits import MAX_BODY, Limits, Places, Quota
from ganviz.server.visitor_scope import with_visitor

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
ANY = "/{path:path}"


async def everything(request):
    """Answers anything, and shows what came."""
    body = await request.body()
    headers = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Credentials": "true"}
    seen = {"url": str(request.url), "root": request.scope["root_path"], "bytes": len(body)}
    return JSONResponse(seen, headers=headers)


async def listening(websocket):
    await websocket.accept()
    async for _ in websocket.iter_text():
        return


def client(base="http://localhost", endpoint=everything, **options):
    routes = [WebSocketRoute(ANY, listening), Route(ANY, endpoint, methods=METHODS)]
    return TestClient(Gate(Starlette(routes=routes), **options), base_url=base)


# -- where to ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "path", ["/", "/config", "/theme.css", "/assets/index.js", "/static/fonts/a/b.woff2", "/gv/x"]
)
def test_what_the_page_needs_gets_through(path):
    assert client().get(path).status_code == 200
    assert client().head(path).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/gradio_api/run/predict"),
        ("POST", "/gradio_api/queue/join"),
        ("GET", "/gradio_api/queue/data"),
        ("GET", "/gradio_api/startup-events"),
        ("GET", "/gradio_api/heartbeat/1"),
        ("POST", "/gradio_api/upload"),
        ("GET", "/gradio_api/deep_link"),
        ("GET", "/gradio_api/info"),
        ("GET", "/gradio_api/openapi.json"),
        ("GET", "/gradio_api/file=/etc/passwd"),
        ("HEAD", "/gradio_api/proxy=http://127.0.0.1/"),
        ("GET", "/gradio_api/runs"),
        ("POST", "/gradio_api/call/predict"),
        ("POST", "/gradio_api/api/predict"),
        ("POST", "/gradio_api/component_server"),
        ("POST", "/gradio_api/stream/1"),
        ("POST", "/gradio_api/cancel"),
        ("POST", "/login"),
        ("GET", "/monitoring"),
        ("GET", "/monitoring/summary"),
        ("GET", "/docs"),
        ("GET", "/openapi.json"),
        ("POST", "/"),
        ("POST", "/config"),
        ("PUT", "/"),
        ("DELETE", "/assets/index.js"),
        ("OPTIONS", "/"),
        ("GET", "/assets/"),
        ("GET", "/x/%2e%2e/config"),
        ("GET", "/gvx"),
    ],
)
def test_all_else_of_gradio_is_not_there(method, path):
    answer = client(endpoint=lambda request: pytest.fail("it got through")).request(method, path)
    assert answer.status_code == 404
    if method != "HEAD":
        assert answer.json()["error"].endswith(".")


# -- who ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", ["/", "/config", "/gv/command", "/gv/library"])
@pytest.mark.parametrize("method", METHODS)
def test_a_page_of_another_site_gets_nothing_by_any_method(path, method):
    answer = client().request(method, path, headers={"origin": "http://evil.example"})
    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, 403),
        ({"sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors"}, 403),
        ({"sec-fetch-site": "same-origin", "origin": "http://the.name.that.the.proxy.hides"}, 200),
        ({"sec-fetch-site": "none"}, 200),
        (
            {
                "sec-fetch-site": "cross-site",
                "sec-fetch-mode": "navigate",
                "sec-fetch-dest": "document",
            },
            200,
        ),
        ({"origin": "http://localhost:80"}, 200),
        ({"origin": "https://lab.example", "x-forwarded-host": "lab.example"}, 200),
        ({"origin": "http://localhost:81"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": ""}, 403),
    ],
)
def test_what_the_browser_says_of_its_page_counts(headers, status):
    assert client().get("/gv/library", headers=headers).status_code == status


def test_a_link_from_elsewhere_opens_the_page_but_sends_nothing():
    headers = {
        "sec-fetch-site": "cross-site",
        "sec-fetch-mode": "navigate",
        "sec-fetch-dest": "document",
    }
    assert client().get("/", headers=headers).status_code == 200
    assert client().post("/gv/command", headers=headers).status_code == 403


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("192.168.1.5:7860", 200),
        ("[fd00::5]:7860", 200),
        ("localhost", 200),
        (f"{socket.gethostname()}:7860", 200),
        (f"{socket.gethostname()}.local:7860", 200),
        (f"{socket.gethostname()}.evil.example", 403),
        ("evil.example:7860", 403),
        ("192.168.1.5.evil.example", 403),
        ("lab.example", 200),
        ("gan.github.dev", 200),
        ("github.dev.evil.example", 403),
        ("", 403),
    ],
)
def test_a_rebound_name_does_not_reach_an_address_of_the_network(monkeypatch, host, status):
    monkeypatch.setenv(HOSTS_VARIABLE, "lab.example *.github.dev")
    monkeypatch.setattr(socket, "getfqdn", lambda: "another.example")
    answer = client("http://192.168.1.5:7860").get("/", headers={"host": host})
    assert answer.status_code == status
    if status == 403:
        assert HOSTS_VARIABLE in answer.json()["error"]


def test_the_full_name_of_the_machine_is_its_own(monkeypatch):
    name = f"{socket.gethostname()}.uni.example"
    monkeypatch.setattr(socket, "getfqdn", lambda: name)
    assert client("http://192.168.1.5:7860").get("/", headers={"host": name}).status_code == 200


def test_no_other_site_is_given_leave_to_read():
    answer = client().get("/gv/library", headers={"origin": "http://localhost"})
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_no_foreign_page_shows_this_one_inside():
    async def page(request):
        return Response("<html></html>", media_type="text/html")

    policy = (
        client(endpoint=page, guard=Guard(("lab.example",)))
        .get("/")
        .headers["content-security-policy"]
    )
    assert policy.startswith("frame-ancestors 'self'") and "https://lab.example" in policy


# -- with how much -----------------------------------------------------------------------------
@pytest.mark.parametrize("path", ["/gv/command", "/gv/train"])
def test_a_body_that_is_too_large_is_refused_before_it_is_read(path):
    def endless():
        yield b" " * 1000
        pytest.fail("it was read")

    headers = {"content-length": str(10**12), "content-type": "application/json"}
    answer = client().post(path, content=endless(), headers=headers)
    assert answer.status_code == 413 and answer.headers["connection"] == "close"


def test_a_body_without_a_length_is_not_read():
    """It may come in sixty thousand parts of a byte, each of which is work."""

    def endless():
        yield b" " * 1000
        pytest.fail("it was read")

    answer = client().post("/gv/command", content=endless())
    assert answer.status_code == 411 and answer.headers["connection"] == "close"
    assert client().post("/gv/command", content=b" " * MAX_BODY).json()["bytes"] == MAX_BODY
    assert client().post("/gv/command", content=b" " * (MAX_BODY + 1)).status_code == 413
    assert client().post("/gv/command").json()["bytes"] == 0


def test_more_headers_or_parameters_than_anybody_needs_are_refused():
    many = {f"x-{number}": "1" for number in range(MAX_HEADERS)}
    assert client().get("/gv/x", headers=many).status_code == 431
    assert client().get("/gv/x", headers={"x": "1" * 4000}).status_code == 200
    assert client().get("/gv/x?" + "a&" * MAX_PARAMETERS).status_code == 414
    assert client().get("/?" + "&".join(f"{name}=1" for name in SETTINGS)).status_code == 200


def test_an_answer_goes_out_in_parts_and_whole():
    whole = bytes(range(256)) * 1000

    async def large(request):
        return Response(whole, media_type="image/png")

    assert client(endpoint=large).get("/gv/x").content == whole


# -- sockets -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("path", "headers"),
    [("/gradio_api/anything", {}), ("/", {}), ("/gv/live", {"origin": "http://evil.example"})],
)
def test_a_socket_that_is_not_ours_does_not_open(path, headers):
    opening = client("http://127.0.0.1").websocket_connect(path, headers=headers)
    with pytest.raises(WebSocketDisconnect), opening:
        pytest.fail("it opened")


def test_there_is_room_for_so_many_sockets_and_then_for_others_again():
    browser = client(limits=Limits(connections=8))
    with browser.websocket_connect("/gv/live"):
        with browser.websocket_connect("/gv/live") as second:
            with pytest.raises(WebSocketDisconnect), browser.websocket_connect("/gv/live"):
                pytest.fail("it opened")
            why = browser.get("/gv/why?origin=http://localhost").json()
            assert not why["ok"] and "open" in why["sentence"]
            second.send_text("bye")
        with browser.websocket_connect("/gv/live"):
            pass


def test_a_quota_is_shared():
    quota = Quota(total=3, per_client=2)
    with quota.place("a"), quota.place("a"):
        assert not quota.has_place("a") and quota.has_place("b")
        with quota.place("b"):
            assert not quota.has_place("c") and len(quota) == 3
    assert len(quota) == 0 and quota.has_place("a")


def test_no_viewer_takes_all_places_and_a_presenter_finds_one():
    def sent(visitor, address="192.0.2.1"):
        return with_visitor({"client": (address, 1)}, visitor)

    greedy, other = sent(Visitor("a", "Otter")), sent(Visitor("b", "Heron"))
    presenter, elsewhere = Visitor("p", "Presenter", presenter=True), "192.0.2.2"
    places = Places(
        4, 3, per_viewer=2, for_presenters=1, full="All are taken.", own="You hold two."
    )
    with places.place(greedy), places.place(greedy):
        assert places.why_not(greedy) == "You hold two." and not places.why_not(other)
        with places.place(other):
            assert places.why_not(sent(Visitor("c"))) == "All are taken."
            assert places.why_not(sent(AT_THE_MACHINE))  # no class: all are alike
            with places.place(sent(presenter)):
                assert len(places) == 4 and places.why_not(sent(presenter)) == "All are taken."
                assert not places.why_not(sent(presenter, elsewhere))
                with places.place(sent(Visitor("d"), elsewhere)):
                    assert len(places) == 5 and places.why_not(sent(presenter, elsewhere))
        with pytest.raises(Refused, match="You hold two"), places.place(greedy):
            pass
        assert len(places) == 2  # a refusal has no effect
    assert len(places) == 0 and not places.why_not(greedy)


@pytest.mark.parametrize(
    "path", ["/static/" + "a" * 300, "/assets/" + "é" * 128, "/assets/x/" + "b" * 256]
)
def test_a_name_that_no_file_can_have_is_not_looked_for(path):
    answer = client().get(path)
    assert answer.status_code == 404 and "There is nothing at" in answer.json()["error"]


@pytest.mark.parametrize(
    ("origin", "ok", "word"),
    [
        ("http://localhost", True, "Upgrade"),
        ("http://localhost:8080", False, "$http_host"),
        ("http://evil.example", False, "another site"),
        ("", False, "another site"),
    ],
)
def test_a_page_can_ask_why_its_socket_does_not_open(origin, ok, word):
    why = client().get("/gv/why", params={"origin": origin}).json()
    assert why["ok"] is ok and word in why["sentence"] and why["sentence"].endswith((".", ";"))


# -- below a path of a proxy -------------------------------------------------------------------
@pytest.mark.parametrize("header", ["x-forwarded-prefix", "x-forwarded-context", "x-script-name"])
@pytest.mark.parametrize("path", ["/", "/user/ann/proxy/7860/"])
def test_a_proxy_may_show_the_page_below_a_path(header, path):
    seen = client().get(path, headers={header: "/user/ann/proxy/7860/"}).json()
    assert seen["url"] == "http://localhost/user/ann/proxy/7860/"
    assert seen["root"] == "/user/ann/proxy/7860"


def test_a_path_can_be_named_where_the_proxy_says_nothing():
    gate = client(root_path="/gan/")
    for path in ("/gan/gv/library", "/gv/library"):
        assert gate.get(path).json()["url"] == "http://localhost/gan/gv/library"
    assert gate.get("/gan/monitoring").status_code == gate.get("/monitoring").status_code == 404


@pytest.mark.parametrize(
    "prefix", ["//evil.example", "/a b", "https://evil.example", "/a/../b?", ""]
)
def test_a_prefix_that_is_no_path_is_passed_over(prefix):
    seen = client().get("/gv/library", headers={"x-forwarded-prefix": prefix}).json()
    assert seen["root"] == ""


def test_every_refusal_is_a_sentence_as_json():
    answer = client().get("/monitoring")
    assert set(json.loads(answer.content)) == {"error", "field"}
    assert answer.headers["cache-control"] == "no-store"


def test_a_body_that_comes_too_slowly_is_given_up(serve, monkeypatch):
    monkeypatch.setattr(pacing, "BODY_TIMEOUT", 0.2)

    async def never(request):
        return PlainTextResponse("it got through")

    port = serve(Gate(Starlette(routes=[Route(ANY, never, methods=METHODS)])))
    head = b"POST /gv/command HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{"
    with socket.create_connection(("127.0.0.1", port), timeout=20) as slow:
        slow.sendall(head)
        answer = b"".join(iter(lambda: slow.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 408 ") and b"too long" in answer
