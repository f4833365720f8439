"""Frames, commands, assets, and the guard in front of them all."""

import gzip
import json

import brotli
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ganviz.config import LIVE_FIELDS, RunConfig
from ganviz.errors import Busy, ConfigError
from ganviz.server import Gate, asset_url, guard, plotly_url, routes, static
from ganviz.server.sample_grids import IMMUTABLE


def sentence_of(response):
    """The sentence of a refusal, having checked that it is one."""
    text = response.json()["error"]
    assert text[0].isupper() or text[0] in "'\"" or ":" in text
    assert text.endswith((".", "?"))
    assert response.headers["cache-control"] == "no-store"
    return text


# -- frames --------------------------------------------------------------------------------
def test_frames_are_served_as_they_are_and_for_ever(manager, client, tools):
    manager.current.frames.add(tools.frame(7, b"seven"))
    manager.current.reals = tools.frame(0, b"reals")
    for address, content in (("frames/7.png", b"seven"), ("reals.png", b"reals")):
        response = client.get(f"/gv/runs/one/{address}")
        assert (response.status_code, response.content) == (200, content)
        assert response.headers["content-type"] == "image/png"
        assert response.headers["cache-control"] == IMMUTABLE


@pytest.mark.parametrize(
    "address",
    [
        "/gv/runs/one/frames/8.png",
        "/gv/runs/two/frames/7.png",
        "/gv/runs/one/reals.png",
        "/gv/runs/one/frames/-1.png",
        "/gv/runs/one/frames/x.png",
        "/gv/runs/../frames/7.png",
        "/gv/nothing",
        "/gv/",
    ],
)
def test_what_is_not_there_is_missing_in_a_sentence(client, address):
    response = client.get(address)
    assert response.status_code == 404
    assert sentence_of(response)


# -- commands ------------------------------------------------------------------------------
@pytest.fixture
def obeyed(manager, monkeypatch):
    """What the current run was told."""
    told = []
    for name in ("pause", "resume", "step", "stop"):
        monkeypatch.setattr(
            manager.current, name, lambda *values, name=name: told.append((name, *values))
        )
    return told


def test_commands_reach_the_run(client, obeyed):
    for command in (
        {"action": "pause"},
        {"action": "resume"},
        {"action": "step", "n": 5},
        {"action": "stop", "run": "one"},
    ):
        response = client.post("/gv/command", json=command)
        assert response.json()["ok"] is True
        assert response.json()["sentence"].endswith(".")
    assert obeyed == [("pause",), ("resume",), ("step", 5), ("stop",)]


def test_live_settings_reach_the_run(manager, client, monkeypatch):
    told = {}
    monkeypatch.setattr(manager.current, "set", lambda **settings: told.update(settings))
    assert (
        client.post("/gv/command", json={"action": "set", "settings": {"g_lr": 1e-3}}).json()["ok"]
        is True
    )
    assert told == {"g_lr": 1e-3}


@pytest.mark.parametrize(
    ("command", "field"),
    [
        ({"action": "dance"}, "action"),
        ({}, "action"),
        ({"action": "step", "n": 0}, "n"),
        ({"action": "step", "n": "many"}, "n"),
        ({"action": "step", "n": 10**400}, "n"),
        ({"action": "set", "settings": {}}, "settings"),
        ({"action": "set", "settings": {"batch_size": 3}}, "batch_size"),
        ({"action": "set", "settings": {"self": 3}}, "self"),
        ({"action": "set", "settings": {"g_lr": -1}}, "g_lr"),
        ({"action": "set", "settings": {"g_lr": None}}, "g_lr"),
        ({"action": "pause", "to": 1}, "to"),
        ({"action": "pause", "run": "two"}, None),
    ],
)
def test_a_wrong_command_is_refused_with_a_sentence_and_its_field(client, obeyed, command, field):
    assert "g_lr" in LIVE_FIELDS and "batch_size" not in LIVE_FIELDS
    response = client.post(
        "/gv/command", content=json.dumps(command), headers={"content-type": "application/json"}
    )
    assert 400 <= response.status_code < 500
    answer = response.json()
    assert (answer["ok"], answer["field"]) == (False, field)
    assert answer["sentence"] == sentence_of(response)
    assert obeyed == []


def test_what_a_run_refuses_is_passed_on(manager, client, monkeypatch):
    def refuse():
        raise ConfigError("Not now.", "g_lr")

    monkeypatch.setattr(manager.current, "pause", refuse)
    answer = client.post("/gv/command", json={"action": "pause"}).json()
    assert answer == {"ok": False, "sentence": "Not now.", "error": "Not now.", "field": "g_lr"}


def test_nothing_or_nothing_more_to_command(manager, client, obeyed):
    manager.current.state = "finished"
    assert "ended" in client.post("/gv/command", json={"action": "pause"}).json()["sentence"]
    manager.current = None
    assert "Train" in client.post("/gv/command", json={"action": "pause"}).json()["sentence"]
    assert obeyed == []


def test_commands_are_json_and_no_form(client, obeyed):
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        response = client.post(
            "/gv/command", content='{"action": "stop"}', headers={"content-type": kind}
        )
        assert (response.status_code, response.json()["ok"]) == (415, False)
    response = client.post("/gv/command", content="{", headers={"content-type": "application/json"})
    assert (response.status_code, response.json()["ok"]) == (400, False)
    assert obeyed == []


# -- starting a run ------------------------------------------------------------------------
@pytest.fixture
def started(manager, monkeypatch):
    """The configs that the manager was asked to train."""
    configs = []

    def start(config, replace=False, begin_with=""):
        configs.append((config, replace))
        return manager.current

    monkeypatch.setattr(manager, "start", start)
    return configs


def test_train_starts_a_preset_with_the_settings_that_differ(client, started):
    settings = {"steps": 7.0, "g_hidden": [64, 32], "augment": ["cutout"], "seed": 3}
    answer = client.post(
        "/gv/train", json={"preset": "digits-mlp", "settings": settings, "replace": True}
    )
    assert answer.json() == {"ok": True, "sentence": "The run has started.", "run": "one"}
    ((config, replace),) = started
    assert replace is True
    assert (config.preset, config.steps, config.g_hidden) == ("digits-mlp", 7, (64, 32))
    assert (config.augment, config.seed) == (("cutout",), 3)
    assert config == RunConfig.from_preset(
        "digits-mlp", steps=7, g_hidden=(64, 32), augment=("cutout",), seed=3
    )


@pytest.mark.parametrize(
    ("asked", "field", "words"),
    [
        ({"preset": "nothing"}, "preset", "no preset"),
        ({"preset": "digits-mlp", "settings": {"steps": None}}, "steps", "Steps is empty"),
        ({"preset": "digits-mlp", "settings": {"steps": ""}}, "steps", "Steps is empty"),
        ({"preset": "digits-mlp", "settings": {"steps": "ten"}}, "steps", "ten"),
        ({"preset": "digits-mlp", "settings": {"steps": 1e300}}, "steps", "Steps"),
        ({"preset": "digits-mlp", "settings": {"g_hidden": "wide"}}, "g_hidden", "commas"),
        ({"preset": "digits-mlp", "settings": {"g_hidden": 5}}, "g_hidden", "commas"),
        ({"preset": "digits-mlp", "settings": {"data": "folder"}}, "data_path", "folder"),
        (
            {"preset": "digits-mlp", "settings": {"colour_of_hair": 1}},
            "colour_of_hair",
            "no setting",
        ),
        ({"preset": "digits-mlp", "settings": {"preset": "x"}}, "preset", "preset"),
        ({"preset": "digits-mlp", "more": 1}, "more", "no input"),
    ],
)
def test_a_form_that_cannot_be_trained_says_which_field(client, started, asked, field, words):
    answer = client.post("/gv/train", json=asked)
    assert 400 <= answer.status_code < 500
    assert (answer.json()["ok"], answer.json()["field"]) == (False, field)
    assert words in answer.json()["sentence"]
    assert started == []


def test_a_second_run_is_refused_as_busy(manager, client, monkeypatch):
    def refuse(config, replace, begin_with):
        raise Busy("Another one trains.")

    monkeypatch.setattr(manager, "start", refuse)
    answer = client.post("/gv/train", json={"preset": "digits-mlp"})
    assert (answer.status_code, answer.json()["busy"]) == (409, True)
    assert answer.json()["sentence"] == "Another one trains."


def test_the_status_of_the_training_is_told_to_pages_that_look_elsewhere(manager, client):
    assert client.get("/gv/status").json()["training"]["id"] == "one"
    manager.current = None
    assert client.get("/gv/status").json() == {"training": None}


# -- the guard -----------------------------------------------------------------------------
@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "http://testserver:81",
        "http://testserver.evil.example",
        "http://[",
    ],
)
def test_pages_of_other_sites_command_nothing(client, obeyed, origin):
    for address in ("/gv/command", "/gv/latent"):
        response = client.post(address, json={"action": "stop"}, headers={"origin": origin})
        assert response.status_code == 403
        assert sentence_of(response)
    assert obeyed == []


def test_ganviz_own_page_may_command(client, obeyed):
    assert (
        client.post(
            "/gv/command", json={"action": "stop"}, headers={"origin": "http://testserver"}
        ).status_code
        == 200
    )
    assert obeyed == [("stop",)]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:7971", 404),
        ("127.0.0.1", 404),
        ("[::1]:7971", 404),
        ("gan.localhost", 404),
        ("LOCALHOST", 404),
        ("proxy.example:443", 404),
        ("evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("", 403),
        ("[", 403),
    ],
)
def test_a_loopback_server_answers_to_its_own_names_only(manager, monkeypatch, host, status):
    monkeypatch.setenv(guard.HOSTS_VARIABLE, "other.example, proxy.example")
    local = TestClient(Gate(Starlette(routes=routes(manager))), base_url="http://127.0.0.1:7971")
    response = local.get("/gv/runs/one/reals.png", headers={"host": host})
    assert response.status_code == status
    assert sentence_of(response)


def test_a_fault_of_the_server_is_a_sentence_too(manager, client, monkeypatch, caplog):
    monkeypatch.setattr(manager.current.frames, "get", lambda step: 1 / 0)
    response = client.get("/gv/runs/one/frames/1.png")
    assert response.status_code == 500
    assert sentence_of(response)
    assert "ZeroDivisionError" in caplog.text


# -- assets --------------------------------------------------------------------------------
@pytest.fixture
def assets(tmp_path, monkeypatch):
    """A folder of assets with a secret beside it."""
    folder = tmp_path / "assets"
    (folder / "deep").mkdir(parents=True)
    (folder / "app.js").write_text("one")
    (folder / "deep" / "theme.css").write_text("body {}")
    (folder / "notes.txt").write_text("not served")
    (tmp_path / "secret.js").write_text("secret")
    (folder / "link.js").symlink_to(tmp_path / "secret.js")
    monkeypatch.setattr(static, "ASSETS", folder)
    return folder


def test_an_address_that_names_the_content_is_kept_for_ever(client, assets):
    url = asset_url("app.js")
    response = client.get(url)
    assert (response.text, response.headers["cache-control"]) == ("one", IMMUTABLE)
    assert response.headers["content-type"].startswith("text/javascript")
    (assets / "app.js").write_text("another")
    assert asset_url("app.js") != url
    old = client.get(url)
    assert (old.text, old.headers["cache-control"]) == ("another", "no-cache")
    again = client.get("/gv/assets/app.js", headers={"if-none-match": old.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(asset_url("deep/theme.css")).headers["content-type"].startswith("text/css")


@pytest.mark.parametrize(
    "name",
    [
        "../secret.js",
        "%2e%2e/secret.js",
        "..%2fsecret.js",
        "deep/../../secret.js",
        "link.js",
        "/etc/passwd",
        "%2Fetc%2Fpasswd",
        "..%5csecret.js",
        "app.js%00",
        "deep",
        "",
        ".",
        "notes.txt",
        "none.js",
        "x" * 5000,
    ],
)
def test_nothing_but_assets_is_served(client, assets, name):
    response = client.get(f"/gv/assets/{name}")
    assert response.status_code == 404
    assert sentence_of(response)


def test_an_asset_that_is_not_there_has_no_address(assets):
    with pytest.raises(FileNotFoundError):
        asset_url("none.js")


@pytest.mark.parametrize(
    ("accepted", "coding", "decode"),
    [
        ("gzip, deflate, br, zstd", "br", brotli.decompress),
        ("gzip", "gzip", gzip.decompress),
        ("br;q=0, gzip", "gzip", gzip.decompress),
        ("identity", None, bytes),
        ("", None, bytes),
    ],
)
def test_plotly_comes_compressed_and_whole(client, accepted, coding, decode):
    with client.stream("GET", plotly_url(), headers={"accept-encoding": accepted}) as response:
        body = b"".join(response.iter_raw())
        headers = response.headers
    assert headers.get("content-encoding") == coding
    assert decode(body) == static.plotly_file().read_bytes()
    assert headers["cache-control"] == IMMUTABLE
    assert headers["vary"] == "Accept-Encoding"
    assert int(headers["content-length"]) == len(body)
    again = client.get(
        plotly_url(), headers={"accept-encoding": accepted, "if-none-match": headers["etag"]}
    )
    assert again.status_code == 304


def test_plotly_is_compressed_once(client, monkeypatch):
    client.get(plotly_url())
    monkeypatch.setattr(static, "plotly_file", lambda: pytest.fail("compressed again"))
    assert client.get(plotly_url()).status_code == 200


def test_a_failed_compression_is_tried_again(client, monkeypatch, tmp_path):
    monkeypatch.setattr(static, "_bodies", {})
    monkeypatch.setattr(static, "plotly_file", lambda: tmp_path / "missing.js")
    assert client.get(plotly_url()).status_code == 500
    monkeypatch.undo()
    assert client.get(plotly_url()).status_code == 200
