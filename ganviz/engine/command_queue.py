"""What other threads ask of a training thread, which obeys between two steps."""

from __future__ import annotations

import threading
from collections.abc import Callable

Command = Callable[[], None]
UNLIMITED = float("inf")


class CommandQueue:
    """Commands that wait for the next step boundary, and how many steps may be taken before the
    training pauses.

    ``stopping``: no further step is wanted. `add` and `stop` may be called from any thread, all
    else from the training thread.
    """

    def __init__(self) -> None:
        self.allowed: float = UNLIMITED
        self.stopping = False
        self._commands: list[Command] = []
        self._changed = threading.Condition()

    def add(self, command: Command) -> None:
        """Have the training thread call ``command`` at the next step boundary."""
        with self._changed:
            self._commands.append(command)
            self._changed.notify_all()

    def stop(self) -> None:
        """Ask for no further step."""
        self.stopping = True
        with self._changed:
            self._changed.notify_all()

    @property
    def is_quiet(self) -> bool:
        """Whether the next step may simply be taken: looked at before each, so without the lock."""
        return not self._commands and self.allowed > 0

    @property
    def is_paused(self) -> bool:
        """Whether no step may be taken for now, though the run goes on."""
        return self.allowed <= 0 and not self.stopping

    def allow(self, steps: float) -> None:
        """Let ``steps`` steps be taken, whatever was allowed before."""
        self.allowed = steps

    def allow_more(self, steps: int) -> None:
        """Let ``steps`` steps be taken beyond those of earlier calls; one that trains on ends
        there."""
        self.allow(steps + (0 if self.allowed == UNLIMITED else self.allowed))

    def run(self) -> None:
        """Run the commands that came in."""
        with self._changed:
            commands, self._commands = self._commands, []
        for command in commands:
            command()

    def wait(self) -> None:
        """Until a command comes in, or the end is asked for."""
        with self._changed:
            self._changed.wait_for(lambda: self._commands or self.stopping)

    def clear(self) -> None:
        """Forget what nobody will run any more, and whatever it holds."""
        self._commands = []
