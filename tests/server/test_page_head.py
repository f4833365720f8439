"""The page's head stands before Gradio's scripts, and in nothing else."""

import asyncio

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, JSONResponse, StreamingResponse
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from ganviz.server.page_head import MOST_ADDRESSES, PageHead

HEAD = "<link rel=stylesheet href=ä.css>"
PAGE = "<html><head><title>x</title><script>first()</script><script>second()</script></head></html>"


async def page(request):
    return HTMLResponse(PAGE)


async def in_parts(request):
    return StreamingResponse(iter((PAGE[:30], PAGE[30:])), media_type="text/html")


async def data(request):
    return JSONResponse({"script": "<script"})


def client(first):
    app = Starlette(
        routes=[Route("/", first), Route("/other", page)],
        middleware=[Middleware(PageHead, head=lambda visitor: HEAD)],
    )
    return TestClient(app)


@pytest.mark.parametrize("first", [page, in_parts])
def test_it_comes_before_the_first_script(first):
    answer = client(first).get("/")
    before, tag, rest = answer.text.partition(HEAD)
    assert tag and before + rest == PAGE and rest.startswith("<script>first()")
    assert int(answer.headers.get("content-length", len(answer.content))) == len(answer.content)


def test_behind_a_path_of_a_proxy():
    app = Starlette(
        routes=[
            Mount(
                "/tools/gan",
                app=Starlette(
                    routes=[Route("/", page)],
                    middleware=[Middleware(PageHead, head=lambda visitor: HEAD)],
                ),
            )
        ]
    )
    assert HEAD in TestClient(app).get("/tools/gan/").text


def test_everything_else_passes_untouched():
    assert client(page).get("/other").text == PAGE
    assert client(data).get("/").json() == {"script": "<script"}
    head = client(page).head("/")
    assert (
        head.headers["content-length"] == client(page).get("/").headers["content-length"]
        and head.content == b""
    )


def test_it_is_made_once_for_each_address_but_has_the_head_of_now():
    made, heads = [], iter("abcdefghijklmnopqrstuvwxyz")

    async def numbered(request):
        made.append(request.url.netloc)
        return HTMLResponse(PAGE.replace("x", request.url.netloc), 500 if len(made) == 1 else 200)

    app = Starlette(
        routes=[Route("/", numbered)],
        middleware=[Middleware(PageHead, head=lambda visitor: f"<i {next(heads)}>")],
    )
    browser = TestClient(app)
    assert browser.get("/").status_code == 500  # not remembered
    for letter in "bcd":
        answer = browser.get("/", params={"tab": letter})
        assert f"<i {letter}>" in answer.text and "testserver" in answer.text
        assert int(answer.headers["content-length"]) == len(answer.content)
    assert made == ["testserver"] * 2
    assert "elsewhere" in browser.get("/", headers={"Host": "elsewhere"}).text
    browser.head("/")
    assert made == ["testserver"] * 2 + ["elsewhere", "testserver"]
    for number in range(MOST_ADDRESSES):  # whoever makes addresses up fills nothing
        browser.get("/", headers={"Host": f"made-up-{number}"})
    assert "testserver" in browser.get("/").text and made[-1] == "testserver"


def test_nothing_of_one_reader_stands_in_the_page_of_another():
    seen = []

    async def page_of(request):
        seen.append((request.url.query, sorted(request.headers)))
        return HTMLResponse(PAGE)

    app = Starlette(
        routes=[Route("/", page_of)], middleware=[Middleware(PageHead, head=lambda visitor: HEAD)]
    )
    more = {"Origin": "http://evil.example", "Cookie": "a=b", "X-Forwarded-Proto": "https"}
    TestClient(app).get("/", params={"all_endpoints": "1", "deep_link": "x"}, headers=more)
    assert seen == [("", ["host", "x-forwarded-proto"])]


def test_what_is_one_readers_own_or_breaks_off_is_not_kept():
    made = []

    async def own(scope, receive, send):
        made.append(1)
        headers = [(b"content-type", b"text/html"), (b"set-cookie", b"secret=%d" % len(made))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": PAGE.encode()})

    browser = TestClient(PageHead(own, head=lambda visitor: HEAD))
    assert [browser.get("/").cookies["secret"] for _ in range(2)] == ["1", "2"]

    async def broken(scope, receive, send):
        made.append(1)
        headers = [(b"content-type", b"text/html")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"<html>", "more_body": True})

    reader = PageHead(broken, head=lambda visitor: HEAD)
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
    seen = []

    async def send(message):
        seen.append(message)

    for _ in range(2):
        asyncio.run(reader(scope, None, send))
    assert seen == [] and len(made) == 4


def test_gradio_leaves_its_head_to_a_script():
    """Where this fails, a new Gradio puts the head of a page into its HTML before its own scripts:
    remove ``PageHead``, and give the head to Gradio's ``launch``."""
    gradio = pytest.importorskip("gradio")
    with gradio.Blocks() as blocks:
        gradio.HTML("x")
    app = FastAPI()
    gradio.mount_gradio_app(app, blocks, "/", ssr_mode=False, head='<link rel="x-ganviz">')
    before = TestClient(app).get("/").text.partition("<script")[0]
    assert '<link rel="x-ganviz">' not in before
