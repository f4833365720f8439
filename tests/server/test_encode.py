"""Light numbers, and histories that keep their shape."""

import json

import numpy as np
import pytest

from ganviz.engine.events import EventLog
from ganviz.server import encode
from ganviz.server.live_protocol import read


def test_significant_digits():
    values = np.array(
        [0.123456789, -1234567.0, 1e-9 / 3, 2.5, 0.0, np.nan, np.inf, -np.inf, 1e300, 5e-324, 0.3]
    )
    rounded = encode.significant(values)
    assert rounded[:5].tolist() == [0.123457, -1234570.0, 3.33333e-10, 2.5, 0.0]
    assert np.isnan(rounded[5])
    assert rounded[6:].tolist() == [np.inf, -np.inf, 1e300, 5e-324, 0.3]


def test_rounded_numbers_are_short():
    values = np.random.default_rng(0).normal(size=2000) * 10.0 ** np.arange(-10, 10).repeat(100)
    assert max(len(repr(value)) for value in encode.significant(values).tolist()) <= 15
    assert encode.significant(values) == pytest.approx(values, rel=1e-5)


def test_columns_are_what_json_can_say():
    rows = {
        "step": np.array([1.0, 2.0]),
        "time": np.array([1763712345.12345, 1763712346.0]),
        "loss_d": np.array([np.nan, 1 / 3]),
    }
    assert json.loads(encode.dumps(encode.columns(rows))) == {
        "step": [1, 2],
        "time": [1763712345.123, 1763712346.0],
        "loss_d": [None, 0.333333],
    }
    assert encode.columns({"step": np.array([]), "loss_d": np.array([])}) == {}
    assert encode.columns({}) == {}


def test_what_json_does_not_know_becomes_text(tmp_path):
    assert json.loads(encode.dumps({"path": tmp_path, "value": np.float64(2.0)})) == {
        "path": str(tmp_path),
        "value": 2.0,
    }


def long_run(count):
    random = np.random.default_rng(1)
    steps = np.arange(count, dtype=np.float64) * 3
    names = ("loss_d", "loss_g", "d_real", "d_fake", "images_per_second")
    curves = {name: random.normal(size=count).cumsum() for name in names}
    curves["loss_g"][1000::3] = np.nan
    curves["loss_d"][777] = 1e4
    return {
        "step": steps,
        "time": 1.7e9 + steps,
        "elapsed": steps / 7,
        "never": np.full(count, np.nan),
        **curves,
    }


def test_a_long_history_is_light_and_keeps_its_shape():
    rows = long_run(100_000)
    thin = encode.thin(rows)
    assert {len(values) for values in thin.values()} == {len(thin["step"])}
    assert 1000 < len(thin["step"]) <= encode.MAX_POINTS
    assert thin["step"][0] == 0 and thin["step"][-1] == rows["step"][-1]
    assert (np.diff(thin["step"]) > 0).all()
    assert thin["loss_d"].max() == 1e4
    index = (thin["step"] / 3).astype(int)
    for name, values in rows.items():
        assert np.array_equal(thin[name], values[index], equal_nan=True)
    assert len(encode.dumps(encode.columns(thin))) < 200_000


def test_a_short_history_stays_whole():
    rows = long_run(encode.MAX_POINTS)
    assert all(
        np.array_equal(values, rows[name], equal_nan=True)
        for name, values in encode.thin(rows).items()
    )


def test_thinning_a_history_without_a_single_curve():
    rows = {"step": np.arange(5000.0), "loss_d": np.full(5000, np.nan)}
    assert 1 < len(encode.thin(rows)["step"]) <= encode.MAX_POINTS


def test_reading_while_the_run_writes_is_of_one_piece():
    class Restless(EventLog):
        """A run that writes between the two looks of a reader, the first three times."""

        writes = 3

        def since(self, seq, kinds=None):
            events = super().since(seq, kinds)
            if self.writes:
                self.writes -= 1
                self.append("scalars", 100, loss_d=1.0)
            return events

    log = Restless()
    log.append("scalars", 1, loss_d=0.0)
    cursor, rows, events = read(log, 0)
    assert (cursor, len(rows["step"]), events) == (4, 4, [])
