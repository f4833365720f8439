"""Presenters, viewers and strangers: who comes in, and what a hostile viewer cannot do."""

import json
import re
import time
from types import SimpleNamespace

import pytest
import torch
from starlette.applications import Starlette
from starlette.websockets import WebSocketDisconnect

from ganviz.api import follow, make_run
from ganviz.classroom import Classroom
from ganviz.classroom.keys import TICKET_SECONDS, Keys
from ganviz.config import RunConfig
from ganviz.runs.manager import RunManager
from ganviz.server import Gate, routes
from ganviz.ui.launch import application

from .class_browsers import answers, browser

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
# a body that would do something, had a presenter sent it
BODIES = {
    "/gv/command": {"action": "stop"},
    "/gv/train": {"preset": "digits-quick", "replace": True},
    "/gv/library/{run}": {"action": "notes", "notes": "I was here"},
    "/gv/library/{run}/export": {"kind": "page"},
    "/gv/class": {"action": "empty"},
    "/gv/class/shown": {"address": {"tab": "runs", "open": "kept"}},
    "/gv/latent": {"seed": 1},
    "/gv/strip": {"a": {"seed": 1}, "b": {"seed": 2}, "steps": 2},
    "/gv/probe/initial": {"depth": 2},
    "/gv/probe/frozen": {"depth": 2, "steps": 10},
}
# what somebody who has joined may send
ANSWERS = {"/gv/class/vote", "/gv/class/play", "/gv/class/wall/put", "/gv/lab/drawings/put"}
VIEWERS_MAY_POST = {"/gv/latent", "/gv/strip", "/gv/lab/latents", *ANSWERS}
# pictures of a latent space, computed and sent: nothing is kept
EXPLORE = "/gv/explore/"
SECRET = "the teacher's own words"


def live(client, query=""):
    """The live socket of a browser, with its cookies."""
    return client.websocket_connect(f"ws://localhost/gv/live{query}")


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A runs folder with one kept run, trained on pictures of the teacher's, and with notes."""
    root = tmp_path_factory.mktemp("teacher")
    config = RunConfig.parse(
        {"data": "digits", "image_size": 8, "generator": "mlp", "discriminator": "mlp"}
        | {"g_hidden": (8,), "d_hidden": (8,), "g_norm": "none", "latent_dim": 4, "batch_size": 8}
        | {"steps": 4, "tick_seconds": 0.02, "sample_seconds": 0.05, "name": "the kept one"}
    )
    folder = root / "runs" / "kept"
    assert follow(make_run(config, folder, "cpu", "data")).state == "finished"
    (folder / "notes.json").write_text(json.dumps({"notes": SECRET}))
    settings = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**settings, "data_path": str(root / "own")}))
    return root


@pytest.fixture(scope="module")
def school(kept):
    """The whole app with a class: ``gate``, ``classroom``, and what its runs were told to do."""
    manager = RunManager(kept / "runs", kept / "data", torch.device("cpu"))
    told = []
    for name in ("start", "resume", "fork", "delete", "stop_current", "close"):
        setattr(manager, name, lambda *_, name=name, **__: told.append(name))
    classroom = Classroom(Keys.fresh())
    yield SimpleNamespace(
        manager=manager,
        told=told,
        classroom=classroom,
        gate=application(manager, classroom),
        root=kept,
    )


@pytest.fixture
def viewer(school):
    """The browser of somebody who has joined."""
    client = browser(school.gate)
    assert client.get(f"/join/{school.classroom.keys.link}").status_code == 303
    return client


@pytest.fixture
def presenter(school):
    client = browser(school.gate)
    assert client.get(f"/present/{school.classroom.keys.presenter}").status_code == 303
    return client


def every_path(gate):
    """The path of every route of the app, Gradio's too, with something in the place of what
    varies."""

    def walk(found, prefix=""):
        for route in found:
            path = prefix + (getattr(route, "path", "") or "")
            included = getattr(route, "original_router", route)
            if getattr(included, "routes", None):
                yield from walk(included.routes, path.rstrip("/"))
            else:
                yield path or "/"

    return sorted(set(walk(gate._app.routes)))


def filled(path):
    path = path.replace("{run}", "kept").replace("{step}.{ext}", "4.png")
    return re.sub(r"\{[^}]*\}", "x", path) or "/"


def snapshot(school):
    """All that a hostile viewer could have changed."""
    files = {
        str(file.relative_to(school.root)): (file.stat().st_size, file.stat().st_mtime_ns)
        for file in school.root.rglob("*")
        if file.is_file()
    }
    room = school.classroom.room.as_data()
    seen = school.classroom.view(school.classroom.room.join(presenter=True))
    return files, list(school.told), room["locked"], room["removed"], seen.get("follow")


def everything_asked(school, client):
    """(a method, a path, the answer) for every method and every path, with the client's cookies."""
    asked = [(method, path) for path in every_path(school.gate) for method in METHODS]
    sent = [(method, filled(path), BODIES.get(path, {})) for method, path in asked]
    given = answers(school.gate, sent, client.cookies)
    return [(*what, answer) for what, answer in zip(asked, given, strict=True)]


def every_text(school, client):
    """What every path shows, with the client's cookies."""
    paths = every_path(school.gate)
    given = answers(school.gate, [("GET", filled(path), {}) for path in paths], client.cookies)
    return dict(zip(paths, (answer.text for answer in given), strict=True))


# -- a hostile viewer ------------------------------------------------------------------------------
def test_there_is_no_route_by_which_a_viewer_changes_anything(school, viewer):
    school.classroom.show("kept")
    before = snapshot(school)
    paths = every_path(school.gate)
    assert len(paths) > 60 and "/gv/command" in paths and any("gradio_api" in one for one in paths)
    for method, path, answer in everything_asked(school, viewer):
        may = path in VIEWERS_MAY_POST or path.startswith(EXPLORE)
        if method not in ("GET", "HEAD") and not (method == "POST" and may):
            assert answer.status in (403, 404, 405), (method, path, answer.status)
        if answer.status == 403 and method != "HEAD":
            assert json.loads(answer.body)["error"].endswith("."), (method, path)
        assert answer.status < 500, (method, path, answer.text)
    assert snapshot(school) == before


def test_a_stranger_sees_the_page_that_joins_and_nothing_else(school):
    stranger = browser(school.gate)
    for method, path, answer in everything_asked(school, stranger):
        if path == "/" and method in ("GET", "HEAD"):
            assert answer.headers["location"] == "./join"
        else:
            assert answer.status in (403, 404), (method, path)
    with pytest.raises(WebSocketDisconnect), live(stranger):
        pass
    page = stranger.get("/join")
    assert (
        page.status_code == 200 and "default-src 'none'" in page.headers["content-security-policy"]
    )
    # it needs nothing else: no script, style, picture or font of the server
    assert not re.search(r"<script|<link|src=|url\(", page.text)
    assert school.classroom.keys.code not in page.text


def tickets(school, viewer):
    """Cookies by which somebody could hope to be a presenter, or to come in."""
    keys, now = school.classroom.keys, time.time()
    mine = viewer.cookies[keys.cookie]
    boss = school.classroom.join(presenter=True)
    holder, end, signature = mine.split(".")
    return {
        "another's id": f"{boss.id}.{end}.{signature}",
        "a longer life": f"{holder}.{int(end) + 1}.{signature}",
        "expired": keys.ticket(boss.id, now - TICKET_SECONDS - 10),
        "another class": Keys.fresh().ticket(boss.id, now),
        "unknown": keys.ticket("nobody", now),
        "no signature": f"{boss.id}.{end}.",
        "nonsense": "%00\\..\\'\"<x>" * 20,
        "empty": "",
    }


def test_no_forged_expired_or_foreign_ticket_opens_anything(school, viewer):
    name = school.classroom.keys.cookie
    for what, ticket in tickets(school, viewer).items():
        for cookies in ({name: ticket}, {name.upper(): viewer.cookies[name]}):
            client = browser(school.gate, **cookies)
            assert client.get("/gv/library").status_code == 403, what
            assert client.post("/gv/command", json={"action": "stop"}).status_code == 403, what
    assert school.told == []


def test_who_is_sent_out_stays_out_whatever_is_replayed(school, viewer, presenter):
    keys, room = school.classroom.keys, school.classroom.room
    ticket = viewer.cookies[keys.cookie]
    otter = ticket.partition(".")[0]
    with live(viewer) as socket:
        answer = presenter.post("/gv/class", json={"action": "remove", "visitor": otter})
        assert answer.json()["ok"]
        with pytest.raises(WebSocketDisconnect) as closed:
            while True:
                socket.receive_text()
        assert closed.value.code == 4403
    for client in (viewer, browser(school.gate, **{keys.cookie: ticket})):
        assert client.get("/gv/library").status_code == 403
        assert "sent this browser out" in client.post("/join", data={"code": keys.code}).text
        assert "sent this browser out" in client.get(f"/join/{keys.link}").text
    assert presenter.post("/gv/class", json={"action": "readmit"}).json()["ok"]
    assert not room.was_removed(otter)
    assert viewer.post("/join", data={"code": keys.code}).status_code == 303


def test_what_viewers_get_names_nothing_of_the_presenters(school, viewer, presenter, monkeypatch):
    school.classroom.show("kept")
    names = (SECRET, str(school.root), "own", str(school.root.parent))
    for path, text in every_text(school, viewer).items():
        assert not [name for name in names if len(name) > 3 and name in text], path
    detail = viewer.get("/gv/library/kept").json()
    assert detail["notes"] == detail["folder"] == detail["run"]["config"]["data_path"] == ""
    mine = presenter.get("/gv/library/kept").json()
    assert mine["notes"] == SECRET and str(school.root) in mine["folder"]
    with live(viewer, "?run=kept") as socket:
        text = socket.receive_text() + socket.receive_text()
        assert str(school.root) not in text and '"hello"' in text


def test_viewers_see_only_runs_that_were_shown_to_the_class(kept):
    manager = RunManager(kept / "runs", kept / "data", torch.device("cpu"))
    classroom = Classroom(Keys.fresh())
    gate = Gate(Starlette(routes=routes(manager, classroom)), classroom=classroom)
    viewer, presenter = browser(gate), browser(gate)
    viewer.get(f"/join/{classroom.keys.link}")
    presenter.get(f"/present/{classroom.keys.presenter}")
    addresses = (
        *("/gv/library/kept", "/gv/library/kept/history", "/gv/library/kept/thumb.png"),
        *("/gv/runs/kept/frames/4.png", "/gv/runs/kept/reals.png", "/gv/latent/info?run=kept"),
    )
    for address in addresses:
        unknown = viewer.get(address.replace("kept", "nope"))
        hidden = viewer.get(address)
        assert hidden.status_code == unknown.status_code == 404
        assert hidden.text.replace("kept", "nope") == unknown.text
    for address in ("/gv/latent", "/gv/explore/scores", "/gv/explore/latents"):
        body = {"run": "kept", "seeds": [1], "z": "AAAAAAAAAAAAAAAAAAAAAA=="}
        body = {"run": "kept"} if address == "/gv/latent" else body
        body.pop("z" if "latents" in address else "seeds", None)
        assert viewer.post(address, json=body).status_code == 404, address
    assert viewer.get("/gv/explore/runs").json()["runs"] == []
    assert viewer.get("/gv/library").json()["runs"] == []
    with live(viewer, "?run=kept") as socket:
        assert socket.receive_json()["type"] == "error"
    assert presenter.post("/gv/class/shown", json={"address": {"compare": "kept,other"}}).json()[
        "ok"
    ]
    for address in addresses:
        assert viewer.get(address).status_code == 200, address
    assert [run["id"] for run in viewer.get("/gv/library").json()["runs"]] == ["kept"]


# -- who comes in ----------------------------------------------------------------------------------
def test_key_and_link_are_exchanged_for_a_cookie_that_no_script_reads(school):
    keys = school.classroom.keys
    for address in (f"/present/{keys.presenter}", f"/join/{keys.link}"):
        answer = browser(school.gate).get(address)
        assert answer.headers["location"] == "../" and answer.text == ""
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Secure" not in cookie
        assert keys.presenter not in cookie and keys.secret not in cookie
        secure = browser(school.gate).get(address, headers={"X-Forwarded-Proto": "https"})
        assert "Secure" in secure.headers["set-cookie"]
    assert browser(school.gate).get("/present/wrong").status_code == 403
    assert browser(school.gate).head(f"/join/{keys.link}").headers.get("set-cookie") is None


def test_the_keys_stand_in_no_page_and_no_answer(school, viewer, presenter):
    keys = school.classroom.keys
    told = every_text(school, viewer)
    assert "ganviz" in told["/"] and '"runs"' in told["/gv/library"]
    for texts in (told, every_text(school, presenter)):
        for path, text in texts.items():
            assert keys.presenter not in text and keys.secret not in text, path
    # viewers are told neither code nor link: who is sent out could come back by them
    for path, text in told.items():
        assert keys.code not in text or "assets" in path, path


def test_presenters_command_lock_renew_and_empty_the_room(school, viewer, presenter):
    def do(action, **more):
        answer = presenter.post("/gv/class", json={"action": action, **more})
        assert answer.status_code == 200, answer.text

    old = school.classroom.keys
    do("lock")
    assert "locked" in browser(school.gate).get(f"/join/{old.link}").text
    assert browser(school.gate).get(f"/present/{old.presenter}").status_code == 303
    do("unlock")
    do("renew")
    assert browser(school.gate).get(f"/join/{old.link}").status_code == 403
    assert viewer.get("/gv/library").status_code == 200
    do("empty")
    assert viewer.get("/gv/library").status_code == 403
    assert presenter.get("/gv/library").status_code == 200
    wrong = presenter.post("/gv/class", json={"action": "remove", "visitor": "nobody"})
    assert wrong.status_code == 422 and "no such viewer" in wrong.json()["error"]


def test_followers_get_what_the_presenter_shows_also_when_they_come_late(school, presenter):
    assert presenter.post(
        "/gv/class/shown", json={"address": {"tab": "inside"}, "step": 40}
    ).json()["ok"]
    assert presenter.post("/gv/class/shown", json={"step": None}).json()["ok"]
    late = browser(school.gate)
    late.get(f"/join/{school.classroom.keys.link}")
    with live(late) as socket:
        message = {}
        while message.get("type") != "class":
            message = socket.receive_json()
        follow_state = message["state"]["follow"]
        assert not follow_state["free"]
        assert follow_state["shown"] == {"address": {"tab": "inside"}, "step": None}
        assert message["state"]["room"]["handle"] and "members" not in message["state"]["room"]
    for nonsense in (
        *({"address": {"tab": 7}}, {"tile": [1]}, {"extra": 1}, {"latent": {"psi": 9}}),
        *({"step": -1}, {"address": {"run": "x" * 3000}}, {"zoom": {"loss": [1, 2]}}),
    ):
        assert presenter.post("/gv/class/shown", json=nonsense).status_code == 422
