"""Writes a run folder while the run trains, and never stops the training because a disk refuses.

config.json  log.jsonl  summary.json  live.json  reals.png  thumb.png  frames/000001234.png
checkpoints/step-000001234/  step.json  train.log  notes.json
"""

from __future__ import annotations

import io
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganviz import pacing
from ganviz.disk import disk_sentence, write_atomic
from ganviz.engine.events import ENDED, Event
from ganviz.errors import CheckpointError, ConfigError
from ganviz.runs.history import ReplayedLog, history
from ganviz.runs.lock import LIVE, FolderLock
from ganviz.runs.log import LOG, REWIND, LogWriter, read_log, to_line
from ganviz.runs.summary import CONFIG, SUMMARY, Summary

if TYPE_CHECKING:
    from ganviz.config import RunConfig
    from ganviz.engine.checkpoint import TrainingState
    from ganviz.engine.frames import Frame

FRAMES, REALS, THUMB, TRACEBACKS, CHECKPOINTS = (
    "frames",
    "reals",
    "thumb.png",
    "train.log",
    "checkpoints",
)
THUMB_SIZE = 160
GRID_LOST = "A sample grid was not saved"
LOG_LOST = "The log was not written"
SUMMARY_LOST = "The summary was not written"
SETTINGS_LOST = "The settings were not saved"
CHECKPOINT_LOST = "The checkpoint was not saved"
GONE = "The folder is gone"
# without which a run cannot go on as it is; the gravest first
ESSENTIAL = (GONE, CHECKPOINT_LOST, LOG_LOST, SETTINGS_LOST, SUMMARY_LOST)
_FRAME = re.compile(r"(\d{9,12})\.(png|jpg)")


class RunStore:
    """Keeps one run in ``folder``. Everything but the constructor is safe to call from the training
    thread.

    Only the constructor raises: `ConfigError` where the folder cannot be made, `Busy` where another
    process trains in it. Later, ``problem`` holds a sentence while something cannot be saved, and
    the log catches up once it can again.
    """

    def __init__(self, folder: Path | str):
        self.folder = Path(folder)
        self._lock = threading.RLock()
        self._problems: dict[str, str] = {}
        self._retry_at: dict[str, float] = {}
        self._log = LogWriter(self.folder / LOG)
        self._folder_lock = FolderLock(self.folder)
        self._flush_due = self._summary_due = self._thumb_due = 0.0
        self._frame: Frame | None = None
        self._gone = False
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / FRAMES).mkdir(exist_ok=True)
            self._folder_lock.begin()
        except OSError as error:
            raise ConfigError(
                disk_sentence(error, self.folder, "The run cannot be kept"), "out"
            ) from None
        self.summary = Summary.open(self.folder)

    # -- writing ---------------------------------------------------------------------------
    def write_config(self, config: RunConfig) -> None:
        """Store the settings."""
        self.summary.set_config(config)
        self._try(
            SETTINGS_LOST,
            lambda: write_atomic(self.folder / CONFIG, config.to_json(), durable=True),
        )
        self._write_summary(force=True)

    def describe(self, **facts: Any) -> None:
        """Store what a viewer from outside needs and the config does not tell: ``spec``,
        ``series``, ``equilibrium``, ``device``."""
        self.summary.describe(facts)
        self._write_summary(force=True)

    def append(self, event: Event) -> None:
        """Add an event to the log; changes of state are written at once, the rest a few times a
        second.

        The state that ends a run is its last word: it closes the store, unless something is
        ``unsaved``.
        """
        with self._lock:
            self._log.add(to_line(event))
            self.summary.update(event)
            ended = event.kind == "state" and event.data.get("state") in ENDED
            if event.kind not in ("scalars", "frame") or time.monotonic() >= self._flush_due:
                self.flush(durable=ended or event.kind == "checkpoint")
            if ended:
                self._write_thumb()
                self._write_pending()
                if not self.unsaved or self._gone:
                    self._give_back()
                return
        self._write_summary(force=event.kind in ("state", "checkpoint"))

    def rewind(self, step: int) -> None:
        """Say in the log that the run goes on from ``step``: later rows that are already there no
        longer count."""
        self.append(Event(0, REWIND, step, time.time()))

    def flush(self, durable: bool = False) -> None:
        """Write what is pending."""
        with self._lock:
            self._flush_due = time.monotonic() + pacing.LOG_FLUSH_INTERVAL
            self._try(LOG_LOST, lambda: self._log.flush(durable))

    def write_frame(self, frame: Frame) -> None:
        """Keep a sample grid."""
        path = self.folder / FRAMES / f"{frame.step:09d}.{frame.extension}"
        self._try(GRID_LOST, lambda: write_atomic(path, frame.data))
        self.summary.set_layout(frame)
        self._frame = frame
        if time.monotonic() >= self._thumb_due:
            self._write_thumb()

    def write_reals(self, frame: Frame) -> None:
        """Keep the grid of real samples."""
        self.write_picture(REALS, frame)

    def write_picture(self, name: str, frame: Frame) -> None:
        """Keep a picture beside the sample grids, in place of the one of that name before."""
        self.write_file(f"{name}.{frame.extension}", frame.data)

    def write_file(self, name: str, data: bytes) -> None:
        """Keep a file of that name beside the log, in place of the one before."""
        self._try(f"{name} was not saved", lambda: write_atomic(self.folder / name, data))

    def write_traceback(self, text: str) -> None:
        """Add the details of a crash to ``train.log``."""

        def add() -> None:
            writer = LogWriter(self.folder / TRACEBACKS)
            writer.add(f"{time.strftime('%Y-%m-%d %H:%M:%S')}\n{text.rstrip()}\n\n".encode())
            writer.flush()
            writer.close()

        self._try("The details of the crash were not saved", add)

    def checkpoint(
        self, config: RunConfig, state: TrainingState, best: bool = False
    ) -> Path | None:
        """Save the run and drop older checkpoints but the last ones (as many as the config keeps)
        and the best; None when it could not be saved. One at a time; what else is written need not
        wait for it.

        ``best``: this one is the best so far by whatever the caller measures; it stays until a
        better one comes.
        """
        from ganviz.engine import checkpoint

        what, folder = CHECKPOINT_LOST, self.folder / CHECKPOINTS
        with self._lock:
            self.summary.share_spec(state.info)
        if self._gone:
            return None
        try:
            saved = checkpoint.save(folder, config, state)
            if best:
                self.summary.best_checkpoint = saved.name
            checkpoint.prune(folder, config.keep_checkpoints, {self.summary.best_checkpoint})
        except (OSError, CheckpointError) as error:
            self._note(what, error)
            return None
        self._note(what, None)
        return saved

    def close(self) -> None:
        """Write what is pending and give the folder back."""
        self._write_pending()
        self._give_back()

    def _write_pending(self) -> None:
        self.flush(durable=True)
        self._write_summary(force=True)

    def _give_back(self) -> None:
        with self._lock:
            self._log.close()
        self._folder_lock.end()

    def discard(self) -> None:
        """Take back a run that never began. What else lies in the folder stays there."""
        self.close()
        self._gone = True
        with suppress(OSError):
            for name in (CONFIG, LOG, SUMMARY, LIVE):
                (self.folder / name).unlink(missing_ok=True)
            for folder in (self.folder / FRAMES, self.folder):
                folder.rmdir()

    # -- reading ---------------------------------------------------------------------------
    def read_log(self) -> Iterator[Event]:
        """All events ever written, oldest first."""
        self.flush()
        return read_log(self.folder / LOG)

    def history(self) -> ReplayedLog:
        """The events that count, as a log to go on with when the run is resumed."""
        self.flush()
        return history(self.folder / LOG)

    def frames(self) -> list[tuple[int, Path]]:
        """The kept sample grids: (step, path), ascending."""
        return frames_in(self.folder)

    # -- problems --------------------------------------------------------------------------
    @property
    def problem(self) -> str | None:
        """Sentences about what cannot be saved at the moment while the training goes on, or
        None."""
        first = self.unsaved or next(iter(self._problems.values()), None)
        return f"{first} The training goes on." if first else None

    @property
    def unsaved(self) -> str | None:
        """A sentence about what the run cannot go on without and is not saved, or None."""
        known = (self._problems.get(what) for what in ESSENTIAL)
        return next((sentence for sentence in known if sentence), None)

    @property
    def is_gone(self) -> bool:
        """Whether the folder is there no more, and nothing is saved again."""
        return self._gone

    def retry(self) -> None:
        """Write the log and the summary at once, however lately they were refused."""
        with self._lock:
            self._retry_at.clear()
        self._write_pending()

    def _try(self, what: str, action: Callable[[], None]) -> None:
        """Do ``action``; a refusal becomes ``problem``, and is not tried again within the next
        seconds."""
        with self._lock:
            if self._gone or time.monotonic() < self._retry_at.get(what, 0.0):
                return
            try:
                action()
            except OSError as error:
                self._retry_at[what] = time.monotonic() + pacing.DISK_RETRY_INTERVAL
                self._note(what, error)
            else:
                self._note(what, None)

    def _note(self, what: str, error: OSError | CheckpointError | None) -> None:
        """``what`` went wrong with ``error``, or went well."""
        with self._lock:
            if error is None:
                self._problems.pop(what, None)
            elif not self.folder.is_dir():
                self._gone = True
                sentence = f"The run folder {self.folder} is gone: nothing more of it is saved."
                self._problems = {GONE: sentence}
            elif isinstance(error, CheckpointError):
                self._problems[what] = error.sentence
            else:
                self._problems[what] = disk_sentence(error, self.folder, what)

    # -- small files -----------------------------------------------------------------------
    def _write_summary(self, force: bool = False) -> None:
        if force or time.monotonic() >= self._summary_due:
            self._summary_due = time.monotonic() + pacing.SUMMARY_INTERVAL
            self._try(SUMMARY_LOST, lambda: self.summary.write(self.folder))

    def _write_thumb(self) -> None:
        """The top left quarter of the newest grid, small: a face for the table of runs."""
        self._thumb_due = time.monotonic() + pacing.THUMBNAIL_INTERVAL
        frame = self._frame
        if frame:
            self._try(GRID_LOST, lambda: write_atomic(self.folder / THUMB, thumbnail(frame)))


def thumbnail(frame: Frame) -> bytes:
    """A PNG of at most 160 px that shows a quarter of ``frame``, or all of one that is a single
    picture."""
    from PIL import Image

    share = 1 if frame.rows == frame.cols == 1 else 2
    with Image.open(io.BytesIO(frame.data)) as sheet:
        part = sheet.crop((0, 0, -(-sheet.width // share), -(-sheet.height // share)))
    part.thumbnail((THUMB_SIZE, THUMB_SIZE))
    packed = io.BytesIO()
    part.save(packed, "PNG")
    return packed.getvalue()


def frames_in(folder: Path) -> list[tuple[int, Path]]:
    """The sample grids kept in a run folder: (step, path), ascending."""
    found = []
    with suppress(OSError):
        for path in (folder / FRAMES).iterdir():
            match = _FRAME.fullmatch(path.name)
            if match:
                found.append((int(match[1]), path))
    return sorted(found)


def new_run_folder(runs_root: Path | str, preset: str = "", name: str = "") -> Path:
    """Make and return a fresh folder such as ``runs/20261121-083012-digits-quick``. Raises
    `ConfigError`."""
    root = Path(runs_root)
    stem = "-".join(
        filter(
            None, (time.strftime("%Y%m%d-%H%M%S"), safe_name(name) or safe_name(preset) or "run")
        )
    )
    try:
        root.mkdir(parents=True, exist_ok=True)
        for count in range(1, 10_000):
            folder = root / (stem if count == 1 else f"{stem}-{count}")
            with suppress(FileExistsError):
                folder.mkdir()
                return folder
    except OSError as error:
        raise ConfigError(
            disk_sentence(error, root, "The run cannot be kept"), "runs_root"
        ) from None
    raise ConfigError(f"Too many runs called {stem} in {root}.", "name")


@contextmanager
def run_folder(
    out: Path | str | None, runs_root: Path | str = "runs", preset: str = "", name: str = ""
) -> Iterator[Path]:
    """The folder of a run, for as long as it is made and trained: ``out``, or a fresh one, see
    `new_run_folder`.

    What was made for it and is empty at the end is taken away: a refusal leaves nothing behind.
    """
    place = Path(runs_root if out is None else out).absolute()
    missing = [path for path in (place, *place.parents) if not path.exists()]
    folder = new_run_folder(runs_root, preset, name) if out is None else Path(out)
    if out is None:
        missing.insert(0, folder)
    try:
        yield folder
    finally:
        for path in missing:
            with suppress(OSError):
                path.rmdir()


def safe_name(text: str) -> str:
    """``text`` as a part of a folder's name: lower-case letters and digits of ASCII, and single
    hyphens."""
    import unicodedata

    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:48].strip("-")
