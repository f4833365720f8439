"""The command line: every verb through `main`, flags from the config, statuses 0, 1 and 2."""

import gc
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from ganviz.cli import commands as cli
from ganviz.cli.flags import GENERATED, TITLES, flag
from ganviz.cli.train import _make_config as make_config
from ganviz.config import RunConfig, meta
from ganviz.runs.listing import run_info

from .conftest import ENVIRONMENT, TINY


# -- help ------------------------------------------------------------------------------------------
def test_help_lists_the_verbs_and_loads_no_torch(ganviz):
    code = (
        "import sys; from ganviz.cli import main; main(['--help']); "
        "print(sorted({'torch', 'gradio'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=ENVIRONMENT, check=True
    )
    assert done.stdout.rstrip().endswith("[]")
    for verb in cli.VERBS:
        assert re.search(rf"^│ {verb} ", done.stdout, re.MULTILINE), verb
    assert "ganviz sample runs/x --n 64 --out grid.png" in done.stdout


def test_help_of_train_lists_every_field_with_its_sentence(ganviz):
    status, out, _ = ganviz("train", "--help")
    assert status == 0
    words = " ".join(re.sub(r"[│╭╮╰╯─]", " ", out).split())
    for field in RunConfig.model_fields:
        assert f"{flag(field)} " in words, field
    for field in ("batch_size", "objective", "checkpoint_seconds"):
        assert meta(field)["why"].split(".")[0] in words
    assert "[default: 64]" in words and "digits-quick" in words
    assert all(f"─ {title} ─" in out for title in (*TITLES.values(), "Where"))
    assert set(GENERATED) | {"preset"} == set(RunConfig.model_fields)


@pytest.mark.parametrize("verb", ["resume", "sample"])
def test_help_of_the_other_verbs(ganviz, verb):
    status, out, _ = ganviz(verb, "--help")
    assert status == 0 and "RUN" in out and "--device" in out


def test_version(ganviz):
    import ganviz as package

    assert ganviz("--version")[:2] == (0, f"ganviz {package.__version__}\n")


# -- flags that mean nothing -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--batch-size", "many"], "(batch_size)"),
        (["--batch-size", "0"], "(batch_size)"),
        (["--g-lr", "nan"], "(g_lr)"),
        (["--image-size", "29"], "(image_size)"),
        (["--g-hidden", "16,x"], "(g_hidden)"),
        (["--augment", "blur"], "(augment)"),
        (["--objective", "best"], "--objective"),
        (["--preset", "best"], "--preset"),
        (["--data", "best"], "--data"),
        (["--pac", "3"], "--pac"),
        (["--device", "toaster"], "--device"),
        (["--batchsize", "3"], "No such option: --batchsize"),
        (["--config", "/nowhere.json"], "/nowhere.json cannot be read: No such file or directory."),
    ],
)
def test_bad_values_end_with_2_and_the_name(ganviz, tmp_path, flags, words):
    status, out, err = ganviz("train", *TINY, "--out", tmp_path / "x", *flags)
    assert status == 2 and out == "" and words in err
    assert "Traceback" not in err and not (tmp_path / "x").exists()


def test_bad_calls_of_the_other_verbs(ganviz, run_folder, tmp_path):
    for arguments, expected, words in [
        (("sample", run_folder, "--n", "0"), 2, "--n"),
        (("sample", run_folder, "--out", "x.exe"), 2, "--out"),
        (("sample", run_folder, "--class", "7"), 2, "--class"),
        (("sample", run_folder, "--psi", "nan"), 2, "--psi"),
        (("dataset", run_folder, "--out", "x", "--psi", "inf"), 2, "--psi"),
        (("export", run_folder, "--film", "x.mp4", "--seconds", "nan"), 2, "--seconds"),
        (("speedrun", "--minutes", "nan"), 2, "--minutes"),
        (("sample", tmp_path / "nothing"), 1, "There is no run"),
        (("sample", f"{tmp_path}/nothing@10"), 1, "There is no run"),
        (("sample", f"{run_folder}@9"), 1, "It keeps that of step 10"),
        (("sample", tmp_path), 1, "no checkpoint"),
        (("resume", tmp_path / "nothing"), 1, "There is no run"),
        (("resume", run_folder), 2, "--steps"),
        (("train", *TINY, "--out", run_folder), 2, "already holds a run"),
        (("nonsense",), 2, "nonsense"),
    ]:
        status, out, err = ganviz(*arguments)
        assert (status, out) == (expected, ""), arguments
        assert words in err and "Traceback" not in err


# -- the verbs -------------------------------------------------------------------------------------
def test_train_says_where_the_run_is_and_writes_it(ganviz, tmp_path):
    status, out, err = ganviz(
        "train", *TINY, "--steps", "10", "--runs-root", tmp_path, "--name", "My run", "--no-flip"
    )
    assert status == 0, err
    (folder,) = tmp_path.iterdir()
    assert (
        folder.name.endswith("-my-run")
        and "Finished after 10 steps in" in out
        and str(folder) in out
    )
    assert f"ganviz sample {folder}" in out
    info = run_info(folder)
    assert (info.state, info.step, info.name, info.preset) == (
        "finished",
        10,
        "My run",
        "digits-mlp",
    )


def test_what_a_config_file_leaves_out_is_as_by_default(tmp_path):
    file = tmp_path / "own.json"
    file.write_text('{"data": "mnist"}')
    assert make_config("", file, {}, None) == RunConfig(data="mnist")


def test_train_from_a_config_file(ganviz, run_folder, tmp_path):
    status, *_ = ganviz(
        "train",
        "--config",
        run_folder / "config.json",
        "--steps",
        "3",
        "--out",
        tmp_path / "y",
        "--device",
        "cpu",
    )
    assert status == 0
    assert run_info(tmp_path / "y").step == 3


def test_train_points_and_sample_them(ganviz, tmp_path):
    status, _, err = ganviz(
        "train",
        "--preset",
        "none",
        "--data",
        "ring8",
        "--generator",
        "mlp",
        "--discriminator",
        "mlp",
        "--g-norm",
        "none",
        "--g-hidden",
        "8",
        "--d-hidden",
        "8",
        "--steps",
        "3",
        "--device",
        "cpu",
        "--out",
        tmp_path / "p",
    )
    assert status == 0, err
    assert ganviz("sample", tmp_path / "p", "--out", tmp_path / "p.png")[0] == 0
    assert Image.open(tmp_path / "p.png").size == (640, 640)
    assert ganviz("sample", tmp_path / "p", "--out", tmp_path / "p.npy", "--n", "7")[0] == 0
    assert ganviz("sample", tmp_path / "p", "--out", f"{tmp_path}/singles/")[0] == 2


def test_resume_and_sample(ganviz, run_folder, tmp_path):
    status, out, err = ganviz(
        "resume",
        run_folder.name,
        "--steps",
        "5",
        "--runs-root",
        run_folder.parent,
        "--device",
        "cpu",
    )
    assert status == 0 and "Finished after 15 steps" in out, err
    status, out, _ = ganviz(
        "sample",
        run_folder,
        "--n",
        "9",
        "--out",
        tmp_path / "grid.png",
        "--seed",
        "3",
        "--psi",
        "0.7",
    )
    assert status == 0 and out == f"9 samples of step 15 are in {tmp_path / 'grid.png'}\n"
    assert Image.open(tmp_path / "grid.png").size == (26, 26)
    assert ganviz("sample", run_folder, "--n", "3", "--out", f"{tmp_path}/single/")[0] == 0
    assert len(list((tmp_path / "single").glob("*.png"))) == 3


def test_a_damaged_run_ends_with_1_and_names_the_file(ganviz, run_folder, tmp_path):
    import shutil

    folder = tmp_path / "damaged"
    shutil.copytree(run_folder, folder)
    for file in folder.glob("checkpoints/*/weights.safetensors"):
        file.write_bytes(file.read_bytes()[:100])
    status, _, err = ganviz("sample", folder, "--out", tmp_path / "grid.png")
    assert status == 1 and "weights.safetensors is damaged" in err


def test_a_failed_run_ends_with_1(ganviz, tmp_path):
    status, _, err = ganviz(
        "train",
        *TINY,
        "--optimizer",
        "sgd",
        "--objective",
        "wasserstein",
        "--g-lr",
        "10",
        "--d-lr",
        "10",
        "--steps",
        "5000",
        "--out",
        tmp_path / "x",
    )
    assert status == 1 and "Traceback" not in err and str(tmp_path / "x") in err
    assert run_info(tmp_path / "x").state == "failed"


def test_a_tilde_is_the_home_folder(ganviz, run_folder, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(run_folder.parent))
    monkeypatch.chdir(tmp_path)
    assert ganviz("sample", f"~/{run_folder.name}", "--n", "1", "--out", "x.png")[0] == 0
    assert ganviz("sample", run_folder.name, "--runs-root=~", "--n", "1", "--out", "y.png")[0] == 0
    assert ganviz("train", *TINY, "--steps", "1", "--out=~/here")[0] == 0
    assert (run_folder.parent / "here").is_dir() and not (tmp_path / "~").exists()


def test_ui_hands_its_flags_to_the_dashboard(ganviz, monkeypatch):
    launch = pytest.importorskip("ganviz.ui.launch")
    seen = []
    monkeypatch.setattr(launch, "main", lambda arguments: seen.append(arguments) or 0)
    assert ganviz("ui", "--port", "1234", "--no-browser")[0] == 0
    assert seen == [["--port", "1234", "--no-browser"]]


def test_a_runs_folder_that_may_not_be_written_is_said_at_the_start(tmp_path, monkeypatch, capsys):
    launch = pytest.importorskip("ganviz.ui.launch")
    monkeypatch.setattr(launch.os, "access", lambda path, mode: path != tmp_path)
    assert launch.main(["--runs-root", str(tmp_path), "--no-browser"]) == 2
    assert f"Runs cannot be kept in {tmp_path}" in capsys.readouterr().err
    assert gc.isenabled(), "who starts it from a program of their own goes on"


def test_a_port_that_was_taken_meanwhile_is_told(monkeypatch, capsys):
    """Two who start at the same moment both find the port free."""
    launch = pytest.importorskip("ganviz.ui.launch")

    def taken(*_):
        raise OSError("the server did not start")

    monkeypatch.setattr(launch, "open_dashboard", taken)
    assert launch._open_or_say(None, "127.0.0.1", 7860, None) is None
    assert "127.0.0.1:7860" in capsys.readouterr().err


def test_bench_modes_prints_our_row_beside_the_papers(ganviz):
    code, out, error = ganviz("bench", "modes", "--task", "ring8", "--seeds", "2", "--steps", "100")
    assert code == 0, error
    assert "PacGAN4" in out and "ring8-best" in out and "2,500" in out
    assert ganviz("bench", "speed")[0] == 2
    assert "ring8" in ganviz("bench", "modes", "--task", "cube")[2]


@pytest.mark.parametrize("pictures", [None, 3])
def test_a_mistyped_folder_leaves_nothing_and_the_right_one_works(ganviz, tmp_path, pictures):
    """Known at once (no such folder), or only after looking (too few pictures)."""
    wrong, right, out = tmp_path / "typo", tmp_path / "pictures", tmp_path / "run"
    for folder, count in ((wrong, pictures), (right, 20)):
        if count:
            folder.mkdir()
            for number in range(count):
                Image.new("L", (16, 16), number).save(folder / f"{number}.png")
    arguments = ("train", "--preset", "digits-mlp", "--data", "folder", "--steps", "2")
    where = ("--image-size", "16", "--batch-size", "4", "--out", str(out))
    code, _, err = ganviz(*arguments, *where, "--data-path", str(wrong))
    assert code and "typo" in err and "The run is in" not in err
    assert not out.exists()
    for place in (("--runs-root", tmp_path / "new" / "runs"), ("--out", tmp_path / "new" / "x")):
        assert ganviz(*arguments, *where[:4], "--data-path", wrong, *place)[0]
        assert not (tmp_path / "new").exists()
    code, _, _ = ganviz(*arguments, *where, "--data-path", str(right))
    assert code == 0 and (out / "config.json").exists()


def test_a_run_begins_with_anothers_networks_and_settings(ganviz, run_folder, tmp_path):
    out, runs = tmp_path / "next", tmp_path / "runs"
    status, said, complaints = ganviz(
        "train", "--from", run_folder, "--from-step", 10, "--steps", 3, "--out", out
    )
    assert status == 0 and "Finished after 3 steps" in said
    assert "Taken over from Digits, MLP at step 10: G " in complaints
    status, _, complaints = ganviz(
        "train", "--from", run_folder, "--data", "ring8", "--runs-root", runs
    )
    assert status == 2 and "nothing in common" in complaints and not runs.exists()
    assert ganviz("train", "--from-step", 3, "--runs-root", runs)[0] == 2


def test_a_speed_run_trains_for_its_time_and_prints_the_records_line(ganviz, tmp_path, monkeypatch):
    from ganviz.synthetic import inception

    class Features:
        name, weights = "the mean of each picture", "0" * 64

        def __init__(self, file, device):
            assert file.name == "weights.pth"

        def __call__(self, pictures):
            return pictures.flatten(1).float()[:, ::16]

    monkeypatch.setattr(inception, "missing", lambda: "")
    monkeypatch.setattr(inception, "check_weights", lambda file: None)
    monkeypatch.setattr(inception, "InceptionFeatures", Features)
    status, said, complaints = ganviz(
        *("speedrun", "--minutes", 0.003, "--preset", "memorisation", "--seed", 4),
        *("--n", 30, "--weights", tmp_path / "weights.pth", "--out", tmp_path / "x"),
        *("--data-root", tmp_path, "--device", "cpu"),
    )
    assert status == 0, complaints
    line = said.splitlines()[-1].strip("| ").split(" | ")
    table = (Path(__file__).parents[2] / "docs" / "records.md").read_text()
    columns = next(row for row in table.splitlines() if row.startswith("| FID50k"))
    assert len(line) == len(columns.strip("| ").split(" | "))
    assert line[-1] == "`ganviz speedrun --minutes 0.003 --preset memorisation --seed 4`"
    assert line[4] == "30" and "FID" in said and (tmp_path / "x" / "evaluation.json").is_file()


def test_decoded_pictures_are_listed_and_removed(ganviz, tmp_path):
    from ganviz.data.picture_cache import PictureCache

    assert "no decoded pictures" in ganviz("cache", "--data-root", str(tmp_path))[1]
    for size in (16, 32):
        files = []
        for i in range(16):
            files.append(tmp_path / f"{i}.png")
            Image.new("RGB", (9, 9), (i, 90, 7)).save(files[-1])
        PictureCache.of(tmp_path, tmp_path, size, "rgb").load(files, 16, lambda *_: None)
    status, out, _ = ganviz("cache", "--data-root", str(tmp_path))
    large, small = out.splitlines()
    assert status == 0 and "32px-rgb" in large and f"16 pictures of {tmp_path}" in small
    status, _, err = ganviz("cache", "--data-root", str(tmp_path), "--remove", "other")
    assert status == 2 and "called other" in err
    name = large.split()[0]
    assert "were freed" in ganviz("cache", "--data-root", str(tmp_path), "--remove", name)[1]
    assert len(ganviz("cache", "--data-root", str(tmp_path))[1].splitlines()) == 1
    ganviz("cache", "--data-root", str(tmp_path), "--remove", "all")
    assert "no decoded pictures" in ganviz("cache", "--data-root", str(tmp_path))[1]
