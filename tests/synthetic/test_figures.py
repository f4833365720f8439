"""The figures of a report against closed forms, invariants and a public library."""

import math

import pytest
import torch

from ganviz.data.source import DataSource, DataSpec
from ganviz.probes.metrics import auc, precision_recall
from ganviz.synthetic.evidence import EvaluationData, Pictures
from ganviz.synthetic.fidelity_figures import expected_coverage, neighbourhood, reverse_kl
from ganviz.synthetic.intervals import Estimate, estimate, students_t
from ganviz.synthetic.labels import apportioned, labels_for
from ganviz.synthetic.leaks import Search
from ganviz.synthetic.nearest_pairs import nearest
from ganviz.synthetic.privacy import (
    authenticity,
    copy_threshold,
    nearer_to,
    own_nearest,
    true_positives,
)
from ganviz.synthetic.utility import LEAST_TESTED, utility_rows
from ganviz.synthetic.verdict import DOUBTFUL, GUARANTEE, LEAKS, NOTHING_FOUND, UNKNOWN, verdict


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


# -- attacks ---------------------------------------------------------------------------------------
def test_auc_is_scikit_learns_and_the_closed_form_of_two_normals():
    from sklearn.metrics import roc_auc_score

    members, others = normal(4000) + 1, normal(3000, seed=1)
    scores = torch.cat([members, others])
    truth = torch.cat([torch.ones(4000), torch.zeros(3000)])
    assert auc(members, others) == pytest.approx(roc_auc_score(truth, scores), abs=1e-12)
    # P[N(1, 1) > N(0, 1)] = Phi(1 / sqrt(2))
    assert auc(members, others) == pytest.approx(0.5 * (1 + math.erf(0.5)), abs=0.015)
    rounded, least = members.round(), others.round()
    expected = roc_auc_score(truth, torch.cat([rounded, least]))
    assert auc(rounded, least) == pytest.approx(expected, abs=1e-12)
    assert auc(others, others) == 0.5


def test_true_positives_at_few_false_alarms_are_those_of_the_curve():
    from sklearn.metrics import roc_curve

    members, others = normal(4000) + 1, normal(3000, seed=1)
    false, true, _ = roc_curve(
        [1] * 4000 + [0] * 3000, torch.cat([members, others]), drop_intermediate=False
    )
    assert true_positives(members, others) == pytest.approx(true[false <= 0.01].max(), abs=1e-12)
    assert true_positives(torch.zeros(9), torch.zeros(9)) == 0


# -- neighbours and authenticity -------------------------------------------------------------------
def brute_authenticity(s, t):
    """As in the paper, one at a time."""
    right = 0
    for one in s.double():
        to_train = (t.double() - one).norm(dim=1)
        i = int(to_train.argmin())
        rest = (t.double() - t[i].double()).norm(dim=1)
        rest[i] = math.inf
        right += bool(to_train[i] > rest.min())
    return right / len(s)


def measured_authenticity(s, t):
    found = nearest(s, t)
    return authenticity(found, own_nearest(t, found.index))


def test_authenticity_is_the_papers_and_the_order_of_rows_changes_nothing():
    s, t = normal(300, 12), normal(500, 12, seed=1)
    # whole numbers, as pixels are: there are many ties, and rows that are there twice
    few_levels = (normal(300, 3) * 2).round(), (normal(500, 3, seed=1) * 2).round()
    assert measured_authenticity(s, t) == pytest.approx(brute_authenticity(s, t), abs=1e-12)
    for left, right in ((s, t), few_levels):
        value = measured_authenticity(left, right)
        for seed in range(3):
            random = torch.Generator().manual_seed(seed)
            i, j = (torch.randperm(len(x), generator=random) for x in (left, right))
            assert abs(measured_authenticity(left[i], right[j]) - value) < 1e-9


def test_authenticity_of_new_points_in_the_plane_is_known():
    """A new point and its nearest are each other's nearest with chance 6 pi / (8 pi + 3 sqrt 3)
    in the plane (Clark 1955); it is authentic otherwise."""
    random = torch.Generator().manual_seed(0)
    s, t = (torch.rand(4000, 2, generator=random) for _ in range(2))
    mutual = 6 * math.pi / (8 * math.pi + 3 * math.sqrt(3))
    assert measured_authenticity(s, t) == pytest.approx(1 - mutual, abs=0.03)
    # the samples themselves are copies, and far ones are none
    assert measured_authenticity(t[:50], t) == 0 and measured_authenticity(s + 9, t) == 1


def test_neighbours_are_those_of_brute_force_and_leave_themselves_out():
    x, among = normal(70, 5), normal(600, 5, seed=1)
    exact = (x.double()[:, None] - among.double()).norm(dim=2)
    found = nearest(x, among)
    assert torch.equal(found.index, exact.argmin(1))
    assert torch.allclose(found.distance, exact.min(1).values, atol=1e-12)
    own = nearest(among, among, own=torch.arange(600))
    assert (own.index != torch.arange(600)).all() and (own.distance > 0).all()


def test_nearness_and_copies_of_new_pictures_are_chance():
    s, t, h = normal(800, 2), normal(800, 2, seed=1), normal(800, 2, seed=2)
    assert nearer_to(torch.cdist(s, t), torch.cdist(s, h)) == pytest.approx(0.5, abs=0.05)
    assert nearer_to(torch.zeros(5, 5), torch.zeros(5, 5)) == 0.5
    held = nearest(h, t).distance
    share = float((nearest(s, t).distance < copy_threshold(held)).double().mean())
    assert share == pytest.approx(0.01, abs=0.012)


# -- intervals -------------------------------------------------------------------------------------
def test_halves_spread_a_mean_as_the_textbook_says():
    x = normal(1000).double()
    found = estimate(lambda i: float(x[i].mean()), {"pictures": 1000}, rounds=2000)
    assert students_t(29) == pytest.approx(2.045, rel=2e-3)
    half_width = 1.96 * float(x.std()) / math.sqrt(1000)
    assert found.value == pytest.approx(float(x.mean()), abs=1e-12)
    assert (found.high - found.low) / 2 == pytest.approx(half_width, rel=0.06)
    assert found.n == {"pictures": 1000}


def test_a_share_has_the_interval_of_a_binomial_one():
    """Beside Wilson's interval, and the rule of three where nothing was found."""
    hits = (torch.rand(1000, generator=torch.Generator().manual_seed(4)) < 0.02).double()
    k, n, z = float(hits.sum()), 1000, 1.96
    middle = (k + z * z / 2) / (n + z * z)
    reach = z / (n + z * z) * math.sqrt(k * (n - k) / n + z * z / 4)
    found = estimate(lambda i: float(hits[i].mean()), {"pictures": n}, (0, 1))
    assert found.low == pytest.approx(middle - reach, abs=0.003)
    assert found.high == pytest.approx(middle + reach, abs=0.003)
    none = estimate(lambda i: 0.0, {"pictures": n}, (0, 1))
    assert (none.low, none.value, none.high) == (0, 0, 0.003)


def test_extrapolation_takes_a_bias_of_one_over_n_away():
    """The plug-in reverse KL of an even histogram is too large by (K - 1) / 2n."""
    random = torch.Generator().manual_seed(0)
    seen = torch.randint(10, (1500,), generator=random)

    def plug_in(i):
        return reverse_kl(torch.bincount(seen[i], minlength=10).double(), torch.ones(10).double())

    found = estimate(plug_in, {"pictures": 1500}, (-1, 1), extrapolated=True, rounds=400)
    raw = plug_in(torch.arange(1500))
    assert raw - found.value == pytest.approx(9 / 3000, abs=0.001)
    assert found.low < 0 < found.high


def test_reverse_kl_of_a_lost_class_is_known():
    lost = torch.tensor([1.0, 1, 1, 0]).double()
    assert reverse_kl(lost, torch.ones(4).double() * 100) == pytest.approx(math.log(4 / 3))


def test_neighbourhoods_are_the_probes_and_coverage_has_its_closed_form():
    real, fake = normal(400, 6).double(), normal(400, 6, seed=1).double()
    found = neighbourhood(real.float(), fake.float(), rounds=4)
    for name, value in precision_recall(real, fake).items():
        assert found[name].value == pytest.approx(value, abs=0.005)
    assert expected_coverage(10_000, 10_000) == pytest.approx(1 - 0.5**5, abs=1e-3)
    assert found["coverage"].holds(expected_coverage(400, 400))


# -- labels ----------------------------------------------------------------------------------------
def test_labels_are_balanced_or_as_the_data_are():
    data = torch.tensor([0] * 70 + [1] * 25 + [2] * 5)
    assert labels_for(3, data, 7, 0, "balanced") == [0, 1, 2, 0, 1, 2, 0]
    drawn = torch.tensor(labels_for(3, data, 200, 0, "as-data"))
    assert torch.bincount(drawn).tolist() == [140, 50, 10] and drawn[:50].unique().numel() == 3
    assert apportioned(torch.tensor([1, 1, 1]), 10).sum() == 10
    assert labels_for(0, None, 5, 0, "balanced") is None


# -- what it comes to ------------------------------------------------------------------------------
def evidence(held=60, seed=0, train=60, classes=2):
    """Pictures of two kinds: bright at the left, bright at the right."""

    def some(n, seed):
        random = torch.Generator().manual_seed(seed)
        y = torch.arange(n) % classes
        x = torch.randint(0, 90, (n, 1, 8, 8), generator=random)
        x[y == 0, :, :, :4] += 150
        return Pictures(x.to(torch.uint8), y)

    real, unseen = some(train, 1), some(held, 2)
    return EvaluationData(real, unseen if held else None, some(60, 3), tuple("ab"), True)


def source(n):
    x = torch.arange(n, dtype=torch.uint8)[:, None, None, None].expand(-1, 1, 2, 2).contiguous()
    return DataSource(DataSpec("n", "images", (1, 2, 2), n, ("a",)), x, torch.zeros(n).long())


def test_the_parts_of_the_evidence_are_apart():
    held = DataSource(source(9).spec, source(60).samples[51:], None)
    real = DataSource(source(51).spec, source(51).samples, source(51).labels, held_out=held)
    made = EvaluationData.of(real, Pictures(source(3).samples, None), False)
    parts = [made.lesson, made.reference(10), made.other_train(10), made.in_place, made.never_seen]
    values = [set(part.x[:, 0, 0, 0].tolist()) for part in parts]
    assert [len(value) for value in values] == [25, 10, 10, 4, 5]
    assert sum(map(len, values)) == len(set().union(*values))
    assert EvaluationData.of(real, made.synthetic, False, "They changed.").held is None


def test_copies_fail_and_new_pictures_do_not():
    fresh = evidence()
    copied = EvaluationData(fresh.train, fresh.held, fresh.train, fresh.classes, True)
    rows = {}
    for name, one in (("fresh", fresh), ("copied", copied)):
        search = Search(one, lambda done: None)
        rows[name] = [search.copies(), search.nearness(), search.authenticity()]
    assert verdict(rows["copied"]).kind == LEAKS
    assert verdict(rows["fresh"]).kind == UNKNOWN
    found = {row.figure.name: row.synthetic.value for row in rows["copied"]}
    assert found["nearest_train"] == 1 and found["authenticity"] == 0 and found["copies"] > 0.9


def known(name, low, value, high):
    from ganviz.synthetic.figure import FIGURES, Row

    return Row(FIGURES[name], Estimate(value, low, high, {"pictures": 100}))


def test_the_verdict_never_says_more_than_was_tested():
    chance = known("attack_d", 0.48, 0.51, 0.54)
    fine = verdict([chance])
    assert fine.kind == NOTHING_FOUND and GUARANTEE in fine.sentences
    assert fine.sentences[0] == (
        "No attack we ran did better than chance (D's score: AUC 0.51, 0.48 to 0.54)."
    )
    weak = known("attack_d", 0.52, 0.55, 0.58)
    assert verdict([weak]).kind == DOUBTFUL
    assert "One in 40 data sets that leak nothing" in " ".join(verdict([weak]).sentences)
    both = verdict([weak, known("attack_nearest", 0.48, 0.5, 0.52)])
    assert "With 2 tests, up to one in 20 data sets" in " ".join(both.sentences)
    assert verdict([known("attack_nearest", 0.7, 0.8, 0.9), chance]).kind == LEAKS
    assert verdict([known("fid", 0, 1, 2)]).kind == UNKNOWN
    said = " ".join(fine.sentences).lower()
    assert not any(word in said for word in ("safe", "private", "anonymous", "secure"))


def test_what_cannot_be_said_is_said_so():
    rows = utility_rows(evidence(held=0))
    assert all(row.synthetic is None and "held no pictures out" in row.why_not for row in rows)
    few = utility_rows(evidence(held=LEAST_TESTED))[0].why_not
    assert few == "It takes 100 held-out pictures; there are 50."
    search = Search(evidence(held=8), lambda done: None)
    assert search.copies().why_not == "It takes 20 held-out pictures; there are 8."
