"""Numbers are summarised, chosen and shown as they should be; nothing is trained here."""

import json

import pytest
from rich.console import Console

from benchmarks import __main__ as command
from benchmarks import report
from benchmarks.measure import Bench, compare, interleave, quartiles, summarise
from benchmarks.rows import ROWS


class Steady:
    """A side that always works at the same rate, and remembers when it was asked."""

    def __init__(self, name, rate, order):
        self.name, self.rate, self.order = name, rate, order

    def work(self, seconds):
        self.order.append(self.name)
        return self.rate


def test_median_and_quartiles():
    assert quartiles([5, 1, 4, 2, 3]) == (2, 3, 4)
    assert quartiles([7.0]) == (7.0, 7.0, 7.0)


@pytest.mark.parametrize(
    ("better", "value", "reached"),
    [("higher", 2.0, True), ("higher", 1.8, False), ("lower", 1.8, True), ("lower", 2.0, False)],
)
def test_a_bar_is_reached_in_its_own_sense(better, value, reached):
    assert summarise("row", "", [value], bar=1.9, better=better).reached is reached
    assert summarise("row", "", [value], better=better).reached is None


def test_sides_take_turns_and_who_is_first_changes():
    order = []
    pairs = interleave(Steady("a", 3.0, order), Steady("b", 2.0, order), rounds=4, seconds=1)
    assert pairs == [(3.0, 2.0)] * 4
    assert order == ["a", "b", "a", "b", "b", "a", "a", "b", "b", "a"]  # the first two warm up


@pytest.mark.parametrize(("quick", "processes"), [(False, 3), (True, 1)])
def test_processes_are_made_anew_as_rounds_go_on(quick, processes, tmp_path):
    """What one process gains or loses by luck it keeps while it lives."""
    alive, made = [], []

    class Lucky(Steady):
        def __init__(self, name):
            super().__init__(name, len(made) + 1.0, [])
            made.append(name)
            alive.append(self)

        def close(self):
            alive.remove(self)

    bench = Bench(tmp_path, "cpu", 5, 1.0, quick, False, lambda text: None)
    row = compare("row", "", lambda: Lucky("ours"), lambda: Lucky("theirs"), bench, None)
    assert made == ["ours", "theirs"] * processes and not alive
    rates = [(1 + 2 * pair) / (2 + 2 * pair) for pair in range(processes)]
    assert row.rounds == 5 and set(row.samples) == set(rates)


def test_rows_are_chosen_by_name_group_wildcard_or_speed():
    def names(*patterns, quick=False, bf16=True):
        return [row.name for row in command.choose(list(patterns), quick, bf16)]

    assert names("limit-mlp28") == ["limit-mlp28"]
    assert set(names("limit")) == {
        "limit-mlp28",
        "limit-dcgan28",
        "limit-dcgan64",
        "limit-wgan-gp28",
    }
    assert names("*bf16", bf16=False) == []
    assert names("nothing") == []
    assert 1 < len(names(quick=True)) < len(names())
    assert "start-cold" not in names() + names("start") and names("start-cold") == ["start-cold"]


def test_a_report_reads_in_words_and_as_json(tmp_path):
    row = summarise(
        "row", "ours / theirs", [1.0, 1.1, 1.2, 1.3, 1.4], bar=1.1, detail="12 / 10 pictures/s"
    )
    with (tmp_path / "out.txt").open("w") as out:
        report.show({"device": "CPU"}, [row], Console(file=out, width=160))
    text = (tmp_path / "out.txt").read_text()
    assert "1.20" in text and ">= 1.10" in text and "12 / 10" in text
    report.write_json(tmp_path / "out.json", {"device": "CPU"}, [row], "python -m benchmarks row")
    read = json.loads((tmp_path / "out.json").read_text())
    assert (
        read["rows"][0]["samples"] == [1.0, 1.1, 1.2, 1.3, 1.4]
        and read["rows"][0]["reached"] is True
    )


def test_list_prints_every_row(capsys):
    assert command.main(["--list"]) == 0
    told = capsys.readouterr().out
    assert all(name in told for name in ROWS)


def test_an_unknown_row_is_an_error():
    assert command.main(["nothing-of-the-kind", "--device", "cpu"]) == 2


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0.9876, "x", "0.988"),
        (2.345, "x", "2.35"),
        (12.34, "s", "12.3 s"),
        (1234.5, "MB", "1,234 MB"),
    ],
)
def test_figures_have_the_digits_they_deserve(value, unit, shown):
    assert report.figure(value, unit) == shown


def test_all_that_is_wanted_of_a_gpu_is_one_word():
    names = {row.name for row in command.choose(["gpu"], quick=False, bf16=True)}
    assert names >= {
        "script-mlp28",
        "script-dcgan64",
        "script-dcgan64-bf16-b256",
        "rate-colour-64",
        "rate-resnet-free-64-bf16",
        "limit-colour-64",
        "script-colour-64",
        "rate-r3gan-32",
        "rate-r3gan-32-bf16",
        "script-r3gan-32",
        "script-r3gan-32-bf16",
        "stacked",
    }
    assert "start" not in names
    assert not names & {row.name for row in command.choose(["rate-*"], quick=False, bf16=True)}
