"""Pages: whole without a server, silent about the machine they came from, and never half
written."""

import json
import re
import shutil
import zipfile
from itertools import chain

import numpy as np
import pytest
import torch
from PIL import Image

from ganviz.config import RunConfig
from ganviz.engine.snapshot import to_pictures
from ganviz.errors import GanvizError
from ganviz.export import export_page, page, page_facts, runtime, sprite_sheet
from ganviz.runs.store import frames_in
from ganviz.runs.trained import load_generator


@pytest.fixture(autouse=True)
def no_runtime(monkeypatch, tmp_path):
    """Whatever this user has fetched, these pages go without it."""
    monkeypatch.setattr(runtime, "runtime_folder", lambda: tmp_path / "no-runtime")


@pytest.fixture(scope="module")
def made(kept_run, tmp_path_factory):
    """The page of the tiny run."""
    return export_page(kept_run, tmp_path_factory.mktemp("made") / "page", live=False)


def told_by(folder):
    text = (folder / "data.js").read_text()
    assert text.startswith("window.GANVIZ = ") and text.endswith(";\n")
    return json.loads(text[len("window.GANVIZ = ") : -2])


def test_the_page_is_whole(made):
    html = (made / "index.html").read_text()
    asked = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert asked and all((made / name).is_file() for name in asked if not name.startswith("data:"))
    told = told_by(made)
    assert len(told["frames"]["files"]) == len(told["moments"]) > 1 and told["moments"][-1] == 60
    for file in [
        *told["frames"]["files"],
        told["frames"]["reals"],
        *chain(*told["sprites"]["sheets"]),
    ]:
        assert (made / file).stat().st_size > 0
    assert told["columns"]["step"][-1] == 60 and told["columns"]["loss_d"][-1] is not None
    assert (
        told["latent"]["classes"] == list("0123456789") and len(told["latent"]["directions"]) == 4
    )
    assert len(told["sprites"]["sheets"]) == len(told["latent"]["bases"]) >= 2


def test_settings_are_all_there_and_say_what_differs(made):
    rows = {row["label"]: row for group in told_by(made)["settings"] for row in group["rows"]}
    assert len(rows) == len(RunConfig.model_fields)
    assert rows["Steps"] | {"why": ""} == {
        "label": "Steps",
        "value": "60 steps",
        "why": "",
        "changed": True,
    }
    assert rows["Seed"]["changed"] is False


def test_user_text_cannot_become_code(made):
    source = (made / "data.js").read_text()
    assert not set("<>&\u2028\u2029") & set(source)
    assert told_by(made)["notes"].endswith("<img src=x onerror=alert(2)>") and "日本" in source
    code = "".join((made / name).read_text() for name in ("index.html", page.SCRIPT))
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\(|new Function|fetch\(|XMLHttp",
        code,
    )


def test_nothing_tells_of_this_machine_or_asks_another(made, kept_run):
    for path in made.rglob("*"):
        if path.suffix in (".js", ".html", ".css") and path.name != "plotly.min.js":
            text = path.read_text()
            assert str(kept_run.parent) not in text and not re.search(
                r"https?://|//[a-z]+\.", text
            ), path.name


def test_the_folder_of_own_pictures_is_named_without_its_path():
    config = RunConfig.parse({"data": "folder", "data_path": "/home/ada/cats", "image_size": 32})
    rows = {
        row["label"]: row["value"]
        for group in page_facts.settings_table(config)
        for row in group["rows"]
    }
    assert rows["Folder"] == "cats"


def test_the_atlas_holds_what_the_generator_draws(made, kept_run):
    generator, told = load_generator(kept_run), told_by(made)
    shown = told["latent"]
    columns, tile = told["sprites"]["columns"], shown["size"][0]
    base, directions = torch.tensor(shown["bases"][1]), torch.tensor(shown["directions"])
    offsets = torch.linspace(-sprite_sheet.SPAN, sprite_sheet.SPAN, columns)
    z = base + offsets[3] * directions[0] + offsets[columns - 1] * directions[1]
    expected = to_pictures(generator(z[None], torch.tensor([7])))[0, :, :, 0]
    with Image.open(made / told["sprites"]["sheets"][1][7]) as sheet:
        assert sheet.size == (columns * tile, told["sprites"]["rows"] * tile)
        part = np.asarray(
            sheet.convert("L").crop((3 * tile, (columns - 1) * tile, 4 * tile, columns * tile))
        )
    assert np.abs(part.astype(int) - expected).max() <= 1


def test_the_atlas_is_bounded(kept_run, tmp_path, monkeypatch):
    monkeypatch.setattr(sprite_sheet, "MOST_BYTES", 1)
    assert (
        len(
            sprite_sheet.write_sprite_sheets(
                load_generator(kept_run), tmp_path, lambda *_: None
            ).sheets
        )
        == 1
    )


def test_without_the_runtime_the_page_keeps_the_atlas_and_says_how_to_get_it(kept_run, tmp_path):
    told = told_by(export_page(kept_run, tmp_path / "page"))
    assert told["live"] is None and told["sprites"] and "fetch-runtime" in told["latent_note"]


def test_a_zip_holds_the_same(kept_run, made, tmp_path):
    path = export_page(kept_run, tmp_path / "My run.zip", live=False)
    with zipfile.ZipFile(path) as packed:
        names = {name.removeprefix("My run/") for name in packed.namelist()}
    assert names == {str(one.relative_to(made)) for one in made.rglob("*") if one.is_file()}
    assert path.stat().st_size < 6_000_000 and [one.name for one in tmp_path.iterdir()] == [
        "My run.zip"
    ]


def test_an_earlier_page_is_replaced_and_nothing_else(kept_run, made, tmp_path):
    again = shutil.copytree(made, tmp_path / "page")
    (again / "stale.txt").write_text("")
    assert not (export_page(kept_run, again, live=False) / "stale.txt").exists()
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("years of work")
    with pytest.raises(GanvizError, match="already holds something else"):
        export_page(kept_run, tmp_path / "thesis")
    with pytest.raises(GanvizError, match="already holds something else"):
        export_page(kept_run, tmp_path / "thesis" / "chapter.tex")
    assert (tmp_path / "thesis" / "chapter.tex").read_text() == "years of work"


def test_stopping_or_failing_leaves_nothing(kept_run, tmp_path):
    def give_up(fraction, sentence):
        if fraction > 0.3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_page(kept_run, tmp_path / "page", give_up)
    with pytest.raises(GanvizError, match="no run"):
        export_page(tmp_path / "nowhere", tmp_path / "page")
    assert list(tmp_path.iterdir()) == []


def test_a_run_without_checkpoint_or_pictures_is_still_a_page(own_run, tmp_path):
    shutil.rmtree(own_run / "checkpoints")
    for _, path in frames_in(own_run):
        path.write_bytes(b"\x89PNG torn")
    (own_run / "reals.png").unlink()
    told = told_by(export_page(own_run, tmp_path / "page"))
    assert told["latent"] is None and "no checkpoint" in told["latent_note"]
    assert told["frames"] is None and told["moments"] == [] and told["columns"]["step"]


def test_points_are_shown_as_points(points_run, tmp_path):
    told = told_by(export_page(points_run, tmp_path / "page"))
    assert (
        len(told["scatter"]["fakes"]) == len(told["moments"]) == 20
        and len(told["scatter"]["real"]) == 100
    )
    assert told["frames"] is None and told["latent"] is None


def test_colours_are_those_of_the_dashboard():
    css = page.tokens(":root {\n  --gv-d: blue;\n}\n\n.dark {\n  --gv-d: cyan;\n}\n")
    assert (
        css
        == ":root {\n  --gv-d: blue;\n}\n@media (prefers-color-scheme: dark) { :root {\n  --gv-d: "
        "cyan;\n} }\n"
    )
    with pytest.raises(GanvizError):
        page.tokens("body {}")
