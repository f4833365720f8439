"""Gradio's files are asked for at once: those that are there, and none of an unknown build."""

import pytest

from ganviz.server import preload


def test_all_that_it_names_exists():
    files = preload.gradio_files(("html", "row", "tabitem", "tabs"))
    folder = preload._frontend() / "assets"
    assert len(files) > 10 and all((folder / name).is_file() for name in files)
    assert len(set(files)) == len(files)


def test_links_are_relative_and_match_how_gradio_asks():
    links = preload.preload_links(["html"])
    assert 'rel="modulepreload" crossorigin href="assets/' in links
    assert 'rel="preload" as="style" crossorigin href="assets/' in links


@pytest.mark.parametrize("index", ["", '<script src="./assets/index-abc.js">'])
def test_another_build_preloads_nothing(tmp_path, monkeypatch, index):
    (tmp_path / "index.html").write_text(index)
    monkeypatch.setattr(preload, "_frontend", lambda: tmp_path)
    preload.gradio_files.cache_clear()
    assert preload.gradio_files(("html",)) == ()
    preload.gradio_files.cache_clear()
