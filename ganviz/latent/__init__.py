"""Latent space: which z a spec means, the way from one z to another, and the directions worth a
slider."""

from ganviz.latent.directions import Directions, directions, pca
from ganviz.latent.paths import lerp, path, slerp
from ganviz.latent.sampling import MAX_SEED, MAX_STRENGTH, LatentSpec, base_z, compose, label_of
from ganviz.latent.vectors import from_text, to_text

__all__ = [
    "MAX_SEED",
    "MAX_STRENGTH",
    "Directions",
    "LatentSpec",
    "base_z",
    "compose",
    "directions",
    "from_text",
    "label_of",
    "lerp",
    "path",
    "pca",
    "slerp",
    "to_text",
]
