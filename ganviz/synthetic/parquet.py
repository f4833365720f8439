"""Pictures as a Parquet table, in the columns that the Hugging Face library reads as pictures and
class labels. Optional: it takes pyarrow."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

from ganviz.errors import ConfigError

ROWS = 1000
"""Of a group of rows: what is held in memory at a time."""


def check() -> None:
    """Raise `ConfigError` where pyarrow is not installed."""
    if find_spec("pyarrow") is None:
        raise ConfigError(
            "A Parquet table needs the package pyarrow; install it with: pip install pyarrow", "out"
        )


def write(path: Path, singles: Iterable[tuple[bytes, int]], classes: tuple[str, ...]) -> None:
    """PNGs with their labels (-1: none), ``ROWS`` at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    image = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    features: dict[str, Any] = {"image": {"_type": "Image"}}
    fields = [pa.field("image", image)]
    if classes:
        features["label"] = {"_type": "ClassLabel", "names": list(classes)}
        fields.append(pa.field("label", pa.int64()))
    about = json.dumps({"info": {"features": features}})
    schema = pa.schema(fields, metadata={"huggingface": about})
    with pq.ParquetWriter(path, schema) as writer:
        for part in _parts(singles):
            columns = [pa.array([{"bytes": data, "path": None} for data, _ in part], image)]
            if classes:
                columns.append(pa.array([label for _, label in part], pa.int64()))
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))


def _parts(singles: Iterable[tuple[bytes, int]]) -> Iterator[list[tuple[bytes, int]]]:
    singles = iter(singles)
    while part := list(islice(singles, ROWS)):
        yield part
