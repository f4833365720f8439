"""Runs what a page promises, in the folder and the process that `main` is called in.

Python blocks share one namespace, as they do for a reader who types them one after the other. Runs
take a few steps, whatever they ask for. Commands of ganviz are run in this process; of other
programs it is checked that they, their files and their flags exist. Prints the line of each block;
ends with the traceback of the first that fails.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import tomlkit

from tests.docs.blocks import Block, blocks, commands

ROOT = Path(__file__).parents[2]

STEPS, SAMPLES = 6, 300
# programs of whose commands only the form can be checked here
FOREIGN = {"apt-get", "npm", "npx", "node", "srun", "sbatch", "scontrol", "curl", "export"}
HEAVY = re.compile(r"evaluate|speedrun|colour-64|shared/|bench|fetch-runtime")


def few_steps() -> None:
    """Every run that this process starts takes `STEPS` steps, and draws a tenth of the glyphs."""
    from ganviz.data import glyphs
    from ganviz.engine.run import Run

    glyphs.COUNT = 6_000
    begin = Run.__init__

    def shortened(run, config, *rest, **options):
        begin(run, config, *rest, **options)
        if run._target:
            run._target = min(run._target, (config.steps and STEPS) or STEPS)

    Run.__init__ = shortened
    log = Run.log

    def checked(run, kind, /, **data):
        # a probe that fails ends alone, and would go unseen here
        assert "are not measured any more" not in str(data.get("sentence")), data["sentence"]
        log(run, kind, **data)

    Run.log = checked


def run_python(block: Block, space: dict) -> None:
    code = compile("\n" * (block.line - 1) + block.code, f"<{space['__page__']}>", "exec")
    exec(code, space)


def run_shell(block: Block, space: dict) -> None:
    for words in commands(block.code):
        run_command(words)


def run_command(words: list[str]) -> None:
    """Run a command of ganviz, check any other."""
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        words = words[1:]
    program, rest = words[0], words[1:]
    for name, check in CHECKS.items():
        if program == name:
            check(rest)
            return
    assert program in FOREIGN, f"how is {program!r} checked?"
    if "-m" in rest:
        run_command(["python", *rest[rest.index("-m") :]])
    for word in rest:
        if " -m ganviz " in word:
            run_command(["python", *commands(word[word.index(" -m ganviz ") :])[0]])


def python(rest: list[str]) -> None:
    if rest[0] == "app.py":
        app(rest[1:])
    elif rest[:2] == ["-m", "ganviz"]:
        ganviz(rest[2:])
    elif rest[0] == "-m":
        module(rest[1], rest[2:])
    else:
        raise AssertionError(f"how is python {rest[0]!r} checked?")


def app(flags: list[str]) -> None:
    from ganviz.ui.launch import _flags

    assert (ROOT / "app.py").is_file()
    parse(_flags(), flags)


def parse(parser: argparse.ArgumentParser, flags: list[str]) -> None:
    try:
        parser.parse_args(flags)
    except SystemExit as end:
        assert end.code == 0, f"refused: {flags}"


def ganviz(words: list[str]) -> None:
    """Run it; one that would take long, or needs what is not here, shows its help instead, which
    refuses flags that there are not."""
    from ganviz.cli import main

    if words and words[0] == "ui":
        app(words[1:])
        return
    heavy = HEAVY.search(" ".join(words))
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        status = main([*words, "--help"] if heavy else short(words))
    assert status == 0, f"ganviz {' '.join(words)} ended with {status}: {said.getvalue()[-2000:]}"


def short(words: list[str]) -> list[str]:
    """The same command for few samples."""
    words = list(words)
    if "--n" in words:
        at = words.index("--n") + 1
        words[at] = str(min(int(words[at]), SAMPLES))
    return words


def module(name: str, rest: list[str]) -> None:
    assert importlib.util.find_spec(name), f"there is no module {name!r}"
    if name == "pytest":
        tool("pytest")(rest)


def pip(rest: list[str]) -> None:
    assert rest[0] == "install"
    if "-r" in rest:
        assert (ROOT / rest[rest.index("-r") + 1]).is_file()
    project = tomlkit.parse((ROOT / "pyproject.toml").read_text()).unwrap()["project"]
    extras = project["optional-dependencies"]
    for names in re.findall(r"\[([\w,-]+)\]", " ".join(rest)):
        assert set(names.split(",")) <= set(extras), rest


def torchrun(rest: list[str]) -> None:
    from torch.distributed.run import get_args_parser

    at = rest.index("-m")
    parse(get_args_parser(), [*rest[:at], "script.py"])
    run_command(["python", *rest[at:]])


def tool(name: str) -> Callable[[list[str]], None]:
    """A check of a program that is installed as a module: paths and flags exist."""

    def check(rest: list[str]) -> None:
        known = help_of(name, rest[0] if rest and rest[0].isalpha() else "")
        for word in rest:
            if word.startswith("-"):
                assert re.search(rf"(?<!\S){re.escape(word)}\b", known), f"{name} has no {word}"
            elif "/" in word or word in (".", "ganviz", "assets", "tests"):
                assert (ROOT / word).exists(), f"there is no {word}"

    return check


@cache
def help_of(name: str, verb: str) -> str:
    words = [sys.executable, "-m", name.replace("-", "_"), *([verb] if verb else []), "--help"]
    return subprocess.run(words, capture_output=True, text=True, timeout=120).stdout


CHECKS: dict[str, Callable[[list[str]], None]] = {
    "python": python,
    "ganviz": ganviz,
    "pip": pip,
    "torchrun": torchrun,
    "ruff": tool("ruff"),
    "mypy": tool("mypy"),
    "pre-commit": tool("pre-commit"),
    "pytest": tool("pytest"),
    ".ci/run": lambda rest: None,
}


def run_json(block: Block, space: dict) -> None:
    json.loads(block.code)


def run_nginx(block: Block, space: dict) -> None:
    """Blocks close, and every directive ends."""
    assert block.code.count("{") == block.code.count("}")
    for line in filter(None, map(str.strip, block.code.splitlines())):
        assert line[-1] in "{};", line


def run_script(block: Block, space: dict) -> None:
    node = shutil.which("node")
    if node:
        Path("block.mjs").write_text(block.code)
        subprocess.run([node, "--check", "block.mjs"], check=True, timeout=60)


RUNNERS: dict[str, Callable[[Block, dict], None]] = {
    "python": run_python,
    "bash": run_shell,
    "json": run_json,
    "nginx": run_nginx,
    "js": run_script,
    "text": lambda block, space: None,
    "mermaid": lambda block, space: None,
}


def main(page: Path) -> None:
    """All blocks of ``page`` in order."""
    few_steps()
    space = {"__name__": "page", "__page__": page.name}
    for block in blocks(page):
        print(f"{page.name}, line {block.line}: {block.language}", flush=True)
        assert block.language in RUNNERS, f"a block of {block.language!r}: what is checked of it?"
        if not block.reason:
            RUNNERS[block.language](block, space)
