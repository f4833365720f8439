"""Run folders, pictures and data files from anywhere are read or refused."""

import contextlib
import gzip
import io
import json
import random
import struct

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ganviz.data import idx
from ganviz.data.cache import cached
from ganviz.data.picture_files import read_picture
from ganviz.errors import DataError
from ganviz.export.chart import Chart
from ganviz.export.run_data import picture_of, read_run_data
from ganviz.runs.folder_run import FolderRun
from ganviz.runs.history import history
from ganviz.runs.listing import list_runs, run_info
from ganviz.runs.log import LOG, last_events

from .mutations import ODD, fuzz, harm, harmed, harmless, replaced

# -- run folders -----------------------------------------------------------------------------------
FILES = ["config.json", "summary.json", LOG, "live.json", "notes.json", "reals.png", "frame"]


@pytest.mark.slow
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
            read_all_of(FolderRun(run))
        with harmless():
            kept = read_run_data(run)
            Chart(kept, (200, 100)).at(7.5)
            assert picture_of(kept.reals) is None or kept.reals.width > 0


def read_all_of(kept):
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
        read_all_of(FolderRun(run))
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
