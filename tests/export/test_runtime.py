"""The runtime from npm: nothing of it is kept unless it is, byte for byte, the pinned package."""

import base64
import gzip
import hashlib
import io
import os
import stat
import sys
import tarfile

import pytest

from ganviz.export import runtime
from ganviz.export.runtime import RuntimeMissing

CONTENTS = {runtime.SCRIPT: b"script", runtime.MODULE: b"module", runtime.WASM: b"\0asm"}


def package(files, kind=tarfile.REGTYPE):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.type = len(data), kind
            tar.addfile(member, io.BytesIO(data))
    return packed.getvalue()


@pytest.fixture
def pinned(monkeypatch, tmp_path):
    """A function that pins a small package instead of the real one; returns it as a file."""
    monkeypatch.setattr(runtime, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(
        runtime,
        "FILES",
        {name: hashlib.sha256(data).hexdigest() for name, data in CONTENTS.items()},
    )

    def pin(data):
        digest = base64.b64encode(hashlib.sha512(data).digest()).decode()
        monkeypatch.setattr(runtime, "INTEGRITY", f"sha512-{digest}")
        (tmp_path / "package.tgz").write_bytes(data)
        return tmp_path / "package.tgz"

    return pin


@pytest.fixture
def whole():
    return package(
        {f"package/dist/{name}": data for name, data in CONTENTS.items()}
        | {"package/dist/../../evil": b"x"}
    )


def test_a_package_at_hand_is_unpacked_and_checked_again_when_read(pinned, whole, tmp_path):
    assert not runtime.found()
    folder = runtime.fetch(pinned(whole))
    assert runtime.found() and {one.name: one.read_bytes() for one in folder.iterdir()} == CONTENTS
    assert runtime.read(runtime.WASM) == b"\0asm" and not (tmp_path / "evil").exists()
    (folder / runtime.WASM).write_bytes(b"\0bad")
    with pytest.raises(RuntimeMissing, match="changed"):
        runtime.read(runtime.WASM)


def test_it_is_fetched_once(pinned, whole, monkeypatch):
    runtime.fetch(pinned(whole))
    monkeypatch.setattr(runtime, "_from_registry", lambda notify: pytest.fail("asked again"))
    assert runtime.fetch().is_dir()


@pytest.mark.parametrize(
    "harm", [lambda data: data[:-1], lambda data: data[:40] + b"!" + data[41:], lambda data: b""]
)
def test_another_package_is_refused_before_it_is_unpacked(
    pinned, whole, harm, monkeypatch, tmp_path
):
    file = pinned(whole)
    file.write_bytes(harm(whole))
    monkeypatch.setattr(runtime, "_unpack", lambda package: pytest.fail("unpacked"))
    with pytest.raises(RuntimeMissing, match="SHA-512"):
        runtime.fetch(file)
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    "data",
    [
        b"no tar",
        gzip.compress(b"no tar"),
        package({}),
        package({f"package/dist/{name}": b"other" for name in CONTENTS}),
        package({f"package/dist/{name}": b"" for name in CONTENTS}, tarfile.SYMTYPE),
    ],
    # packages hold the time, and every process that runs the suite must name its tests alike
    ids=["no gzip", "no tar", "empty", "other contents", "links"],
)
def test_a_package_of_other_content_is_refused_even_when_it_matches(pinned, data, tmp_path):
    with pytest.raises(RuntimeMissing):
        runtime.fetch(pinned(data))
    assert not (tmp_path / "cache").exists()


def test_missing_files_and_full_disks_are_told_in_a_sentence(pinned, whole, tmp_path, monkeypatch):
    with pytest.raises(RuntimeMissing, match="cannot be read"):
        runtime.fetch(tmp_path / "nothing.tgz")
    file = pinned(whole)
    (tmp_path / "cache").write_text("a file where the cache should be")
    with pytest.raises(RuntimeMissing, match="not kept"):
        runtime.fetch(file)


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands for npm")
def test_npm_is_asked_for_the_pinned_version(pinned, whole, monkeypatch, tmp_path):
    file = pinned(whole)
    npm = tmp_path / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/asked\ncp {file} "$5/onnxruntime-web.tgz"\n')
    npm.chmod(npm.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{npm.parent}{os.pathsep}{os.environ['PATH']}")
    assert runtime.fetch().is_dir()
    assert (
        (tmp_path / "asked")
        .read_text()
        .startswith(f"pack onnxruntime-web@{runtime.VERSION} --ignore-scripts ")
    )


def test_without_npm_the_sentence_says_what_to_do(pinned, monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("NPM_CONFIG_REGISTRY", raising=False)
    with pytest.raises(RuntimeMissing, match=r"Install Node\.js.*--from FILE"):
        runtime.fetch()


def test_the_cache_is_the_users(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert runtime.cache_folder() == tmp_path / "ganviz"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative/is/ignored")
    assert runtime.cache_folder().parts[-2:] == (".cache", "ganviz")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert runtime.cache_folder().parts[-3:] == ("Library", "Caches", "ganviz")
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "Local"))
    assert runtime.cache_folder() == tmp_path / "Local" / "ganviz"
