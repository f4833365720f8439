"""Imports run one way, from the pages down to the settings; lazy ones and those for types count."""

import ast
from collections.abc import Iterable, Iterator
from functools import cache

from tests.syntax import PACKAGE, nodes_of

# From the top: a module may import what stands on its own line or below it.
LAYERS = (
    ("ganviz", "__main__"),
    ("ui", "cli"),
    ("api",),
    ("server",),
    ("classroom", "export", "progress", "stop_signals"),
    ("synthetic",),
    ("runs", "probes", "experiments", "latent"),
    ("engine",),
    ("algorithms",),
    ("accel", "objectives", "penalties", "models", "data"),
    (
        "lessons",
        "presets",
        "rules",
        "private_rules",
        "config_file",
        "config",
        "settings",
        "schedules",
        "augmentation",
    ),
    ("device", "registry", "pacing"),
    ("arguments", "bundle", "disk", "errors", "locking", "switch_interval", "text", "version"),
)
RANK = {name: len(LAYERS) - row for row, names in enumerate(LAYERS) for name in names}
WEB = {"gradio", "plotly", "fastapi", "starlette", "uvicorn"}


@cache
def modules() -> dict[str, tuple[ast.AST, ...]]:
    """The syntax of each module of ganviz, by its dotted name."""
    found = {}
    for file, nodes in nodes_of(PACKAGE).items():
        parts = ("ganviz", *file.relative_to(PACKAGE).with_suffix("").parts)
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = nodes
    return found


def imports(nodes: Iterable[ast.AST], known: set[str]) -> Iterator[tuple[str, int]]:
    """Each module that is imported anywhere among ``nodes``, with its line."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "relative imports hide where they lead"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield (inner if inner in known else str(node.module)), node.lineno
        elif isinstance(node, ast.Call):
            yield from dynamic_import(node)


def dynamic_import(call: ast.Call) -> Iterator[tuple[str, int]]:
    """What ``import_module("ganviz...")`` names."""
    function = call.func.attr if isinstance(call.func, ast.Attribute) else call.func
    name = function.id if isinstance(function, ast.Name) else function
    first = call.args[0] if call.args else None
    if name in ("import_module", "__import__") and isinstance(first, ast.Constant):
        yield str(first.value), call.lineno


def package_of(module: str) -> str:
    """``ganviz.engine.run`` -> ``engine``."""
    return module.split(".")[1] if "." in module else module


def own_imports() -> Iterator[tuple[str, str, int]]:
    """(importing module, imported module, line), both of ganviz."""
    known = modules()
    for importer, nodes in known.items():
        for imported, line in imports(nodes, set(known)):
            if imported.partition(".")[0] == "ganviz":
                yield importer, imported, line


def test_every_package_has_its_place_in_the_layers():
    assert {package_of(name) for name in modules()} <= RANK.keys()


def test_no_module_imports_one_above_it():
    upward = [
        f"{importer}:{line} imports {imported}"
        for importer, imported, line in own_imports()
        if RANK[package_of(imported)] > RANK[package_of(importer)]
    ]
    assert not upward, "\n".join(upward)


def test_there_is_no_circle_between_packages():
    graph: dict[str, set[str]] = {}
    for importer, imported, _ in own_imports():
        edge = package_of(importer), package_of(imported)
        if edge[0] != edge[1]:
            graph.setdefault(edge[0], set()).add(edge[1])
    while graph:
        free = [name for name, below in graph.items() if not below & graph.keys()]
        assert free, f"a circle among {sorted(graph)}: {graph}"
        for name in free:
            del graph[name]


def test_only_server_and_pages_know_the_web_libraries():
    strangers = [
        f"{name}:{line} imports {imported}"
        for name, nodes in modules().items()
        for imported, line in imports(nodes, set())
        if imported.partition(".")[0] in WEB and RANK[package_of(name)] < RANK["server"]
    ]
    assert not strangers, "\n".join(strangers)
