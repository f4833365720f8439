"""The page's scripts and styles: few files, compressed, kept by browsers until they change."""

import re
from pathlib import Path
from urllib.parse import urlparse

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from ganviz import ui
from ganviz.server import scripts
from ganviz.server.guard import Guard
from ganviz.server.scripts import ASSETS, STYLES


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


HOMES = {
    "dashboard": "lib",
    "form": "train",
    "formulas": "train",
    "latent_panel": "latent",
    "theme": "lib",
    "view": "lib",
    "watch_panel": "train",
}
"""The folder of ``assets/`` that a module of ``ganviz/ui`` belongs to, where names differ."""


def users_of_names():
    """The folders of ``assets/`` that use each class and id of the page."""
    users: dict[str, set[str]] = {}
    for file in (*ASSETS.rglob("*.js"), *Path(ui.__file__).parent.glob("*.py")):
        folder = file.parent.name
        if file.suffix == ".py":
            folder = HOMES.get(file.stem, file.stem.removesuffix("_view"))
        for name in re.findall(r"gv-[\w-]*\w", file.read_text(encoding="utf-8")):
            users.setdefault(name, set()).add(folder)
    return users


def test_rules_stand_in_the_folder_of_what_they_style():
    """Some of Train's stood in Inside's file, where nobody looks for them. How a class is shown the
    other views stands in its own folder. A name that many use says nothing of where a rule is at
    home."""
    users, strangers = users_of_names(), []
    for sheet in STYLES:
        home = sheet.split("/")[0]
        text = re.sub(r"/\*.*?\*/", "", (ASSETS / sheet).read_text(encoding="utf-8"), flags=re.S)
        for rule in re.findall(r"([^{};]+)\{", text) if home != "class" else ():
            for selector in rule.split(","):
                names = re.findall(r"[.#](gv-[\w-]+)", selector)
                own = [one for one in map(users.get, names) if one and len(one) <= 2]
                if own and not any({home, "lib"} & one for one in own):
                    strangers.append(f"{sheet}: {selector.strip()}")
    assert not strangers, "\n".join(strangers)


def test_every_style_sheet_of_the_page_is_sent():
    sheets = {str(file.relative_to(ASSETS)) for file in ASSETS.rglob("*.css")}
    assert sheets - {"export/page.css", "export/report.css"} == set(STYLES)
