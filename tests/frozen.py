"""Imported last by the server of forks (`tests.fresh`): what it has imported stays as it is, so no
fork looks through it for garbage, nor copies it by that. A fork then costs 0.03 s instead of 0.3.
"""

import gc

gc.freeze()
