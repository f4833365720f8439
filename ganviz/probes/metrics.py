"""Fidelity and diversity on features: pure functions of two feature tables [N, D], held to brute
force by the tests.

torchmetrics itself is not used while a run trains: importing it takes seconds under the
interpreter's lock, and its KID draws from the process-wide random numbers, which a probe must leave
alone. It has no precision, recall, density or coverage; their reference code (prdc) is no longer
maintained.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ganviz.data.source import to_float

NEAREST = 5
COPY = 1 / 3
# Of the samples whose distances are taken at a time, and of all their numbers.
LARGEST_CHUNK, LEAST_CHUNK, VALUES = 1024, 32, 4_000_000


def frechet(real: Tensor, fake: Tensor) -> float:
    """Frechet distance of two Gaussians with the features' means and covariances (Heusel et al.
    2017), in float64. Biased upwards for small N: name N beside it."""
    real, fake = _exact(real), _exact(fake)
    (mean1, cov1), (mean2, cov2) = ((x.mean(0), torch.cov(x.T)) for x in (real, fake))
    return gaussian_distance(mean1, cov1, mean2, cov2)


def gaussian_distance(mean1: Tensor, cov1: Tensor, mean2: Tensor, cov2: Tensor) -> float:
    """Frechet distance of two Gaussians with these means [D] and covariances [D, D], float64.

    ||m1 - m2||^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)); the trace of the root is the sum of the roots of
    the eigenvalues of S1 S2, which are real and not negative up to rounding.
    """
    roots = torch.linalg.eigvals(cov1 @ cov2).real.clamp_min(0).sqrt().sum()
    return float((mean1 - mean2).square().sum() + cov1.trace() + cov2.trace() - 2 * roots)


def kernel_distance(real: Tensor, fake: Tensor) -> float:
    """KID (Binkowski et al. 2018): the unbiased squared MMD under the kernel (a . b / D + 1)^3,
    over all samples at once.

    Unbiased, so it can be a little below 0 when the two agree.
    """
    real, fake = _exact(real), _exact(fake)

    def kernel(a: Tensor, b: Tensor) -> Tensor:
        return (a @ b.T / a.shape[1] + 1) ** 3

    def among(x: Tensor) -> Tensor:
        k = kernel(x, x)
        return (k.sum() - k.trace()) / (len(x) * (len(x) - 1))

    return float(among(real) + among(fake) - 2 * kernel(real, fake).mean())


def precision_recall(real: Tensor, fake: Tensor, k: int = NEAREST) -> dict[str, float]:
    """Precision and recall (Kynkaanniemi et al. 2019), density and coverage (Naeem et al. 2020).

    A sample's ball reaches to its ``k``-th nearest neighbour of its own kind. Precision: fakes
    inside any real's ball. Recall: reals inside any fake's ball. Density: in how many reals' balls
    a fake lies, over k. Coverage: reals whose ball holds a fake. Memory: N x N distances, so bound
    N.
    """
    real, fake = _exact(real), _exact(fake)
    return of_distances(
        torch.cdist(real, real), torch.cdist(fake, fake), torch.cdist(real, fake), k
    )


def of_distances(real: Tensor, fake: Tensor, between: Tensor, k: int = NEAREST) -> dict[str, float]:
    """The same of samples whose distances are known: among ``real`` [N, N], among ``fake`` [M, M],
    and ``between`` [N, M] the two."""
    # the nearest is the sample itself
    real_radius, fake_radius = (x.kthvalue(k + 1, 1).values for x in (real, fake))
    in_real = between < real_radius[:, None]
    return {
        "precision": float(in_real.any(0).float().mean()),
        "recall": float((between < fake_radius[None]).any(1).float().mean()),
        "density": float(in_real.sum(0).float().mean() / k),
        "coverage": float((between.min(1).values < real_radius).float().mean()),
    }


def class_figures(
    probabilities: Tensor, classes: int, requested: Tensor | None = None
) -> dict[str, object]:
    """What a classifier says of fakes, from its ``probabilities`` [N, K].

    ``entropy`` of the class histogram in nats (``entropy_max`` = ln K for an even one);
    ``confidence``: mean of the highest probability; ``covered``: classes that a fifth of their fair
    share or more of the fakes fall into; ``agreement``: how often the class is the one that was
    ``requested`` (None without conditioning).
    """
    confidence, named = probabilities.max(1)
    counts = torch.bincount(named, minlength=classes)
    share = counts.double() / counts.sum()
    entropy = -(share[share > 0] * share[share > 0].log()).sum()
    return {
        "histogram": counts.tolist(),
        "entropy": round(float(entropy), 4),
        "entropy_max": round(math.log(classes), 4),
        "confidence": round(float(confidence.mean()), 4),
        "covered": int((share >= 0.2 / classes).sum()),
        "agreement": None
        if requested is None
        else round(float((named == requested).float().mean()), 4),
    }


def nearest_two(x: Tensor, train: Tensor, skip_same: bool = False) -> Tensor:
    """Distances of each of ``x`` [N, ...] to its nearest and second nearest in ``train`` [M, ...]:
    [N, 2].

    Both may be uint8 pictures: they become float a chunk at a time. ``skip_same``: leave out
    distance 0, for ``x`` that are themselves part of ``train``. Memory: two chunks of `VALUES`
    numbers.
    """
    chunk = max(LEAST_CHUNK, min(LARGEST_CHUNK, VALUES // max(1, train[:1].numel())))
    return torch.cat([_nearest_two(part, train, skip_same, chunk) for part in x.split(chunk)])


def _nearest_two(x: Tensor, train: Tensor, skip_same: bool, chunk: int) -> Tensor:
    flat = _exact(to_float(x).flatten(1))
    best = flat.new_full((len(x), 2), math.inf)
    for part in train.split(chunk):
        distances = torch.cdist(flat, _exact(to_float(part).flatten(1)))
        if skip_same:
            distances = distances.masked_fill(distances < 1e-2, math.inf)
        best = torch.cat([best, distances], 1).topk(2, 1, largest=False).values
    return best.float()


def _exact(x: Tensor) -> Tensor:
    """``x`` in float64, whose products stay exact while training takes those of float32 in bf16 or
    TF32. Apple's GPUs have none: there it moves to the CPU."""
    return (x.cpu() if x.device.type == "mps" else x).double()


def copies(nearest: Tensor) -> float:
    """The share of samples that are copies of a training sample: three times as near to it as to
    any other.

    The ratio of the two nearest distances (Yoon et al. 2023, for diffusion models) is not fooled by
    blur, which brings a sample near to many training samples at once.
    """
    return float((nearest[:, 0] < COPY * nearest[:, 1]).float().mean())


def auc(members: Tensor, others: Tensor) -> float:
    """The chance that a member's score is above another's, ties counting half: the area under the
    curve of an attack that takes high scores for members (Mann and Whitney 1947)."""
    members, others = members.double(), others.double().sort().values
    below = torch.searchsorted(others, members, right=False)
    upto = torch.searchsorted(others, members, right=True)
    return float((below + upto).double().mean() / (2 * len(others)))
