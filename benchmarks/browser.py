"""The system's Chromium, for benchmarks and tests: where it is, and how to start it so that nothing
leaves the machine."""

from __future__ import annotations

import shutil

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MISSING = "This needs Chromium: apt-get install chromium."
NAMES = ("chromium", "chromium-browser", "google-chrome")
SHELL = "chromium-headless-shell"
"""The same without windows and menus: a page costs a fifth less."""


def installed(*preferred: str) -> str | None:
    """Its path, or None; of several that which is ``preferred``."""
    return next((path for name in (*preferred, *NAMES) if (path := shutil.which(name))), None)
