"""Folders of pictures on the command line: named without their data set, and moved since."""

import pytest
from PIL import Image

import ganviz as package
from ganviz.cli import commands as cli
from ganviz.config_file import load_config
from ganviz.errors import ConfigError
from ganviz.runs.listing import run_info
from ganviz.synthetic.report import RunUnderTest

PICTURES = [
    *("--preset", "digits-mlp", "--image-size", "16", "--batch-size", "4", "--device", "cpu"),
    *("--g-hidden", "8", "--d-hidden", "8", "--steps", "2"),
]


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(20):
        Image.new("L", (16, 16), 10 * number).save(folder / f"{number}.png")
    return folder


def test_a_folder_is_taken_for_the_data(ganviz, pictures, tmp_path):
    out = tmp_path / "run"
    status, _, err = ganviz("train", *PICTURES, "--data-path", pictures, "--out", out)
    assert status == 0, err
    assert f"learns from the pictures in {pictures} (--data folder), not from the data set" in err
    config = load_config(out / "config.json")
    assert (config.data, config.data_path) == ("folder", str(pictures))


def test_a_folder_beside_other_data_is_refused(ganviz, pictures, tmp_path):
    where = ("--data-path", pictures, "--runs-root", tmp_path / "runs")
    status, _, err = ganviz("train", *PICTURES, "--data", "digits", *where)
    assert status == 2 and "--data digits reads no folder" in err
    assert err.count("--data-path") == 1
    with pytest.raises(ConfigError, match="set data to 'folder' as well"):
        package.train({"preset": "digits-mlp", "data_path": str(pictures)}, device="cpu")


def test_a_flag_without_effect_is_remarked(ganviz, tmp_path):
    status, _, err = ganviz(
        *("train", *PICTURES, "--data", "digits", "--image-size", "8", "--penalty", "none"),
        *("--penalty-weight", "3", "--out", tmp_path / "x"),
    )
    assert status == 0
    assert "--penalty-weight has no effect here: it is read only with --penalty " in err
    assert "--penalty has" not in err and "--batch-size" not in err


def test_a_moved_folder_is_named_anew(ganviz, pictures, tmp_path):
    out, moved = tmp_path / "run", tmp_path / "moved"
    assert (
        ganviz("train", *PICTURES, "--data", "folder", "--data-path", pictures, "--out", out)[0]
        == 0
    )
    pictures.rename(moved)
    more = ("resume", out, "--steps", "1", "--device", "cpu")
    status, _, err = ganviz(*more)
    assert status == 2 and "There is no folder" in err and "(--data-path)" in err
    assert "name the folder that holds them" in err
    for verb in (
        ("dataset", "--out", tmp_path / "d"),
        ("report",),
        ("export", "--report", "r.html"),
    ):
        status, _, err = ganviz(verb[0], out, *verb[1:])
        assert status == 2 and "(--data-path)" in err, verb
    loaded = RunUnderTest.load(out, tmp_path, "cpu", lambda *_: None, str(moved))
    assert loaded.changes == () and len(loaded.source.samples) == 18
    status, _, err = ganviz(*more, "--data-path", moved)
    assert status == 0 and "pictures have changed" not in err and run_info(out).step == 3
    # the run keeps where they are
    assert load_config(out / "config.json").data_path == str(moved)
    assert RunUnderTest.load(out, tmp_path, "cpu", lambda *_: None).config.data_path == str(moved)
    assert ganviz(*more)[0] == 0


def test_a_report_on_other_pictures_says_so(ganviz, pictures, tmp_path, monkeypatch):
    out = tmp_path / "run"
    assert ganviz("train", *PICTURES, "--data-path", pictures, "--out", out)[0] == 0
    Image.new("L", (16, 16), 255).save(pictures / "3.png")
    monkeypatch.setattr("ganviz.synthetic.report.make_report", lambda *_: None)
    monkeypatch.setattr("ganviz.export.virtual_data.write_report", lambda made, page, pairs: page)
    status, _, err = ganviz("report", out)
    assert status == 0 and "The pictures have changed since this run was saved." in err


def test_verbs_that_load_the_data_have_the_flag_and_refusals_name_no_other(ganviz, run_folder):
    for verb in ("resume", "dataset", "report", "evaluate", "export"):
        assert "--data-path" in cli._flags([verb]), verb
    status, _, err = ganviz("resume", run_folder, "--steps", 1, "--data-path", run_folder)
    assert status == 2 and "no folder of pictures" in err
    assert cli._hint(ConfigError("The data have changed.", "data"), ["resume", "x"]) == ""
    assert cli._hint(ConfigError("What is it?", "what"), ["bench", "x"]) == ""
    assert cli._hint(ConfigError("No such batch.", "batch_size"), ["train"]) == " (--batch-size)"
