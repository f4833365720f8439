"""``python -m benchmarks.survive --kills 50``: kill -9 at random moments of a run, and what is left
each time.

A child process trains and is killed; then the run must be offered for resume, its log and every
file in its folder must be whole, and not more than one checkpoint interval of training may be lost.
The next child goes on from there. In every other round the child saves at each step besides, so
that a kill often meets a half-written checkpoint. At the end the run goes on to a last step, and
its weights must equal, bit for bit, those of a run that nobody killed.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import random
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from PIL import Image
from rich.console import Console
from rich.table import Table

from benchmarks.sides import fresh_processes
from ganviz.api import follow, make_run
from ganviz.config import RunConfig
from ganviz.engine import checkpoint
from ganviz.engine.observer import Observer
from ganviz.engine.run import Run
from ganviz.engine.trainer import Trainer
from ganviz.errors import GanvizError
from ganviz.runs.listing import INTERRUPTED, run_info
from ganviz.runs.log import LOG, LogTail
from ganviz.runs.resume import resumed

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

CPU = torch.device("cpu")
INTERVAL = 1.0  # seconds between checkpoints: the least that a config allows
LONGEST = 1.7  # seconds that a child may train before it is killed
REST = 0.002  # seconds after each step of a child: a run that nobody kills takes them all again
SLACK = 0.35  # seconds: a tick, and the saving itself on a busy machine
HUNG = 60.0  # seconds: a child that does not train by then tells where it stands, and is a problem
IMPORTS = ["ganviz.api", "ganviz.probes", "ganviz.runs.resume", "rich.table"]
CONFIG = {
    "data": "digits",
    "image_size": 8,
    "generator": "mlp",
    "discriminator": "mlp",
    "g_hidden": (16,),
    "d_hidden": (16,),
    "g_norm": "none",
    "latent_dim": 4,
    "batch_size": 8,
    "steps": 0,
    "tick_seconds": 0.05,
    "sample_seconds": 0.05,
    "checkpoint_seconds": INTERVAL,
}


@dataclass
class Round:
    """One kill. ``lost``: seconds of training after the newest checkpoint; ``torn``: files that
    cannot be read."""

    kill: int
    after: float
    step: int
    saved: int
    lost: float
    torn: list[str]
    problem: str = ""


class SavesAtEachTick(Observer):
    """Checkpoints as often as it can."""

    def tick(self) -> None:
        if self.run._recorder is not None:
            self.run._recorder.checkpoint()


def survive(folder: Path, kills: int, seed: int) -> tuple[list[Round], bool]:
    """Kill a run in ``folder`` so many times; what happened, and whether the end is as if nothing
    had."""
    chance = random.Random(seed)
    config = RunConfig.parse({**CONFIG, "seed": seed})
    rounds = []
    for kill in range(kills):
        wait = chance.uniform(0, LONGEST)
        began = time.monotonic()
        went_on = _train_and_kill(
            folder, config, wait, often=kill % 2 == 1, at_birth=chance.random() < 0.1
        )
        rounds.append(_examine(folder, kill + 1, time.monotonic() - began))
        if not went_on:
            rounds[-1].problem = "it could not go on"
    return rounds, _ends_as_if_uninterrupted(folder, config)


def _train_and_kill(
    folder: Path, config: RunConfig, wait: float, often: bool, at_birth: bool
) -> bool:
    """A child process goes on with the run; kill -9 ``wait`` seconds after its first step (or after
    its birth). False when it did not get to train.
    """
    fresh = fresh_processes(IMPORTS)
    receiver, sender = fresh.Pipe(duplex=False)
    child = fresh.Process(target=_train, args=(folder, config, often, sender))
    child.start()
    sender.close()
    try:
        went_on = at_birth or (receiver.poll(HUNG) and _last_state(receiver) == "running")
        time.sleep(wait)
        return went_on
    finally:
        child.kill()
        child.join()
        receiver.close()


def _last_state(receiver: Connection) -> str:
    try:
        return receiver.recv()
    except EOFError:  # it died, and has printed why
        return ""


def _train(folder: Path, config: RunConfig, often: bool, sender: Connection) -> None:
    """What a child does until it is killed."""
    faulthandler.dump_traceback_later(HUNG - 5)
    step = Trainer.step

    def step_and_rest(trainer: Trainer) -> None:
        step(trainer)
        time.sleep(REST)

    Trainer.step = step_and_rest  # type: ignore[assignment, method-assign]
    run = _go_on(folder, config)
    if often:
        run.observers.append(SavesAtEachTick())
    run.start()
    while run.state in ("idle", "preparing"):
        time.sleep(0.002)
    faulthandler.cancel_dump_traceback_later()
    sender.send(run.state)
    run.join()


def _go_on(folder: Path, config: RunConfig) -> Run:
    if run_info(folder) is None:
        return make_run(config, folder, "cpu", folder.parent)
    return resumed(folder, None, CPU, folder.parent)


def _examine(folder: Path, kill: int, after: float) -> Round:
    """What a kill left behind."""
    info = run_info(folder)
    if info is None:  # killed before the run had a name
        return Round(kill, after, 0, 0, 0.0, [])
    problem = (
        ""
        if info.state == INTERRUPTED and info.resumable
        else f"it is {info.state}, resumable: {info.resumable}"
    )
    newest = checkpoint.newest(folder / checkpoint.CHECKPOINTS)
    saved, trained = 0, 0.0
    if newest:
        try:
            state = checkpoint.load(newest)[1]
            saved, trained = state.step, float(state.info["elapsed"])
        except GanvizError as error:
            problem = error.sentence
    step, elapsed, torn = _read_log(folder / LOG, saved, trained)
    lost = max(0.0, elapsed - trained)
    if lost > INTERVAL + SLACK:
        problem = problem or f"{lost:.2f} s of training are lost"
    return Round(kill, after, step, saved, lost, torn + _torn(folder), problem)


def _read_log(path: Path, saved: int, trained: float) -> tuple[int, float, list[str]]:
    """The last step and time trained that the log tells, and a complaint if more than its last line
    is torn."""
    tail, step, elapsed = LogTail(path), saved, trained
    lines = path.read_bytes().split(b"\n") if path.exists() else []
    broken = [line for line in lines[:-1] if line and not _whole(line)]
    while events := tail.poll():
        for event in events:
            if event.kind == "rewind":
                step, elapsed = event.step, 0.0
            elif event.kind == "scalars":
                step, elapsed = event.step, max(elapsed, event.data.get("elapsed", 0.0))
    kills = sum(
        b'"rewind"' in line for line in lines
    )  # a line that a kill tore stays torn, and stays one line
    return step, elapsed, [f"{LOG}: {len(broken)} torn lines"] if len(broken) > kills else []


def _whole(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def _torn(folder: Path) -> list[str]:
    """Files that a reader of the run folder would take for whole, and that are not."""
    torn = []
    for path in [*folder.glob("frames/*"), folder / "reals.png", folder / "thumb.png"]:
        if path.name.startswith(".") or not path.exists():
            continue
        try:
            with Image.open(path) as picture:
                picture.load()
        except OSError:
            torn.append(path.name)
    torn += [
        path.name
        for path in folder.glob("[!.]*.json")
        if not _whole(path.read_bytes()) and path.name != "live.json"
    ]
    for path in checkpoint.list_checkpoints(folder / checkpoint.CHECKPOINTS):
        try:
            checkpoint.load(path)
        except GanvizError as error:
            torn.append(error.sentence)
    return torn


def _ends_as_if_uninterrupted(folder: Path, config: RunConfig) -> bool:
    """Whether the killed run, brought to a last step, has the weights of one that trained there
    without a stop."""
    killed = resumed(folder, 40, CPU, folder.parent)
    follow(killed)
    whole = make_run(config.but(steps=killed.step_count), None, "cpu", folder.parent)
    follow(whole)
    assert killed.trainer is not None and whole.trainer is not None, "both have trained"
    ours, theirs = killed.trainer.weights(), whole.trainer.weights()
    return ours.keys() == theirs.keys() and all(
        torch.equal(ours[name], theirs[name]) for name in ours
    )


def main(arguments: list[str] | None = None) -> int:
    """Print a table of the rounds; the status is 1 where anything was lost that should not be."""
    flags = argparse.ArgumentParser(
        prog="python -m benchmarks.survive", description=__doc__.partition("\n")[0]
    )
    flags.add_argument("--kills", type=int, default=50)
    flags.add_argument("--seed", type=int, default=0)
    flags.add_argument("--json", type=Path, help="write the rounds to this file as well")
    options = flags.parse_args(arguments)
    faulthandler.dump_traceback_later(60 + 20 * options.kills, exit=True)  # a hang is to say where
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as place:
        rounds, same = survive(Path(place) / "run", options.kills, options.seed)
    faulthandler.cancel_dump_traceback_later()
    table = Table(
        "kill",
        "after s",
        "step",
        "saved",
        "lost s",
        "torn",
        "problem",
        title="kill -9 at random moments",
    )
    for one in rounds:
        table.add_row(
            str(one.kill),
            f"{one.after:.2f}",
            f"{one.step:,}",
            f"{one.saved:,}",
            f"{one.lost:.2f}",
            ", ".join(one.torn) or "-",
            one.problem or "-",
        )
    console = Console()
    console.print(table)
    good = sum(not one.problem and not one.torn for one in rounds)
    most = max(one.lost for one in rounds)
    console.print(
        f"{good} of {len(rounds)} can be resumed with all files whole; at most {most:.2f} s of "
        f"training lost "
        f"(interval {INTERVAL:g} s); the end is "
        f"{'the same, bit for bit,' if same else 'NOT THE SAME'} as that of a "
        "run that was never killed."
    )
    if options.json:
        options.json.write_text(
            json.dumps({"rounds": [asdict(one) for one in rounds], "same": same})
        )
    return 0 if same and good == len(rounds) else 1


if __name__ == "__main__":
    sys.exit(main())
