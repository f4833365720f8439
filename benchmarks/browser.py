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


def installed() -> str | None:
    """Its path, or None."""
    return (
        shutil.which("chromium")
        or shutil.which("chromium-browser")
        or shutil.which("google-chrome")
    )
