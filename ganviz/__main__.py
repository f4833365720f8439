"""``python -m ganviz``."""

import sys

from ganviz.cli import main

if __name__ == "__main__":
    sys.exit(main())
