"""Files from anywhere: whatever is in them, ganviz reads them or refuses them with a sentence,
soon, and runs nothing.

About 1,300 mutated files by default; the environment variable GANVIZ_FUZZ multiplies that (``python
-m benchmarks.fuzz``). Nothing in ganviz unpacks an archive by the names in it: an old checkpoint's
``training.pt`` and the caches of data sets are zips that are read member by member in memory;
`test_nothing_unpacks_archives_or_runs_what_it_reads` holds it to that.
"""

import contextlib
import gzip
import hashlib
import io
import json
import os
import pickle
import random
import re
import shutil
import struct
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from ganviz import registry
from ganviz.api import follow, make_run
from ganviz.config import RunConfig
from ganviz.data import idx
from ganviz.data.cache import cached
from ganviz.data.picture_files import read_picture
from ganviz.engine import checkpoint
from ganviz.engine.checkpoint import CONFIG, STATE, TRAINING, TRAINING_TENSORS, WEIGHTS
from ganviz.errors import DataError, GanvizError
from ganviz.export.chart import Chart
from ganviz.export.run_data import picture_of, read_run_data
from ganviz.runs import trained
from ganviz.runs.folder_run import FolderRun
from ganviz.runs.history import history
from ganviz.runs.listing import list_runs, run_info
from ganviz.runs.log import LOG, last_events

TIMES = float(os.environ.get("GANVIZ_FUZZ", "1"))
MOST_SECONDS = 3.0  # of processor time for one file
CANARY = Path("/tmp") / f"ganviz-canary-{os.getpid()}"
TINY = {
    "data": "digits",
    "image_size": 8,
    "generator": "mlp",
    "discriminator": "mlp",
    "g_hidden": (8,),
    "d_hidden": (8,),
    "g_norm": "none",
    "latent_dim": 4,
    "batch_size": 8,
    "steps": 20,
    "tick_seconds": 0.02,
    "sample_seconds": 0.05,
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
    with contextlib.suppress(GanvizError):
        yield
    assert time.process_time() - began < MOST_SECONDS
    assert not CANARY.exists(), "something in a file was executed"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A kept run; every example puts back what it changed."""
    folder = tmp_path_factory.mktemp("runs") / "kept"
    assert follow(make_run(RunConfig.parse(TINY), folder, "cpu", "data")).state == "finished"
    return folder


@pytest.fixture(scope="module")
def old_checkpoint(run, tmp_path_factory, to_schema_1):
    """The run's checkpoint as ganviz 0.1 wrote them."""
    newest = checkpoint.newest(run / "checkpoints")
    copied = tmp_path_factory.mktemp("old") / newest.name
    shutil.copytree(newest, copied)
    return to_schema_1(copied)


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
        place, table = value, None
        while (
            isinstance(place, dict | list) and place and (table is None or draw(st.integers(0, 4)))
        ):
            table = place
            key = (
                draw(st.sampled_from(sorted(place)))
                if isinstance(place, dict)
                else draw(st.integers(0, len(place) - 1))
            )
            place = place[key]
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


# -- checkpoints -----------------------------------------------------------------------------------
@fuzz(240)
@given(
    data=st.data(),
    name=st.sampled_from([CONFIG, STATE, WEIGHTS, TRAINING, TRAINING_TENSORS, "training.pt"]),
    forged=st.integers(0, 3),
)
def test_checkpoints(run, old_checkpoint, data, name, forged):
    folder = old_checkpoint if name == "training.pt" else checkpoint.newest(run / "checkpoints")
    content = data.draw(harmed(folder / name))
    digest = (
        forge(folder, name, content) if forged and name != STATE else (folder / STATE).read_bytes()
    )
    with replaced(folder / STATE, digest), replaced(folder / name, content), harmless():
        _, state = checkpoint.load(folder)
        assert state.step == 20 and len(state.weights) > 4


@fuzz(160)
@given(data=st.data(), name=st.sampled_from([CONFIG, WEIGHTS, STATE]))
def test_generators_from_forged_checkpoints(run, data, name):
    """Files that fit their digests, but not each other."""
    folder = checkpoint.newest(run / "checkpoints")
    content = data.draw(
        rewritten((folder / name).read_bytes())
        if name != WEIGHTS
        else harm((folder / name).read_bytes())
    )
    if name == STATE:
        manifest = json.loads(content)
        with contextlib.suppress(TypeError, AttributeError):
            manifest["sha256"] = checkpoint._digest(manifest)
        content = json.dumps(manifest).encode()
    digest = forge(folder, name, content) if name != STATE else content
    with replaced(folder / STATE, digest), replaced(folder / name, content), harmless():
        x = trained.load_generator(folder).sample(2)
        assert x.shape[0] == 2


class Bomb:
    """Touches the canary when it is unpickled by anything that runs code."""

    def __init__(self, how):
        self.how = how

    def __reduce__(self):
        return self.how


BOMBS = [
    Bomb((os.mkdir, (str(CANARY),))),
    Bomb((eval, (f"__import__('os').mkdir({str(CANARY)!r})",))),
    Bomb((torch.hub.load, ("nobody/nothing", "x"))),
]


@fuzz(60)
@given(
    data=st.data(),
    bomb=st.sampled_from(BOMBS),
    protocol=st.integers(0, 5),
    name=st.sampled_from(["training.pt", WEIGHTS]),
    form=st.sampled_from(["torch", "zip", "bare"]),
    whole=st.booleans(),
)
def test_pickle_bombs_do_not_go_off(old_checkpoint, data, bomb, protocol, name, form, whole):
    folder, packed = old_checkpoint, io.BytesIO()
    if form == "torch":
        torch.save({"step": 20, "x": bomb}, packed)
    elif form == "zip":
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("archive/data.pkl", pickle.dumps({"x": bomb}, protocol))
    else:
        pickle.dump({"x": bomb}, packed, protocol)
    content = packed.getvalue() if whole else data.draw(harm(packed.getvalue()))
    with (
        replaced(folder / STATE, forge(folder, name, content)),
        replaced(folder / name, content),
        harmless(),
    ):
        checkpoint.load(folder)
        assert not whole, "a bomb was taken for a checkpoint"


# -- settings --------------------------------------------------------------------------------------
@fuzz(120)
@given(data=st.data())
def test_settings_files(data):
    text = RunConfig.parse(TINY).to_json().encode()
    content = data.draw(st.one_of(rewritten(text), harm(text)))
    with harmless():
        config = RunConfig.from_json(content.decode("utf-8", "replace"))
        assert RunConfig.from_json(config.to_json()) == config


@fuzz(120)
@given(
    changes=st.dictionaries(
        st.sampled_from(list(RunConfig.model_fields)), ODD, min_size=1, max_size=4
    ),
    preset=st.sampled_from(["", *registry.PRESETS.names()]),
)
def test_settings_from_anywhere(changes, preset):
    with harmless():
        base = registry.PRESETS.get(preset).settings if preset else {}
        config = RunConfig.parse({**base, **changes})
        assert json.loads(config.to_json())
    with harmless():
        RunConfig.parse(TINY).but(**changes)


# -- run folders -----------------------------------------------------------------------------------
FILES = ["config.json", "summary.json", LOG, "live.json", "notes.json", "reals.png", "frame"]


@fuzz(240)
@given(data=st.data(), name=st.sampled_from(FILES))
def test_run_folders(run, data, name):
    if not (run / "notes.json").exists():
        (run / "notes.json").write_text('{"name": "a run", "notes": "two\\nlines"}')
    path = run / name if name != "frame" else sorted((run / "frames").iterdir())[-1]
    with replaced(path, data.draw(harmed(path))):
        with harmless():
            (info,) = list_runs(run.parent)
            assert (
                run_info(run).step == info.step
                and isinstance(info.name, str)
                and isinstance(info.resumable, bool)
            )
        with harmless():
            look_at(FolderRun(run))
        with harmless():
            story = read_run_data(run)
            Chart(story, (200, 100)).at(7.5)
            assert picture_of(story.reals) is None or story.reals.width > 0


def look_at(kept):
    """All that a view asks of a run."""
    from ganviz.server import describe, encode

    assert json.loads(
        encode.dumps(
            [kept.status(), describe.run(kept), encode.columns(encode.thin(kept.events.rows()))]
        )
    )
    kept.refresh()
    assert kept.snapshots.version in (0, 1)
    for step in kept.frames.steps():
        frame = kept.frames.get(step)
        assert frame is None or frame.width * frame.height > 0


@fuzz(120)
@given(
    lines=st.lists(
        st.one_of(
            st.binary(max_size=40),
            st.builds(
                lambda kind, seq, step, stamp, data: json.dumps(
                    {"seq": seq, "kind": kind, "step": step, "time": stamp, "data": data}
                ).encode(),
                st.sampled_from(
                    [
                        "scalars",
                        "state",
                        "frame",
                        "setting",
                        "rewind",
                        "note",
                        "checkpoint",
                        "scatter",
                        "x",
                        "",
                    ]
                )
                | ODD,
                st.integers(0, 99) | ODD,
                st.integers(0, 99) | ODD,
                st.floats(0, 2e9) | ODD,
                st.dictionaries(
                    st.sampled_from(
                        ["loss_d", "step", "time", "name", "value", "state", "fake", "x"]
                    ),
                    ODD,
                )
                | ODD,
            ),
        ),
        max_size=12,
    ),
    end=st.binary(max_size=20),
)
def test_logs(run, lines, end):
    with replaced(run / LOG, b"\n".join(lines) + end), harmless():
        rows = history(run / LOG).rows()
        assert len({len(column) for column in rows.values()}) <= 1
        last_events(run / LOG)
        look_at(FolderRun(run))
        read_run_data(run)


# -- pictures and data files -----------------------------------------------------------------------
def a_picture(form, mode):
    packed = io.BytesIO()
    random.seed(form + mode)
    channels = len(Image.new(mode, (1, 1)).getbands())
    Image.frombytes(mode, (12, 9), random.randbytes(12 * 9 * channels)).save(packed, form)
    return packed.getvalue()


PICTURES = [
    a_picture(*kind)
    for kind in (
        ("PNG", "RGBA"),
        ("PNG", "L"),
        ("JPEG", "RGB"),
        ("GIF", "P"),
        ("BMP", "RGB"),
        ("WEBP", "RGB"),
        ("TIFF", "RGB"),
        ("PPM", "RGB"),
        ("TGA", "RGB"),
    )
]


@fuzz(180)
@given(data=st.data(), picture=st.sampled_from(PICTURES))
@pytest.mark.filterwarnings("ignore")
def test_pictures(tmp_path_factory, data, picture):
    path = tmp_path_factory.getbasetemp() / "fuzzed.png"
    path.write_bytes(data.draw(harm(picture)))
    with harmless():
        pixels = read_picture(path, 8, False)
        assert pixels is None or (pixels.shape == (8, 8, 3) and pixels.dtype == np.uint8)


IDX = struct.pack(">HBBIII", 0, 8, 3, 4, 5, 5) + bytes(100)


@fuzz(60)
@given(data=st.data(), packed=st.booleans(), inside=st.booleans())
def test_idx_files(tmp_path_factory, data, packed, inside):
    content = data.draw(harm(IDX)) if inside else IDX
    content = gzip.compress(content, mtime=0) if packed else content
    path = tmp_path_factory.getbasetemp() / ("fuzzed.gz" if packed else "fuzzed")
    path.write_bytes(content if inside else data.draw(harm(content)))
    with harmless(), contextlib.suppress(DataError):
        assert idx.read_idx(path).ndim <= 4


@fuzz(60)
@given(data=st.data())
def test_caches_of_pictures(tmp_path_factory, data):
    packed = io.BytesIO()
    np.savez(packed, images=np.zeros((4, 1, 3, 3), np.uint8), labels=np.arange(4, dtype=np.uint8))
    path = tmp_path_factory.getbasetemp() / "fuzzed.npz"
    path.write_bytes(data.draw(harm(packed.getvalue())))
    fresh = torch.ones(4, 1, 3, 3, dtype=torch.uint8), torch.zeros(4, dtype=torch.int64)
    with harmless():
        images, labels = cached(path, 4, 4, lambda count: fresh)
        assert images.shape[0] == labels.shape[0] == 4


# -- what is never done ----------------------------------------------------------------------------
def test_nothing_unpacks_archives_or_runs_what_it_reads():
    source = "\n".join(
        path.read_text() for path in sorted(Path(checkpoint.__file__).parents[1].rglob("*.py"))
    )
    for never in (
        r"extractall|unpack_archive|\.extract\(",
        r"pickle\.loads?\(",
        r"weights_only=False",
        r"allow_pickle=True",
        r"yaml\.load",
        r"(?<![.\w])(eval|exec)\(",
        r"shell=True",
        r"os\.system",
    ):
        assert not re.search(never, source), never
    assert not CANARY.exists()
