"""Which ganviz this is, and where its files lie."""

from __future__ import annotations

from pathlib import Path

__version__ = "0.2.0"


def assets_folder() -> Path:
    """What the browser loads: inside the package once installed, beside it in a clone."""
    package = Path(__file__).resolve().parent
    installed = package / "assets"
    return installed if installed.is_dir() else package.parent / "assets"
