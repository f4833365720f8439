"""Directions in z that change the picture most: what the sliders move along."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ganviz.errors import GanvizError


@dataclass(frozen=True)
class Directions:
    """``vectors``: orthonormal, float32 [k, dim], the strongest first (unless aligned to an earlier
    set).

    ``strengths``: [k], how much each moves the features, as a share of the strongest (0 to 1).
    """

    vectors: Tensor
    strengths: Tensor

    def __len__(self) -> int:
        return len(self.vectors)


def directions(weight: Tensor, k: int = 8, previous: Directions | None = None) -> Directions:
    """SeFa (Shen and Zhou 2021): the ``k`` unit vectors n that maximise ``|weight @ n|``.

    ``weight`` [out, dim] is what z meets first (a dense layer, or a transposed convolution on a 1x1
    input: both are linear in z), so the answer is exact for the first layer: its leading right
    singular vectors. With fewer than ``k`` independent directions there are as many as the weight
    has rows or columns. ``previous`` keeps sliders steady while training goes on: order and sign
    follow the earlier set.
    """
    weight = weight.detach().to("cpu", torch.float64)
    # the eigenvectors of the small [dim, dim] Gram matrix are the right singular vectors of a tall
    # weight
    values, vectors = torch.linalg.eigh(weight.T @ weight)
    count = min(k, *weight.shape)
    vectors = vectors.T.flip(0)[:count]
    strengths = values.flip(0)[:count].clamp(min=0).sqrt()
    strengths = strengths / strengths[0].clamp(min=torch.finfo(torch.float64).tiny)
    found = Directions(_fix_sign(vectors).float(), strengths.float())
    if previous is None or previous.vectors.shape != found.vectors.shape:
        return found
    return _align(found, previous)


def pca(z: Tensor, pictures: Tensor, k: int = 8, previous: Directions | None = None) -> Directions:
    """Directions by what they do to the finished picture (after GANSpace, Härkönen et al. 2020).

    ``z`` [N, dim] were drawn from N(0, 1) and gave ``pictures`` [N, ...] (float). The linear map
    that explains the pictures best (least squares) stands in for the first layer's weight; N should
    be several times dim. On small convolutional generators (digits, 500 steps) these directions
    changed the picture 2 to 4 % more than those of `directions`, and random ones half as much; they
    cost N drawings, so sliders use `directions`.
    """
    z = z.detach().to("cpu", torch.float64)
    features = pictures.detach().flatten(1).to("cpu", torch.float64)
    fit = torch.linalg.lstsq(z - z.mean(0), features - features.mean(0)).solution  # [dim, features]
    return directions(fit.T, k, previous)


def ganspace(z: Tensor, activations: Tensor, k: int = 8) -> Directions:
    """GANSpace (Härkönen et al. 2020): principal components of early activations, each carried
    back to z.

    ``z`` [N, dim] gave ``activations`` [N, ...]. The scores x_j of the leading ``k`` components
    are regressed on: the directions are the rows u of argmin sum_j |x_j U - z_j|^2, made unit
    vectors. ``strengths``: the components' standard deviations as shares of the first.
    """
    z = z.detach().to("cpu", torch.float64)
    features = activations.detach().flatten(1).to("cpu", torch.float64)
    centred = features - features.mean(0)
    left, values, _ = torch.linalg.svd(centred, full_matrices=False)
    count = min(k, z.shape[1], int((values > values[0] * 1e-6).sum()))
    scores = left[:, :count] * values[:count]
    back = torch.linalg.lstsq(scores, z - z.mean(0)).solution  # [count, dim]
    vectors = torch.nn.functional.normalize(back, dim=1)
    return Directions(_fix_sign(vectors).float(), (values[:count] / values[0]).float())


def mean_difference(chosen: Tensor, others: Tensor) -> Tensor:
    """The unit vector from the mean of ``others`` [M, dim] to that of ``chosen`` [N, dim].

    For latents of N(0, 1) it is also Fisher's linear discriminant, whose covariance is then the
    identity. Raises `GanvizError` where the two means agree or one group is empty.
    """
    if not len(chosen) or not len(others):
        raise GanvizError("A direction between two groups needs samples of both.", "z")
    difference = chosen.double().mean(0) - others.double().mean(0)
    if float(difference.norm()) < 1e-9:
        raise GanvizError("The two groups have the same mean, so no direction parts them.", "z")
    return (difference / difference.norm()).float()


def informative_axes(means: Tensor, k: int = 8) -> Directions:
    """A VAE's own axes, those that say most of a sample first.

    ``means`` [N, dim] are the encoder's means of N samples; an axis is in use as far as its mean
    varies (Burda et al. 2016). ``strengths``: the standard deviations as shares of the first.
    """
    spread = means.detach().double().cpu().std(0)
    order = spread.argsort(descending=True)[: min(k, means.shape[1])]
    vectors = torch.eye(means.shape[1])[order]
    return Directions(vectors, (spread[order] / spread[order[0]].clamp(min=1e-12)).float())


def _fix_sign(vectors: Tensor) -> Tensor:
    """A direction and its opposite are one answer: take the one whose largest entry is positive."""
    largest = vectors.gather(1, vectors.abs().argmax(1, keepdim=True))
    return vectors * torch.where(largest < 0, -1.0, 1.0)


def _align(found: Directions, previous: Directions) -> Directions:
    """The found directions at the positions, and with the signs, of the previous ones that they
    resemble most."""
    cosines = previous.vectors @ found.vectors.T  # [position, found]
    positions = torch.zeros(len(found), dtype=torch.long)
    remaining = cosines.abs()
    for _ in range(len(found)):
        position, index = divmod(int(remaining.argmax()), len(found))
        positions[position] = index
        remaining[position], remaining[:, index] = -1.0, -1.0
    signs = torch.where(cosines[torch.arange(len(found)), positions] < 0, -1.0, 1.0)
    return Directions(found.vectors[positions] * signs[:, None], found.strengths[positions])
