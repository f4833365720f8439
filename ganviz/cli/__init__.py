"""The command line: ``ganviz`` and ``python -m ganviz``."""

from ganviz.cli.commands import main

__all__ = ["main"]
