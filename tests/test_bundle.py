"""Modules joined into one script: run by node where there is one, read where there is none."""

import shutil
import subprocess

import pytest

from ganviz.bundle import BundleError, bundle, later
from ganviz.version import assets_folder

MODULES = {
    "main": 'import "./lib/first.js";\nimport * as all from "./lib/words.js";\n'
    'import {\n  add as plus, $,\n} from "./lib/sums.js";'
    "\n\nexport async function unused() {}\nconsole.log(plus(1, 2), $, all.word());\n",
    "lib/first": 'console.log("first");\n',
    "lib/words": 'import { $ } from "./passed.js";\n\nexport const word = () => `${$}!`;\n',
    "lib/passed": 'import { $ } from "./sums.js";\nexport { $, add } from "./sums.js";\n\n'
    "export const other = $;\n",
    "lib/sums": 'console.log("once");\nexport function add(a, b) { return a + b; }\n'
    "export const $ = 7;\nconst hidden = 1;\nexport class Sum {}\n",
}
node = pytest.mark.skipif(shutil.which("node") is None, reason="needs node")


@pytest.fixture
def write(tmp_path):
    """``write({name: text})`` makes modules; returns their folder."""

    def make(modules):
        for name, text in modules.items():
            path = tmp_path / f"{name}.js"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        return tmp_path

    return make


def run(folder, *scripts):
    joined = folder / "joined.cjs"
    joined.write_text("\n".join(scripts))
    done = subprocess.run(["node", joined], capture_output=True, text=True, check=True)
    return done.stdout.split("\n")[:-1]


def test_each_module_comes_once_after_what_it_imports(write):
    made = bundle(write(MODULES), "main.js")
    assert made.modules == (
        "lib/first.js",
        "lib/sums.js",
        "lib/passed.js",
        "lib/words.js",
        "main.js",
    )
    assert "import " not in made.text and "export " not in made.text
    assert "return { add, $, Sum };" in made.text and "return { other, $: modules" in made.text


def test_comments_stay_at_home(write):
    text = "// one\n/** two\n * three */\n  // four\nconst a = 1; // five\nconst b = 2\n  * 3;\n"
    made = bundle(write({"main": text}), "main.js").text
    assert "const a = 1; // five\nconst b = 2\n  * 3;\n" in made
    assert not any(word in made for word in ("one", "two", "three", "four"))


@node
def test_the_script_does_what_the_modules_do(write):
    folder = write(MODULES)
    assert run(folder, bundle(folder, "main.js").text) == ["first", "once", "3 7 7!"]


@node
def test_a_script_that_comes_later_shares_the_modules_that_are_there(write):
    room = 'import { $ } from "./lib/sums.js";\nexport const ready = $;\nconsole.log("room", $);\n'
    opener = 'export const open = async () => await import("./room.js");\n'
    folder = write({**MODULES, "room": room, "main": MODULES["main"] + opener})
    assert later(folder, "main.js") == ["room.js"]
    main = bundle(folder, "main.js", url=lambda name: f"gv/{name}?v=1")
    assert 'await load("room.js", "gv/room.js?v=1")' in main.text
    rest = bundle(folder, "room.js", main.modules)
    assert rest.modules == ("room.js",)
    assert run(folder, main.text, rest.text) == ["first", "once", "3 7 7!", "room 7"]


@node
def test_a_script_chosen_by_name_comes_with_its_folder(write):
    host = "export async function show(name) {\n  (await import(`./${name}`)).start();\n}\n"
    folder = write(
        {
            "main": 'import { show } from "./cards/host.js";\nshow("b.js");\n',
            "cards/host": host,
            "cards/a": 'export const start = () => console.log("a");\n',
            "cards/b": 'export const start = () => console.log("b");\n',
        }
    )
    made = bundle(folder, "main.js")
    assert made.modules == ("cards/a.js", "cards/b.js", "cards/host.js", "main.js")
    assert run(folder, made.text) == ["b"]


@pytest.mark.parametrize(
    "text",
    [
        "export default 1;\n",
        "export let x = 1;\n",
        "export { x };\n",
        'const x = await import("./a.js");\n',
    ],
)
def test_what_it_cannot_join_it_refuses(write, text):
    with pytest.raises(BundleError, match=r"main\.js"):
        bundle(write({"main": text}), "main.js")


def test_a_circle_is_named(write):
    circle = {"main": 'import { a } from "./a.js";\n', "a": 'import { b } from "./main.js";\n'}
    with pytest.raises(BundleError, match=r"main\.js -> a\.js -> main\.js"):
        bundle(write(circle), "main.js")


def test_a_missing_module_and_one_of_another_folder_are_named(write):
    with pytest.raises(BundleError, match=r"gone\.js"):
        bundle(write({"main": 'import { a } from "./gone.js";\n'}), "main.js")
    with pytest.raises(BundleError, match="outside"):
        bundle(write({"main": 'import { a } from "../a.js";\n'}), "main.js")


def test_the_exported_page_shares_the_dashboard_s_library():
    made = bundle(assets_folder(), "export/page.js")
    for name in ("lib/smoothing.js", "lib/plot.js", "lib/player.js", "lib/slider.js"):
        assert name in made.modules


def test_the_dashboard_s_scripts_can_be_joined_and_train_needs_none_of_the_other_views():
    root = assets_folder()
    made = bundle(root, "main.js", url=lambda name: name)
    assert not [
        n for n in made.modules if n.startswith(("inside/", "lab/", "runs/", "lessons/", "export/"))
    ]
    rooms = later(root, "main.js")
    assert {name.split("/")[0] for name in rooms} == {
        "class",
        "explore",
        "inside",
        "lab",
        "lessons",
        "runs",
    }
    for room in rooms:
        assert not set(bundle(root, room, made.modules).modules) & set(made.modules)


@node
def test_what_browsers_get_is_a_script(tmp_path):
    root = assets_folder()
    names = ["export/page.js", "main.js", *later(root, "main.js")]
    for name in names:
        script = tmp_path / "script.cjs"
        script.write_text(bundle(root, name, url=lambda name: name).text)
        done = subprocess.run(["node", "--check", script], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
