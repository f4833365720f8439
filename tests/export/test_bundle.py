"""Modules joined into one script: run by node where there is one, read where there is none."""

import shutil
import subprocess

import pytest

from ganviz import assets_folder
from ganviz.export.bundle import BundleError, bundle


def write(folder, **modules):
    for name, text in modules.items():
        (folder / f"{name}.js").write_text(text)
    return folder / "main.js"


MODULES = {
    "main": 'import * as all from "./words.js";\n'
    'import {\n  add as plus, $,\n} from "./sums.js";\n\n'
    "export async function unused() {}\nconsole.log(plus(1, 2), $, all.word());\n",
    "words": 'import { $ } from "./sums.js";\n\nexport const word = () => `${$}!`;\n',
    "sums": 'console.log("once");\n'
    "export function add(a, b) { return a + b; }\nexport const $ = 7;\n"
    "const hidden = 1;\nexport class Sum {}\n",
}


def test_each_module_comes_once_after_what_it_imports(tmp_path):
    script = bundle(write(tmp_path, **MODULES))
    places = [script.index(f"/{name}.js\n") for name in ("sums", "words", "main")]
    assert places == sorted(places) and script.count("/sums.js\n") == 1
    assert "import " not in script and "export " not in script
    assert "return { add, $, Sum };" in script


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_the_script_does_what_the_modules_do(tmp_path):
    joined = tmp_path / "joined.cjs"
    joined.write_text(bundle(write(tmp_path, **MODULES)))
    done = subprocess.run(["node", joined], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n") == ["once", "3 7 7!", ""]


@pytest.mark.parametrize(
    "text", ["export default 1;\n", "export let x = 1;\n", "export { x };\n", 'import "./a.js";\n']
)
def test_what_it_cannot_join_it_refuses(tmp_path, text):
    with pytest.raises(BundleError, match=r"main\.js"):
        bundle(write(tmp_path, main=text))


def test_a_circle_is_named(tmp_path):
    circle = {"main": 'import { a } from "./a.js";\n', "a": 'import { b } from "./main.js";\n'}
    with pytest.raises(BundleError, match=r"main\.js -> a\.js -> main\.js"):
        bundle(write(tmp_path, **circle))


def test_a_missing_module_is_named(tmp_path):
    with pytest.raises(BundleError, match=r"gone\.js"):
        bundle(write(tmp_path, main='import { a } from "./gone.js";\n'))


def test_the_exported_page_can_be_joined_and_shares_the_dashboard_s_library():
    script = bundle(assets_folder() / "export" / "page.js")
    for name in ("lib/smoothing.js", "lib/plot.js", "lib/player.js", "lib/slider.js"):
        assert f"// {name}\n" in script
