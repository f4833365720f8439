"""Names are the field's: words of a private language occur nowhere as identifiers, and one name
means one thing in the whole tree."""

import ast
import re
from collections import defaultdict
from functools import cache

import pytest

from ganviz.version import assets_folder
from tests.syntax import PACKAGE, ROOT, nodes_of

# A word in any part of an identifier -> what the papers or programmers call it.
PRIVATE_PARTS = {
    "told": "sent",
    "tell": "notify, send",
    "tells": "notifies",
    "hear": "receive",
    "hears": "receives",
    "asked": "requested",
    "wish": "request",
    "wishes": "requests",
    "quick": "optimized",
    "quicken": "optimize_layers",
    "kink": "piecewise linear activation",
    "blame": "owner_of_statistic",
    "descend": "optimizer step",
    "yardstick": "reference statistics",
    "grade": "best metric",
    "mercy": "shutdown grace",
    "patience": "timeout",
    "calm": "idle interval",
}
# An identifier as a whole -> what the papers or programmers call it.
PRIVATE = {
    "only_slopes": "input_grad_only",
    "only_inputs": "no_weight_gradients",
    "can_be_cut": "is_homogeneous",
    "twice": "double_backward",
    "slope": "input gradient, negative_slope",
    "slopes": "input gradients",
    "grey_end": "SingleOutputConv2d",
    "grey_start": "SingleInputConv2d",
    "look": "measure, style",
    "looks": "measurements, styles",
    "part_of": "without_prefix",
    "shown": "augmented, open",
    "varies": "why_not_capturable",
    "together": "batched seeds, process group",
    "lone": "single",
    "story": "run data",
    "scene": "frame layout",
    "atlas": "sprite sheet",
    "at_rest": "frozen",
}
# "quick" is the name of a flag of the benchmarks.
BENCHMARKS_MAY = {"quick"}
# Class names may repeat where the word is the interface's own: none do today.
SAME_CLASS: dict[str, str] = {}
# Module names that packages share by convention.
SAME_MODULE = {
    "__init__": "a package",
    "__main__": "python -m",
    "commands": "of the page and of the shell",
}


@cache
def private_words(name: str) -> set[str]:
    """The private words in an identifier of either case: ``_tellAll`` has "tell"."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().strip("_")
    return {snake} & PRIVATE.keys() | set(snake.split("_")) & PRIVATE_PARTS.keys()


def python_names(nodes):
    """Every identifier that ``nodes`` define: functions, classes, arguments, variables,
    attributes."""
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.id if isinstance(node, ast.Name) else node.attr


DEFINED = re.compile(r"\b(?:function\s*\*?|const|let|class)\s+(\w+)")


def script_names(text: str):
    """The functions, classes and variables that a script names one by one."""
    return DEFINED.findall(text)


def test_no_private_word_is_an_identifier():
    found = []
    for folder, allowed in ((PACKAGE, set()), (ROOT / "benchmarks", BENCHMARKS_MAY)):
        for file, nodes in nodes_of(folder).items():
            names = {file.stem, *python_names(nodes)} - allowed
            found += [f"{file.relative_to(ROOT)}: {name}" for name in names if private_words(name)]
    for file in sorted(assets_folder().rglob("*.js")):
        names = set(script_names(file.read_text(encoding="utf-8")))
        found += [f"{file.relative_to(ROOT)}: {name}" for name in names if private_words(name)]
    assert not found, "\n".join(sorted(found))


@pytest.mark.parametrize(("kind", "allowed"), [("class", SAME_CLASS), ("module", SAME_MODULE)])
def test_each_name_is_given_once(kind, allowed):
    homes = defaultdict(list)
    for file, nodes in nodes_of(PACKAGE).items():
        if kind == "module":
            homes[file.stem].append(str(file.relative_to(ROOT)))
            continue
        for node in nodes:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].append(str(file.relative_to(ROOT)))
    repeated = {name: files for name, files in homes.items() if len(files) > 1}
    assert repeated.keys() <= allowed.keys(), repeated
