"""What a damaged file is made with, and what may happen when it is read: ganviz takes it or refuses
it with a sentence, soon, and runs nothing.

About 1,300 mutated files by default; the environment variable GANVIZ_FUZZ multiplies that
(``python -m benchmarks.fuzz``).
"""

import contextlib
import hashlib
import json
import os
import struct
import time
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from ganviz.engine import checkpoint
from ganviz.engine.checkpoint import STATE
from ganviz.errors import GanvizError
from tests.tiny import DIGITS, OFTEN

TIMES = float(os.environ.get("GANVIZ_FUZZ", "1"))
MOST_SECONDS = 3.0  # of processor time for one file
CANARY = Path("/tmp") / f"ganviz-canary-{os.getpid()}"
TINY = {
    **DIGITS,
    **OFTEN,
    "g_hidden": (8,),
    "d_hidden": (8,),
    "batch_size": 8,
    "steps": 20,
    "conditioning": "concat",
}


def fuzz(count):
    """Settings for so many examples: the same ones every time, unless more are asked for."""
    return settings(
        max_examples=round(count * TIMES),
        deadline=None,
        database=None,
        derandomize=TIMES == 1,
        suppress_health_check=list(HealthCheck),
    )


@contextlib.contextmanager
def harmless():
    """What is read inside may be refused, but not crash, hang, or run anything."""
    began = time.process_time()
    try:
        yield
    except GanvizError as refusal:
        assert 0 < len(refusal.sentence) < 1000
    assert time.process_time() - began < MOST_SECONDS
    assert not CANARY.exists(), "something in a file was executed"


@contextlib.contextmanager
def replaced(path, data):
    """``path`` holds ``data`` for a while."""
    before = path.read_bytes()
    path.write_bytes(data)
    try:
        yield
    finally:
        path.write_bytes(before)


# -- mutations -------------------------------------------------------------------------------------
NUMBERS = [
    0,
    1,
    -1,
    255,
    256,
    2**31 - 1,
    2**31,
    2**32 - 1,
    2**53,
    2**63 - 1,
    2**64 - 1,
    10**30,
    -(2**63),
]
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(NUMBERS),
    st.floats(),
    st.text(max_size=8),
    st.just("9" * 5000),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    st.sampled_from(
        ["NaN", "../../etc/passwd", "\x00", "a" * 70_000, "<script>", "\ud800", "gan", "step"]
    ),
)


@st.composite
def harm(draw, data: bytes) -> bytes:
    """``data`` with some of its bytes flipped, cut, doubled, moved or replaced."""
    for _ in range(draw(st.integers(1, 3))):
        at = int(draw(st.floats(0, 1)) * len(data))
        match draw(st.sampled_from(["flip", "patch", "cut", "drop", "double", "number", "insert"])):
            case "flip" if data:
                at = min(at, len(data) - 1)
                data = (
                    data[:at] + bytes([data[at] ^ (1 << draw(st.integers(0, 7)))]) + data[at + 1 :]
                )
            case "patch":
                patch = draw(st.binary(min_size=1, max_size=8))
                data = data[:at] + patch + data[at + len(patch) :]
            case "cut":
                data = data[:at]
            case "drop":
                data = data[:at] + data[at + draw(st.integers(1, 64)) :]
            case "double":
                data = data[:at] + data[max(0, at - draw(st.integers(1, 64))) :]
            case "number":
                packed = struct.pack(
                    draw(st.sampled_from("<>")) + "Q", draw(st.sampled_from(NUMBERS)) % 2**64
                )
                width = draw(st.sampled_from([2, 4, 8]))
                data = data[:at] + packed[:width] + data[at + width :]
            case "insert":
                data = (
                    data[:at]
                    + draw(
                        st.sampled_from([b"\n", b"{", b"]]", b"null", b'"', b"\xff\xfe", b"1e999"])
                    )
                    + data[at:]
                )
    return data


@st.composite
def rewritten(draw, text: bytes) -> bytes:
    """JSON with some of its values replaced by odd ones: still JSON, so that what comes after the
    parser is reached."""
    value = json.loads(text)
    for _ in range(draw(st.integers(1, 3))):
        node, table = value, None
        while isinstance(node, dict | list) and node and (table is None or draw(st.integers(0, 4))):
            table = node
            key = (
                draw(st.sampled_from(sorted(node)))
                if isinstance(node, dict)
                else draw(st.integers(0, len(node) - 1))
            )
            node = node[key]
        if table is None:
            break
        if draw(st.integers(0, 5)) or isinstance(table, list):
            table[key] = draw(ODD)
        else:
            del table[key]
    return json.dumps(value).encode()


@st.composite
def harmed(draw, path: Path) -> bytes:
    """The content of a file, harmed as bytes or as JSON."""
    data = path.read_bytes()
    return draw(
        rewritten(data) if path.suffix == ".json" and draw(st.integers(0, 2)) else harm(data)
    )


def forge(folder, name, data):
    """Let the digests of a checkpoint fit what is now in it, as a forger would."""
    manifest = json.loads((folder / STATE).read_text())
    manifest["files"][name] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    manifest["sha256"] = checkpoint._digest(manifest)
    return json.dumps(manifest).encode()
