"""A data set of pictures drawn from a run: as a folder, an archive, arrays or a Parquet table, with
a card that says what it is."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ganviz.disk import atomic_replace, disk_sentence, write_atomic
from ganviz.errors import ConfigError, GanvizError
from ganviz.runs.sample_files import ABOUT, store_singles, storing
from ganviz.synthetic import parquet
from ganviz.synthetic.card import CARD, card
from ganviz.synthetic.evidence import Pictures
from ganviz.synthetic.figure import Report
from ganviz.synthetic.labels import BALANCED
from ganviz.synthetic.report import MOST, DataReport, RunUnderTest, make_report
from ganviz.synthetic.report_page import report_page
from ganviz.synthetic.spool import Spool

# ImageFolder and its like take sub-folders for classes: pictures of none have one, too
UNLABELLED = "pictures"
REPORT_PAGE, REPORT_JSON = "report.html", "report.json"
UNFINISHED = ".unfinished"


@dataclass(frozen=True)
class Order:
    """What is asked for. ``balance``: "balanced" or "as-data", see `labels_for`. ``licence``: what
    the card says; "" leaves it to whoever hands the set on. ``reported``: with a report."""

    n: int
    seed: int = 0
    balance: str = BALANCED
    psi: float = 1.0
    licence: str = ""
    reported: bool = True


@dataclass(frozen=True)
class Contents:
    """What a writer gets: the pictures, and the texts that go beside them, by file name."""

    spool: Spool
    classes: tuple[str, ...]
    shape: tuple[int, ...]
    texts: dict[str, str]


def write_dataset(
    run: RunUnderTest,
    out: Path | str,
    order: Order,
    data_root: Path,
    report: Report,
    replace: bool = False,
) -> Path:
    """Write the data set to ``out`` and return it: a .zip, .npz or .parquet file, else a folder.

    What has been drawn is kept in ``out``.unfinished until all is written: the same order goes on
    there, after an interrupt or a full disk. ``report(fraction, sentence)`` may raise to stop.
    Raises `ConfigError` for a place where something is already, `GanvizError` where the disk
    refuses. ``replace``: a file that is there already makes room in the end.
    """
    out = Path(out)
    suffix = check_place(out, replace)
    labels = run.labels(order.n, order.seed, order.balance)
    request = {
        "run": run.folder.name,
        "step": run.generator.step,
        **asdict(order),
        "weights": run.fingerprint,
    }
    drawn = 0.6 if order.reported else 0.9
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        spool = Spool(unfinished(out), request)
        if spool.done < order.n:
            spool.fill(
                run.generator,
                labels,
                order.psi,
                lambda done: report(drawn * done / order.n, f"{done:,} of {order.n:,} pictures."),
            )
        made = None
        if order.reported:
            made = make_report(
                run,
                lambda done, sentence: report(drawn + (0.9 - drawn) * done, sentence),
                data_root,
                seed=order.seed,
                balance=order.balance,
                synthetic=first_of(spool, MOST, labels is not None),
            )
        contents = Contents(
            spool, run.generator.classes, run.spec.shape, _texts(run, order, made, suffix)
        )
        with atomic_replace(out) as beside:
            WRITERS[suffix](
                contents,
                beside,
                lambda done: report(0.9 + 0.1 * done / order.n, "Writing the data set."),
            )
        if suffix in (".npz", ".parquet"):
            for name, text in contents.texts.items():
                write_atomic(beside_file(out, name), text)
    except OSError as error:
        raise GanvizError(
            f"{disk_sentence(error, out.parent, 'The data set was not written')} What was drawn is "
            "kept; the same command goes on with it."
        ) from None
    spool.remove()
    return out


def check_place(out: Path, replace: bool = False) -> str:
    """The format that ``out`` asks for. Raises `ConfigError` where something is there already: a
    data set is never written over another."""
    suffix = out.suffix.lower() if out.suffix.lower() in WRITERS else ""
    if suffix == ".parquet":
        parquet.check()
    if out.is_dir() and any(out.iterdir()):
        raise ConfigError(
            f"{out} is a folder with something in it; give the data set a folder of its own.", "out"
        )
    if out.exists() and not out.is_dir() and not replace:
        raise ConfigError(f"{out} is there already; choose another name.", "out")
    if suffix and out.is_dir():
        raise ConfigError(f"{out} is a folder; choose another name.", "out")
    return suffix


def unfinished(out: Path) -> Path:
    """Where the pictures of a data set are kept until all of it is written."""
    return out.with_name(out.name + UNFINISHED)


def beside_file(out: Path, name: str) -> Path:
    """Where the text called ``name`` stands beside a data set that is one file."""
    return out.with_name(f"{out.stem}.{name}")


def first_of(spool: Spool, most: int, labelled: bool) -> Pictures:
    """The first pictures of a data set, as they are written."""
    import torch

    arrays: list[np.ndarray] = []
    labels: list[int] = []
    for pixels, label in spool.arrays():
        if len(arrays) == most:
            break
        arrays.append(pixels)
        labels.append(label)
    x = torch.from_numpy(np.stack(arrays)).permute(0, 3, 1, 2).contiguous()
    return Pictures(x, torch.tensor(labels) if labelled else None)


def _texts(run: RunUnderTest, order: Order, made: DataReport | None, suffix: str) -> dict[str, str]:
    about: dict[str, Any] = {
        "n": order.n,
        "seed": order.seed,
        "balance": order.balance if run.generator.classes else "",
        "psi": order.psi,
        "run": run.folder.name,
        "step": run.generator.step,
        "classes": list(run.generator.classes),
        "shape": list(run.spec.shape),
    }
    texts = {
        ABOUT: json.dumps(about, indent=1) + "\n",
        CARD: card(run, order.n, order.licence, suffix, made),
    }
    if made is not None:
        # a data set is handed on, and real pictures are not
        texts[REPORT_JSON] = json.dumps(made.to_json(pairs=False), indent=1) + "\n"
        texts[REPORT_PAGE] = report_page(made, pairs=False)
    return texts


# -- the formats -----------------------------------------------------------------------------------
Notify = Callable[[int], None]


def _write_singles(contents: Contents, beside: Path, notify: Notify, zipped: bool) -> None:
    spool = contents.spool
    with storing(beside, zipped) as store:
        store_singles(spool.singles(notify), spool.done, contents.classes, store, UNLABELLED)
        for name, text in contents.texts.items():
            store(name, text.encode())


def _write_npz(contents: Contents, beside: Path, notify: Notify) -> None:
    """``images`` uint8 [N, H, W, C], ``labels`` int64 [N] and the names of the ``classes``."""
    spool, (channels, height, width) = contents.spool, contents.shape
    labels = np.full(spool.done, -1)
    with zipfile.ZipFile(beside, "w") as archive:
        with archive.open("images.npy", "w", force_zip64=True) as file:
            shape = (spool.done, height, width, channels)
            header = {"descr": "|u1", "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, header)
            for number, (pixels, label) in enumerate(spool.arrays()):
                file.write(np.ascontiguousarray(pixels).data)
                labels[number] = label
                notify(number + 1)
        if contents.classes:
            for name, array in (("labels", labels), ("classes", np.array(contents.classes))):
                with archive.open(f"{name}.npy", "w") as file:
                    np.lib.format.write_array(file, array, allow_pickle=False)


def _write_parquet(contents: Contents, beside: Path, notify: Notify) -> None:
    parquet.write(beside, contents.spool.singles(notify), contents.classes)


WRITERS: dict[str, Callable[[Contents, Path, Notify], None]] = {
    "": partial(_write_singles, zipped=False),
    ".zip": partial(_write_singles, zipped=True),
    ".npz": _write_npz,
    ".parquet": _write_parquet,
}
