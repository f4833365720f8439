"""``python -m benchmarks.fuzz [TIMES]``: the fuzzing of ``tests/fuzz`` with so many times
its mutations, at random."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TIMES = "20"


def main(arguments: list[str] | None = None) -> int:
    """Run the fuzzing tests; the status is pytest's."""
    arguments = sys.argv[1:] if arguments is None else arguments
    root = Path(__file__).parents[1]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "tests/fuzz"],
        cwd=root,
        env={**os.environ, "GANVIZ_FUZZ": (arguments or [TIMES])[0]},
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
