"""onnxruntime-web, which runs a generator in a browser: fetched on request, checked, and kept in
the user's cache.

It is third-party code (Microsoft, MIT licence) and is never part of ganviz: pages take it from the
cache when it is there.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
from collections.abc import Callable
from pathlib import Path

from ganviz.disk import atomic_replace, disk_sentence, read_bounded
from ganviz.errors import GanvizError

PACKAGE, VERSION = "onnxruntime-web", "1.30.0"
INTEGRITY = (
    "sha512-q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8p"
    "ZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ=="
)
# The plain WebAssembly build: those for WebGPU (jsep) and with asyncify are twice the size.
SCRIPT, MODULE, WASM = (
    "ort.wasm.min.js",
    "ort-wasm-simd-threaded.mjs",
    "ort-wasm-simd-threaded.wasm",
)
FILES = {
    SCRIPT: "faece07e84faa9001f5104bbe4e5c70861d06cb2376a0dea1fa0ad33a67adc81",
    MODULE: "e13f7f94fc51b4ca72b12faeb1ee95f4ace6dfbc8939bc718aabdc0a27c4299b",
    WASM: "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2",
}
LARGEST = 64 * 2**20
FETCH_SECONDS = 300
HOW = (
    f"python -m ganviz fetch-runtime, or, on a machine that is not online, npm pack "
    f"{PACKAGE}@{VERSION} elsewhere and "
    "python -m ganviz fetch-runtime --from FILE"
)


class RuntimeMissing(GanvizError):
    """onnxruntime-web cannot be had."""


def cache_folder() -> Path:
    """Where this user's programs keep what they can fetch again: %LOCALAPPDATA%, ~/Library/Caches,
    $XDG_CACHE_HOME."""
    if sys.platform == "win32":
        root = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        root = Path.home() / "Library" / "Caches"
    else:
        given = os.environ.get("XDG_CACHE_HOME", "")
        root = Path(given) if os.path.isabs(given) else Path.home() / ".cache"
    return root / "ganviz"


def runtime_folder() -> Path:
    """Where the pinned version lies once it was fetched."""
    return cache_folder() / f"{PACKAGE}-{VERSION}"


def found() -> bool:
    """Whether the runtime is at hand."""
    return all((runtime_folder() / name).is_file() for name in FILES)


def read(name: str) -> bytes:
    """One of `FILES` from the cache, checked. Raises `RuntimeMissing`."""
    try:
        data = read_bounded(runtime_folder() / name, LARGEST)
    except OSError:
        raise RuntimeMissing(
            f"{PACKAGE} {VERSION} is not in the cache; get it with: {HOW}."
        ) from None
    if hashlib.sha256(data).hexdigest() != FILES[name]:
        raise RuntimeMissing(
            f"{runtime_folder() / name} was changed since it was fetched; get it again with: {HOW}."
        )
    return data


def fetch(
    source: Path | None = None, notify: Callable[[str], None] = lambda sentence: None
) -> Path:
    """Bring the runtime into the cache and return its folder. ``source``: a tarball that is already
    at hand.

    Nothing is unpacked before the package's SHA-512 matches the pinned one. Raises
    `RuntimeMissing`.
    """
    if source is None and found():
        notify(f"{PACKAGE} {VERSION} is already there.")
        return runtime_folder()
    package = _from_file(source) if source else _from_registry(notify)
    _check(package, str(source or "What the registry sent"))
    files = _unpack(package)
    return _store(files)


def _from_file(path: Path) -> bytes:
    try:
        return read_bounded(path.resolve(), LARGEST)
    except OSError as error:
        raise RuntimeMissing(f"{path} cannot be read: {error.strerror or error}.") from None


def _from_registry(notify: Callable[[str], None]) -> bytes:
    """The package by npm, which knows this machine's registry and proxies; without npm, from the
    registry that the environment names."""
    notify(f"Fetching {PACKAGE} {VERSION} (33 MB) from the npm registry.")
    npm, address = shutil.which("npm"), os.environ.get("NPM_CONFIG_REGISTRY", "")
    if npm:
        return _by_npm(npm)
    if address.startswith(("https://", "http://")):
        return _by_address(f"{address.rstrip('/')}/{PACKAGE}/-/{PACKAGE}-{VERSION}.tgz")
    raise RuntimeMissing(
        f"There is no npm here to fetch {PACKAGE} with. Install Node.js, or name your registry in "
        f"the "
        f"environment variable NPM_CONFIG_REGISTRY; or use: {HOW}."
    )


def _by_npm(npm: str) -> bytes:
    with tempfile.TemporaryDirectory(prefix="ganviz-") as folder:
        try:
            subprocess.run(
                [
                    npm,
                    "pack",
                    f"{PACKAGE}@{VERSION}",
                    "--ignore-scripts",
                    "--pack-destination",
                    folder,
                ],
                capture_output=True,
                timeout=FETCH_SECONDS,
                check=True,
                cwd=folder,
            )
        except (OSError, subprocess.SubprocessError):
            raise RuntimeMissing(
                f"npm could not fetch {PACKAGE} {VERSION}; see what npm pack says."
            ) from None
        return _from_file(next(iter(Path(folder).glob("*.tgz")), Path(folder) / "nothing.tgz"))


def _by_address(address: str) -> bytes:
    try:
        with urllib.request.urlopen(address, timeout=FETCH_SECONDS) as answer:
            return answer.read(LARGEST)  # more than that fails the check of its SHA-512
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise RuntimeMissing(
            f"{PACKAGE} could not be fetched ({str(reason)[:120]}); use: {HOW}."
        ) from None


def _check(package: bytes, what: str) -> None:
    digest = "sha512-" + base64.b64encode(hashlib.sha512(package).digest()).decode()
    if digest != INTEGRITY:
        raise RuntimeMissing(
            f"{what} is not {PACKAGE} {VERSION}: its SHA-512 does not match. Nothing was kept of "
            f"it."
        )


def _unpack(package: bytes) -> dict[str, bytes]:
    """The three files that a page needs; nothing else of the package is read, and nothing is
    written by its names."""
    files = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(package), mode="r:gz") as tar:
            for member in tar:
                name = member.name.removeprefix("package/dist/")
                if name not in FILES or not member.isreg() or member.size > LARGEST:
                    continue
                if content := tar.extractfile(member):
                    files[name] = content.read()
    except (tarfile.TarError, OSError, EOFError) as error:
        raise RuntimeMissing(f"The package cannot be unpacked: {error}.") from None
    for name, digest in FILES.items():
        if hashlib.sha256(files.get(name, b"")).hexdigest() != digest:
            raise RuntimeMissing(f"The package holds no {name} as it should be.")
    return files


def _store(files: dict[str, bytes]) -> Path:
    folder = runtime_folder()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with atomic_replace(folder) as beside:
            beside.mkdir()
            for name, data in files.items():
                (beside / name).write_bytes(data)
    except OSError as error:
        raise RuntimeMissing(
            disk_sentence(error, folder.parent, f"{PACKAGE} was not kept")
        ) from None
    return folder
