"""The page's scripts and styles: few files, compressed, kept by browsers until they change."""

import re
from urllib.parse import urlparse

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from ganviz.server import scripts
from ganviz.server.guard import Guard


@pytest.fixture(scope="module")
def client():
    return TestClient(
        Starlette(
            routes=[Route("/gv/scripts/{name:path}", Guard().http(scripts.script, viewers=True))]
        ),
        base_url="http://127.0.0.1",
    )


@pytest.mark.parametrize("url", [scripts.script_url, scripts.styles_url])
@pytest.mark.parametrize("coding", ["br", "gzip", "identity"])
def test_they_come_compressed_and_may_be_kept(client, url, coding):
    asked = {"accept-encoding": coding}
    answer = client.get(f"/{url()}", headers=asked)
    assert answer.status_code == 200 and "immutable" in answer.headers["cache-control"]
    assert answer.headers.get("content-encoding", "identity") == coding
    again = client.get(f"/{url()}", headers={**asked, "if-none-match": answer.headers["etag"]})
    assert again.status_code == 304 and again.content == b""


def test_a_bare_or_old_address_is_asked_for_again(client):
    path = urlparse(f"/{scripts.script_url()}").path
    for address in (path, f"{path}?v=old"):
        assert client.get(address).headers["cache-control"] == "no-cache"


def test_the_views_that_open_later_have_scripts_of_their_own(client):
    main = client.get(f"/{scripts.script_url()}").text
    rooms = re.findall(r'await load\("([^"]+)", "([^"]+)"\)', main)
    assert {name.split("/")[0] for name, _ in rooms} == {
        "class",
        "explore",
        "inside",
        "lab",
        "lessons",
        "runs",
    }
    for name, url in rooms:
        answer = client.get(f"/{url}")
        assert (
            f'modules["{name}"]' in answer.text and "immutable" in answer.headers["cache-control"]
        )


def test_what_is_not_a_script_of_the_page_is_not_there(client):
    for name in ("lib/dom.js", "../app.py", "none.js"):
        assert client.get(f"/gv/scripts/{name}").status_code == 404


def test_the_first_view_s_script_is_small(client):
    size = len(scripts.compress(client.get(f"/{scripts.script_url()}").content, "br"))
    assert size < 60_000
