"""You are D: what is real is known to the server alone until it is judged."""

import io

import pytest
import torch
from PIL import Image

from ganviz.classroom.discriminator_game import (
    PAIRS,
    DiscriminatorGame,
    Pairs,
    league,
    make_pairs,
    sound_rows,
)
from ganviz.classroom.results import to_csv
from ganviz.config import RunConfig
from ganviz.data import load_data
from ganviz.engine.trainer import Trainer
from ganviz.errors import GanvizError

CPU = torch.device("cpu")
SIDES = (True, False) * 5
SMALL = {"data": "digits", "image_size": 8, "batch_size": 8, "g_hidden": (8,), "d_hidden": (8,)}


def a_game():
    return DiscriminatorGame("g", "run", Pairs(7, SIDES, (1.0,) * 8 + (-1.0,) * 2, 0.9, b"", 8, 8))


def trainer_of(**settings):
    config = RunConfig.parse({"generator": "mlp", "discriminator": "mlp", **settings})
    return Trainer(config, load_data(config, CPU, "data"), CPU)


def test_a_player_judges_each_pair_once_and_in_order():
    game = a_game()
    assert game.play("ann", 0, True) and not game.play("ann", 1, True)
    for pair in (0, 1, 3, 9):
        with pytest.raises(GanvizError):
            game.play("ann", pair, True)
    assert game.right("ann") == [True, False] and not game.finished("ann")


def test_a_page_knows_nothing_of_pairs_that_it_has_not_judged():
    game = a_game()
    game.play("bob", 0, True)
    seen = game.view("ann")
    assert seen["right"] == [] and seen["margins"] == [] and seen["d_right"] == []
    assert seen["class_right"] is None and "real_first" not in str(seen)
    for pair in range(PAIRS):
        game.play("ann", pair, SIDES[pair])
    seen = game.view("ann")
    assert seen["right"] == [True] * PAIRS and seen["d_right"] == [True] * 8 + [False] * 2
    assert seen["class_right"][0] == (2, 2) and seen["class_right"][1] == (1, 1)


def test_a_result_is_kept_without_its_players():
    game = a_game()
    game.play("ann", 0, True)
    game.play("bob", 0, False)
    row = game.to_row()
    assert row["players"] == 2 and row["rate"] == 0.5 and row["d_right"] == 8
    assert row["pairs"][:2] == [[1, 2], [0, 0]] and "ann" not in str(row)


def test_what_the_class_judged_is_counted_as_it_is_played():
    class Unread(dict):
        def __iter__(self):
            raise AssertionError("nobody goes through all answers for a page")

        keys = values = items = __iter__

    game = a_game()
    game.answers = Unread()
    for player in ("ann", "bob"):
        for pair in range(PAIRS if player == "ann" else 3):
            game.play(player, pair, SIDES[0])
    assert game.view("ann")["class_right"] == [
        (2, 2),
        (0, 2),
        (2, 2),
        (0, 1),
        *[(1, 1), (0, 1)] * 3,
    ]
    assert (game.players, game.finishers, game.to_row()["players"]) == (2, 1, 2)
    again = DiscriminatorGame("g", "run", game.pairs, {"ann": [True] * 3, "bob": [True]})
    assert again.class_right[:4] == [(2, 2), (0, 1), (1, 1), (0, 0)]


def test_the_league_has_handles_only_and_the_best_first():
    game = a_game()
    game.play("a1", 0, False)
    game.play("b2", 0, True)
    game.play("gone", 0, True)
    rows = league([game], {"a1": "Otter", "b2": "Heron", "c3": "Newt"})
    assert [row["handle"] for row in rows] == ["Heron", "Otter"] and rows[0]["right"] == 1


def test_pairs_are_of_this_step_and_leave_no_trace_in_the_training():
    one, other = trainer_of(**SMALL), trainer_of(**SMALL)
    for _ in range(3):
        one.step()
        other.step()
    pairs = make_pairs(one, seed=1)
    assert pairs.step == 3 and len(pairs.margins) == PAIRS and 0 <= pairs.d_rate <= 1
    image = Image.open(io.BytesIO(pairs.sheet))
    assert image.size == (2 * pairs.width, PAIRS * pairs.height) == (16, 8 * PAIRS)
    assert len({make_pairs(one).real_first for _ in range(6)}) > 1, "the sides cannot be foreseen"
    one.step()
    other.step()
    weights = zip(one.weights().values(), other.weights().values(), strict=True)
    assert all(torch.equal(a, b) for a, b in weights)


def test_what_cannot_be_judged_says_why():
    with pytest.raises(GanvizError, match="needs pictures"):
        make_pairs(trainer_of(data="ring8"))
    with pytest.raises(GanvizError, match="no discriminator"):
        make_pairs(trainer_of(**SMALL, algorithm="vae"))
    assert make_pairs(trainer_of(**SMALL, pac=2)).margins is None


@pytest.mark.parametrize(
    "harm",
    [
        {"pairs": [-1, [2, 2]]},
        {"pairs": None},
        {"pairs": [[1, "2"]]},
        {"pairs": [[1, 2, 3]]},
        {"rate": "high"},
        {"d_rate": []},
        {"step": None},
        {"step": True},
    ],
)
def test_results_that_somebody_damaged_are_left_out(harm):
    row = a_game().to_row()
    assert sound_rows([row, {**row, **harm}, 3]) == [row]
    assert sound_rows({"rows": row}) == []
    assert to_csv([], [], sound_rows([{**row, **harm}])).count("\n") == 1
