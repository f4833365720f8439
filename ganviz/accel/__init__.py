"""What is only about speed: kernels, second-order gradients, optimisers, CUDA graphs, compiling,
precision, memory, and the trial that trusts none of them.

Each part is optional and computes what the plain way computes, to rounding.
"""

from __future__ import annotations

import os

# Environment variable: 0 leaves every layer to torch.
SWITCH = "GANVIZ_ACCEL"


def is_enabled() -> bool:
    """Whether optimised layers and shorter backward passes are wanted."""
    return os.environ.get(SWITCH) != "0"
