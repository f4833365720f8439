"""The card of a data set, in the convention of the Hugging Face Hub: a YAML header for programs and
Markdown for people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ganviz.registry import DATASETS
from ganviz.synthetic.promise import ASSUMED, promise, spent_by
from ganviz.text import counted

if TYPE_CHECKING:
    from ganviz.data.source import DataSpec
    from ganviz.synthetic.report import DataReport, RunUnderTest

CARD = "dataset_card.md"
SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
LOADING = {
    "": 'load_dataset("imagefolder", data_dir="FOLDER")',
    ".zip": 'load_dataset("imagefolder", data_files="FILE.zip")',
    ".npz": 'numpy.load("FILE.npz")["images"]',
    ".parquet": 'load_dataset("parquet", data_files="FILE.parquet")',
}
CONSENT = (
    "The pictures that the generator learned from are somebody's own. Before this set is handed "
    "on: whoever is in them, and whoever made them, must have agreed to that. Write here who "
    "agreed to what: **not stated**."
)


def card(run: RunUnderTest, n: int, licence: str, suffix: str, made: DataReport | None) -> str:
    """The text of the card. ``licence``: an identifier of SPDX, or "" where nobody said."""
    spec, step = run.spec, run.generator.step
    title = f"Virtual {spec.name}"
    classes = run.generator.classes
    header = [
        "---",
        f"pretty_name: {json.dumps(title)}",
        f"license: {json.dumps(licence.lower() or 'unknown')}",
        "task_categories:",
        f"- {'image-classification' if classes else 'unconditional-image-generation'}",
        "size_categories:",
        f"- {json.dumps(_size(n))}",
        "tags:",
        "- synthetic",
        "- gan",
        "---",
    ]
    channels, height, width = spec.shape
    text = [
        f"# {title}",
        counted(
            n,
            "One picture of {width} x {height} pixels ({colours}), drawn by a generator. **It is "
            "not real.**",
            "{n} pictures of {width} x {height} pixels ({colours}), drawn by a generator. **No "
            "picture in it is real.**",
            width=width,
            height=height,
            colours="grey" if channels == 1 else "colour",
        ),
        f"The generator is that of the run `{run.folder.name}` at step {step:,}. {_learned(spec)}",
        f"Classes: {', '.join(classes)}." if classes else "The pictures have no labels.",
        "## Loading",
        f"```python\n{LOADING[suffix]}\n```",
        "## Licence and consent",
        f"Licence: {licence or 'not stated; whoever hands this set on must say'}.",
    ]
    if DATASETS.get(run.config.data, "data").reads_folder:
        text.append(CONSENT)
    promised = promise(spent_by(run.state.info))
    if promised:
        text += ["## Differential privacy", *promised, "It assumes:"]
        text.append("\n".join(f"- {what}" for what in ASSUMED))
    if made is not None:
        text += ["## What was tested", *made.verdict.sentences, "See the report beside this card."]
        text += ["Not tested:", "\n".join(f"- {what}" for what in made.not_tested)]
    return "\n".join(header) + "\n\n" + "\n\n".join(text) + "\n"


def _learned(spec: DataSpec) -> str:
    """From how many pictures; a run learns from more than one."""
    if not spec.held_out:
        return f"It learned from {spec.count:,} pictures; none was held out."
    return counted(
        spec.held_out,
        "It learned from {count:,} pictures, and one was held out.",
        "It learned from {count:,} pictures, and {n} were held out.",
        count=spec.count,
    )


def _size(n: int) -> str:
    return next((words for most, words in SIZES if n < most), "n>1M")
