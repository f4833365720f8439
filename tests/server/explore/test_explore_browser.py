"""The generator for browsers: who gets it, and what it draws."""

import pytest

from ganviz.export import model, runtime
from ganviz.runs.folder_run import FolderRun
from ganviz.server import explore_browser


@pytest.fixture
def at_hand(monkeypatch):
    """onnxruntime-web, as if it had been fetched."""
    monkeypatch.setattr(runtime, "found", lambda: True)
    monkeypatch.setattr(runtime, "read", lambda name: name.encode())


def test_the_runtime_comes_from_the_cache_and_nothing_else_does(client, at_hand):
    response = client.get(f"/gv/explore/runtime/{runtime.WASM}")
    assert response.content == runtime.WASM.encode()
    assert response.headers["content-type"] == "application/wasm"
    assert "immutable" in response.headers["cache-control"]
    for name in ("package.json", "..%2F..%2Fsecret", "%00"):
        assert client.get(f"/gv/explore/runtime/{name}").status_code == 404


def test_without_it_the_server_draws(client, refusal, monkeypatch):
    monkeypatch.setattr(runtime, "found", lambda: False)
    assert client.get(f"/gv/explore/runtime/{runtime.WASM}").status_code == 404
    assert client.get("/gv/explore/info?run=gan").json()["in_browser"] is False
    status, sentence = refusal("model", run="gan")
    assert status == 409 and "fetch-runtime" in sentence


def test_a_network_is_written_once_and_only_for_pictures(
    client, refusal, explored, at_hand, monkeypatch
):
    written = []

    def to_onnx(path, out):
        written.append(path)
        out.write_bytes(b"network of " + path.name.encode())
        return out

    monkeypatch.setattr(model, "available", lambda: True)
    monkeypatch.setattr(model, "to_onnx", to_onnx)
    assert client.get("/gv/explore/info?run=gan").json()["in_browser"] is True
    assert client.get("/gv/explore/info?run=points").json()["in_browser"] is False
    assert refusal("model", run="points")[0] == 409
    for run in ("gan", "gan@30", "gan"):
        response = client.post("/gv/explore/model", json={"run": run})
        assert response.content == b"network of step-000000030"
    assert written == [explored.runs / "gan" / "checkpoints" / "step-000000030"]
    monkeypatch.setattr(FolderRun, "active", property(lambda run: True))
    assert refusal("model", run="gan") == (409, explore_browser.TRAINS_ON)
