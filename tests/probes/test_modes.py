"""Mode figures in closed form: a perfect generator, a collapsed one, a blur."""

import math

import pytest
import torch

from ganviz.data.points import ring_centres
from ganviz.probes.modes import GRID, MODES, Modes, Surface, columns, grid_points, mode_figures
from ganviz.registry import DATASETS

CENTRES = torch.from_numpy(ring_centres()).float()
SIGMA = 0.01


def draw(n, centres=CENTRES, sigma=SIGMA, seed=0):
    random = torch.Generator().manual_seed(seed)
    which = torch.randint(len(centres), (n,), generator=random)
    return centres[which] + sigma * torch.randn(n, 2, generator=random)


def test_a_perfect_generator():
    figures = mode_figures(draw(2500), CENTRES, SIGMA)
    assert figures["captured"] == figures["strict"] == figures["total"] == 8
    assert figures["quality"] == pytest.approx(
        1 - math.exp(-4.5), abs=0.006
    )  # P(chi^2 with 2 degrees <= 9)
    assert figures["reverse_kl"] == pytest.approx(
        7 / 5000, abs=0.003
    )  # the bias of the plug-in estimate
    assert sum(figures["counts"]) == round(2500 * figures["quality"])
    assert figures["spread"] == pytest.approx(0.974, abs=0.02)


def test_a_collapsed_generator():
    figures = mode_figures(draw(2500, CENTRES[:1]), CENTRES, SIGMA)
    assert figures["captured"] == figures["strict"] == 1
    assert figures["quality"] > 0.98 and figures["reverse_kl"] == pytest.approx(
        math.log(8), abs=1e-4
    )


def test_a_blur_is_flattered_by_the_count_of_captured_modes_only():
    figures = mode_figures(draw(2500, sigma=0.15), CENTRES, SIGMA)
    share = 1 - math.exp(-0.5 * (3 * 0.01 / 0.15) ** 2)
    assert figures["captured"] == 8 and figures["strict"] == 0
    assert figures["quality"] == pytest.approx(share, abs=0.006)


def test_nothing_near_any_mode():
    figures = mode_figures(torch.zeros(100, 2), CENTRES, SIGMA)
    assert (figures["captured"], figures["quality"], figures["reverse_kl"]) == (0, 0.0, None)
    assert figures["spread"] is None


def test_dots_on_the_modes_have_no_spread():
    assert mode_figures(CENTRES.repeat(10, 1), CENTRES, SIGMA)["spread"] == 0


def test_strict_counts_scale_with_the_samples():
    points = torch.cat(
        [CENTRES[:1].expand(4, 2), CENTRES[1:2].expand(3, 2), CENTRES[2:3].expand(493, 2)]
    )
    assert mode_figures(points, CENTRES, SIGMA)["strict"] == 2  # 20 of 2,500 are 4 of 500


def test_the_picture_has_points_and_a_surface(lab):
    run = lab(points=True)
    modes, surface = Modes(), Surface()
    run.watched_by(modes, surface)
    for probe in (modes, surface):
        probe.tick()
    (scatter,), (told,) = run.told("scatter"), run.told("modes")
    z, plane = surface._verdict()
    assert {len(scatter[kind][axis]) for kind in ("fake", "real") for axis in "xy"} == {500}
    assert told["n"] == 2500 and told["total"] == 8
    assert (
        len(z) == GRID**2 and plane["unit"] == "probability" and all(0 <= value <= 1 for value in z)
    )
    assert plane["x"][0] < -1 and plane["x"][1] > 1


def test_the_surface_lies_the_right_way_round(lab):
    run = lab(points=True, objective="hinge")
    surface = run.watched_by(Surface())
    discriminator = run.trainer.algorithm.networks["discriminator"]
    discriminator.forward = lambda x, y=None: x[:, 1] * 30 + x[:, 0] * 10
    z, plane = surface._verdict()
    rows = z.view(GRID, GRID)
    assert (rows[1:] > rows[:-1]).all() and (rows[:, 1:] > rows[:, :-1]).all(), (
        "rows go up in y, columns in x"
    )
    assert plane["unit"] == "raw" and plane["level"] == 0.0


def test_pac_sees_each_point_beside_real_ones(lab):
    run = lab(points=True, pac=2)
    surface = run.watched_by(Surface())
    assert len(surface._verdict()[0]) == GRID**2


def test_a_frame_gets_the_newest_verdict_within_the_probes_share(lab):
    run = lab(points=True)
    surface = Surface()
    assert surface.frame_data(exact=True) == {}, "nothing is known before the run is prepared"
    run.watched_by(surface)
    first = surface.frame_data(exact=False)["surface"]
    assert (first["size"], first["unit"]) == (GRID, "probability")
    surface._frame_due = float("inf")
    assert surface.frame_data(exact=False)["surface"] is first
    assert surface.frame_data(exact=True)["surface"] is not first


def test_data_without_modes_has_a_scatter_only(lab):
    run = lab(points=True, data="spiral")
    run.watched_by(Modes()).tick()
    assert len(run.told("scatter")) == 1 and not run.told("modes")


def test_helpers():
    assert columns(torch.tensor([[0.12345, -1.0]])) == {"x": [0.123], "y": [-1.0]}
    assert grid_points([0.0, 1.0], [5.0, 6.0], 2).tolist() == [[0, 5], [1, 5], [0, 6], [1, 6]]


def test_what_papers_report_is_declared_with_its_source():
    tables = {table.data: table for table in MODES.reported}
    assert set(tables) == {"ring8", "ring8-wide", "grid25"} <= set(DATASETS.names())
    method, source, figures = tables["grid25"].rows[-1]
    assert (method, source) == ("PacGAN4", "Lin et al., 2018 (PacGAN), table 1")
    assert figures == {"captured": 24.8, "total": 25, "quality": 0.936, "reverse_kl": 0.04}
    assert "sharper" in tables["ring8-wide"].note, "another sigma is said"
    names = {figure.name for figure in MODES.figures} | {"total"}
    assert all(names >= set(row[2]) for table in MODES.reported for row in table.rows)
