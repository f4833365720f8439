"""The held-out split: no network sees it, it is the same for every run, and none is as it was."""

import pytest
import torch

from ganviz.config import RunConfig
from ganviz.data.held_out import LEAST, largest_limit, partition, samples_to_load
from ganviz.engine.trainer import Trainer


def indices(index, count=2000):
    return torch.arange(count)[index].tolist()


@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize(
    "count, limit, share, learned, held",
    [
        (1000, 0, 0.1, 900, 100),
        (1000, 0, 0.0, 1000, 0),
        # a limit leaves the rest of the set to hold out from
        (1000, 32, 0.1, 32, LEAST),
        (40, 32, 0.1, 32, 8),
        # the rest is too small for it
        (33, 32, 0.1, 30, 3),
        (1000, 5000, 0.25, 750, 250),
        (16, 0, 0.1, 14, 2),
        (4, 0, 0.1, 4, 0),
    ],
)
def test_both_parts_are_apart_and_as_large_as_promised(
    count, limit, share, learned, held, shuffled
):
    first, second = (indices(i, count) for i in partition(count, limit, share, shuffled))
    assert (len(first), len(second)) == (learned, held)
    assert not set(first) & set(second) and first == sorted(first) and second == sorted(second)


@pytest.mark.parametrize("samples", [100, 501, 600, 5000, 5500, 6000, 100_000])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5])
def test_the_largest_limit_takes_what_there_is_room_for(config, samples, share):
    limit = largest_limit(samples, share)
    takes = [
        samples_to_load(config("digits", data_limit=one, holdout=share)) if one else 0
        for one in (limit, limit + 2)
    ]
    assert takes[0] <= samples < takes[1] or (samples < 501 and share and not limit)


def test_the_split_is_the_datas_and_not_the_runs(load):
    one, other = (load("digits", holdout=0.1, seed=seed) for seed in (1, 2))
    assert one.spec == other.spec and one.spec.split and one.spec.held_out == 180
    assert one.held_out is not None and torch.equal(one.held_out.samples, other.held_out.samples)
    whole = load("digits")
    assert whole.held_out is None and whole.spec.split == "" and whole.spec.held_out == 0
    together = torch.cat([one.samples, one.held_out.samples]).flatten(1)
    assert torch.equal(together.sum(1).sort().values, whole.samples.flatten(1).sum(1).sort().values)
    # every writer's digits: the set stands in the order of its writers
    assert (one.held_out.labels.bincount(minlength=10) > 5).all()


def test_a_limit_takes_the_same_pictures_with_and_without(load):
    some = load("glyphs", data_limit=16, holdout=0.1)
    assert torch.equal(some.samples, load("glyphs", data_limit=16).samples)
    assert some.held_out is not None and len(some.held_out.samples) == LEAST
    assert some.spec.split != load("glyphs", data_limit=17, holdout=0.1).spec.split


def test_points_have_none(load):
    assert load("ring8", holdout=0.1).held_out is None


def test_a_run_of_before_has_all_its_pictures():
    assert RunConfig().holdout == 0.1 and RunConfig.from_json("{}").holdout == 0
    assert RunConfig.from_json(RunConfig().to_json()).holdout == 0.1


def test_none_held_out_trains_as_before(load, config):
    """Bit for bit: the batches are those of the whole set, in the order that they always had."""
    source = load("digits", image_size=8, data_limit=100)
    trainer = Trainer(config("digits", image_size=8, data_limit=100), source, torch.device("cpu"))
    order = torch.randperm(100, generator=torch.Generator().manual_seed(2))
    assert torch.equal(trainer.sampler._next_index(), order[:64])
