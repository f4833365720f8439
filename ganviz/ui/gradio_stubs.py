"""Gradio compares the type stubs of its components with their source whenever it is imported, and
writes those that differ: half of the time that importing it takes. Who runs the page reads no
stubs. `tests/ui/test_gradio_stubs.py` tells when a newer Gradio no longer does this."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType

MODULE, WRITES_STUBS = "gradio.component_meta", "create_or_modify_pyi"


def leave_stubs_alone() -> None:
    """From now on an import of Gradio neither reads nor writes stubs. Without effect where it has
    been imported already."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder):
    """Finds `MODULE` where Python finds it."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path, target) if fullname == MODULE else None
        # Any other loader has no source beside which stubs could be written.
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _WithoutStubs(spec.loader.name, spec.loader.path)
        return spec


class _WithoutStubs(SourceFileLoader):
    """Takes what writes stubs out of the module that it loads."""

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        if hasattr(module, WRITES_STUBS):
            setattr(module, WRITES_STUBS, lambda *_, **__: None)
