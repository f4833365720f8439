"""What opens a class, and what does not."""

import json
import os
import stat

import pytest

from ganviz.classroom import Classroom
from ganviz.classroom import classroom as classroom_module
from ganviz.classroom.keys import TICKET_SECONDS, Keys
from ganviz.classroom.throttle import MOST_KNOWN, Throttle


def test_a_ticket_names_its_holder_until_it_is_too_old():
    keys = Keys.fresh()
    ticket = keys.ticket("otter", 1000)
    assert keys.holder(ticket, 1000) == "otter"
    assert keys.holder(ticket, 1000 + TICKET_SECONDS) == "otter"
    assert keys.holder(ticket, 1001 + TICKET_SECONDS) is None


@pytest.mark.parametrize(
    "forge",
    [
        lambda ticket: ticket.replace("otter", "boss"),
        lambda ticket: ticket[:-1] + ("0" if ticket[-1] != "0" else "1"),
        lambda ticket: ticket.replace(".", ".9", 1),
        lambda ticket: ticket.rpartition(".")[0],
        lambda ticket: ticket + "0",
        lambda ticket: "otter..",
        lambda ticket: "otter." + "9" * 5000 + ".x",
        lambda ticket: "otter.\u0661\u0662.x",
        lambda ticket: "\udc80.1.\udc80",
        lambda ticket: "",
    ],
)
def test_a_forged_ticket_names_nobody(forge):
    keys = Keys.fresh()
    assert keys.holder(forge(keys.ticket("otter", 1000)), 1000) is None
    assert Keys.fresh().holder(keys.ticket("otter", 1000), 1000) is None


def test_the_code_is_taken_as_people_type_it():
    keys = Keys.fresh()
    spaced = f" {keys.code[:2].lower()} {keys.code[2:]} "
    assert keys.let_in(keys.code) and keys.let_in(spaced) and keys.let_in(keys.link)
    for wrong in ("", keys.code[:-1], keys.presenter, keys.secret, "\udc80"):
        assert not keys.let_in(wrong)
    renewed = keys.renewed()
    assert not renewed.let_in(keys.code) and not renewed.let_in(keys.link)
    assert renewed.makes_presenter(keys.presenter) and not renewed.makes_presenter(keys.code)


def test_tries_are_counted_for_each_caller_and_come_back_with_time():
    throttle = Throttle(burst=3, per_second=0.5)
    assert [throttle.allows("a", 0) for _ in range(4)] == [True, True, True, False]
    assert throttle.allows("b", 0)
    assert not throttle.allows("a", 1.9)
    assert throttle.allows("a", 2.1)
    for caller in range(2 * MOST_KNOWN):
        throttle.allows(str(caller), 3)
    assert len(throttle._tries) <= MOST_KNOWN


def test_a_restart_keeps_the_class(tmp_path):
    file = tmp_path / "class.json"
    before = Classroom.open(file)
    otter, gone, presenter = before.join(), before.join(), before.join(presenter=True)
    before.room.remove(gone.id)
    before.room.locked = True
    before.update()
    before.show("run@12")
    after = Classroom.open(file)
    assert after.keys == before.keys
    assert after.current(otter) == otter and after.current(presenter).presenter
    assert after.current(gone) is None and after.room.was_removed(gone.id)
    assert after.room.locked and after.was_shown("run") and not after.was_shown("other")
    assert Classroom.open(file, new=True).keys != before.keys


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_nobody_else_reads_the_file_with_the_keys(tmp_path):
    file = tmp_path / "class.json"
    old = os.umask(0)
    try:
        Classroom.open(file)
    finally:
        os.umask(old)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    secret = tmp_path / "secret.json"
    file.rename(secret)
    file.symlink_to(secret)
    keys = Classroom.open(file).keys
    assert keys.as_data() != json.loads(secret.read_text())["keys"]


def test_yesterdays_class_and_a_damaged_one_are_forgotten(tmp_path, monkeypatch):
    file = tmp_path / "class.json"
    before = Classroom.open(file).keys
    kept = json.loads(file.read_text())
    for damage in (
        {"used": kept["used"] - classroom_module.FORGOTTEN_AFTER - 1},
        {"used": "yesterday"},
        {"keys": {"secret": ""}},
        {"keys": None},
        {"room": {"members": [{"id": "x"}]}},
        {"room": {"members": 7}},
    ):
        file.write_text(json.dumps({**kept, **damage}))
        assert Classroom.open(file).keys != before, damage
    file.write_text(json.dumps(kept))
    assert Classroom.open(file).keys == before


def test_a_key_that_was_given_is_the_presenters(tmp_path):
    file = tmp_path / "class.json"
    first = Classroom.open(file, presenter="a key of my own")
    assert first.keys.makes_presenter("a key of my own")
    again = Classroom.open(file, presenter="another of my own")
    assert again.keys.secret == first.keys.secret
    assert again.keys.makes_presenter("another of my own")
