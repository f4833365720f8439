"""How a browser comes in: what a flood cannot do, a restart, and the address that is shown."""

from types import SimpleNamespace

import pytest
import torch
from starlette.applications import Starlette

from ganviz.classroom import Classroom
from ganviz.classroom.keys import Keys
from ganviz.runs.manager import RunManager
from ganviz.server import Gate, entrance, routes
from ganviz.server.invitation import Invitation, home_of, home_seen_by, lan_addresses

from .class_browsers import browser


def gate_of(manager, classroom):
    return Gate(Starlette(routes=routes(manager, classroom)), classroom=classroom)


@pytest.fixture
def school(manager):
    """A class with nobody in it: ``gate`` and ``classroom``."""
    classroom = Classroom(Keys.fresh())
    return SimpleNamespace(classroom=classroom, gate=gate_of(manager, classroom))


# -- floods ----------------------------------------------------------------------------------------
def test_codes_cannot_be_guessed_by_trying(school):
    guesser, keys = browser(school.gate), school.classroom.keys
    before = len(school.classroom.room.members())
    burst = entrance.CODES_OF_A_CLIENT[0]
    answers = [guesser.post("/join", data={"code": "AAAAA"}).status_code for _ in range(burst + 40)]
    assert set(answers) == {403, 429} and answers[-1] == 429
    # the right code is not told apart while there are too many, and the link needs no code
    assert guesser.post("/join", data={"code": keys.code}).status_code == 429
    assert guesser.get(f"/join/{keys.code}").status_code == 403
    assert len(school.classroom.room.members()) == before
    assert guesser.get(f"/join/{keys.link}").status_code == 303


def test_a_flood_of_browsers_does_not_fill_the_room_for_good(school, monkeypatch):
    from ganviz.classroom import room as room_module

    room = school.classroom.room
    monkeypatch.setattr(room_module, "MAX_MEMBERS", len(room.members()) + 3)
    link = f"/join/{school.classroom.keys.link}"
    for _ in range(8):
        assert browser(school.gate).get(link).status_code == 303
    assert len(room.members()) <= room_module.MAX_MEMBERS
    # whose page has been open keeps the place
    student = room.join()
    room.opened(student)
    room.closed(student)
    for _ in range(8):
        assert browser(school.gate).get(link).status_code == 303
    assert student.id in {one.id for one in room.members()}
    # a browser that has joined joins no second time
    again = browser(school.gate)
    again.get(link)
    members = len(room.members())
    for _ in range(3):
        assert again.get(link).status_code == again.post("/join").status_code == 303
    assert len(room.members()) == members


@pytest.mark.parametrize("body", [b"x" * 70_000, b"code=" + b"%00" * 5000, b"&" * 50_000, b"\xff"])
def test_the_page_that_joins_takes_no_nonsense(school, body):
    answer = browser(school.gate).post("/join", content=body)
    assert answer.status_code in (400, 403, 413, 429)


def test_a_link_lets_no_machine_join_without_end(manager, monkeypatch):
    monkeypatch.setattr(entrance, "JOINS_OF_A_CLIENT", (3, 0.0))
    classroom = Classroom(Keys.fresh())
    gate, link = gate_of(manager, classroom), f"/join/{classroom.keys.link}"
    answers = [browser(gate).get(link) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [303, 303, 303, 429]
    assert "Too many browsers" in answers[-1].text and len(classroom.room.members()) == 3
    # whoever is in already is not counted
    assert browser(gate, **dict(answers[0].cookies)).get(link).status_code == 303


# -- a restart -----------------------------------------------------------------------------------
def test_a_restart_keeps_cookies_code_and_key(tmp_path):
    def started():
        manager = RunManager(tmp_path / "runs", tmp_path / "data", torch.device("cpu"))
        classroom = Classroom.open(tmp_path / "class.json")
        return gate_of(manager, classroom), classroom

    gate, classroom = started()
    client = browser(gate)
    client.get(f"/join/{classroom.keys.link}")
    after, again = started()
    assert browser(after, **dict(client.cookies)).get("/gv/library").status_code == 200
    assert again.keys == classroom.keys


# -- without a class -------------------------------------------------------------------------------
def test_on_one_machine_nobody_has_to_join(manager):
    alone = browser(Gate(Starlette(routes=routes(manager))))
    assert alone.get("/gv/status").status_code == 200
    assert alone.get("/join").status_code == 404
    assert alone.get("/gv/class/invitation").status_code == 409
    assert "--host" in alone.post("/gv/class", json={"action": "lock"}).json()["error"]


# -- invitations -----------------------------------------------------------------------------------
def test_an_invitation_names_an_address_that_others_reach():
    def seen(host, **more):
        headers = [(b"host", host.encode())]
        headers += [
            (name.replace("_", "-").encode(), value.encode()) for name, value in more.items()
        ]
        return home_seen_by({"headers": headers, "server": ("0.0.0.0", 7860), "root_path": ""})

    for local in ("127.0.0.1:7860", "localhost:7860", "[::1]:7860"):
        assert seen(local) == home_of("0.0.0.0", 7860)
    assert seen("192.168.1.7:7860") == "http://192.168.1.7:7860/"
    assert seen("lab.example.org", x_forwarded_proto="https") == "https://lab.example.org/"
    assert home_of("192.168.1.7", 80) == "http://192.168.1.7:80/"
    assert home_of("fd00::1", 80) == "http://[fd00::1]:80/"
    assert not any(address.startswith("127.") for address in lan_addresses())
    keys = Keys.fresh()
    invitation = Invitation.at("http://192.168.1.7:7860/", keys)
    assert invitation.address == "http://192.168.1.7:7860/join"
    assert invitation.link.endswith(f"/join/{keys.link}")
    assert invitation.svg().startswith("<svg") and len(invitation.svg()) < 6000
    assert "█" in invitation.terminal()
