"""Start ganviz: ``python app.py``, then click Train."""

import sys

from ganviz.ui.launch import main

if __name__ == "__main__":
    sys.exit(main())
