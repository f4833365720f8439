"""How often somebody may try."""

from __future__ import annotations

import threading

MOST_KNOWN = 2000


class Throttle:
    """``burst`` tries at once, and ``per_second`` more as time goes by; of each caller, and of no
    more callers than can be remembered. Safe to use from any thread."""

    def __init__(self, burst: int, per_second: float):
        self._burst, self._rate = burst, per_second
        self._tries: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def allows(self, caller: str, now: float) -> bool:
        """Count a try of ``caller`` at ``now`` (seconds); False where there were too many."""
        with self._lock:
            left, before = self._tries.pop(caller, (float(self._burst), now))
            left = min(float(self._burst), left + (now - before) * self._rate)
            allowed = left >= 1
            self._tries[caller] = (left - allowed, now)
            if len(self._tries) > MOST_KNOWN:
                # whoever has not tried for longest has the most tries again
                del self._tries[next(iter(self._tries))]
            return allowed
