"""Checkpoints and settings from anywhere are read or refused, and run nothing.

Nothing in ganviz unpacks an archive by the names in it: an old checkpoint's ``training.pt`` and the
caches of data sets are zips that are read member by member in memory;
`test_nothing_unpacks_archives_or_runs_what_it_reads` holds it to that.
"""

import contextlib
import io
import json
import os
import pickle
import re
import zipfile
from pathlib import Path

import torch
from hypothesis import given
from hypothesis import strategies as st

from ganviz import registry
from ganviz.config import RunConfig
from ganviz.engine import checkpoint
from ganviz.engine.checkpoint import CONFIG, STATE, TRAINING, TRAINING_TENSORS, WEIGHTS
from ganviz.runs import trained

from .mutations import CANARY, ODD, TINY, forge, fuzz, harm, harmed, harmless, replaced, rewritten


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
