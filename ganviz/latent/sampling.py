"""Which z a seed and a set of sliders mean.

Sliders are offsets on a random base z, because an all-zero z lies where a trained generator has
hardly ever been asked and gives grey mush. Their unit is the standard deviation of z.
"""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from ganviz.errors import GanvizError
from ganviz.latent.vectors import from_text
from ganviz.text import counted

MAX_SEED = 2**31 - 1
MAX_STRENGTH = 4.0
# of one z as text: 1,024 numbers of four bytes as base64
MAX_TEXT = 5464

Strength = Annotated[float, Field(ge=-MAX_STRENGTH, le=MAX_STRENGTH)]
Index = Annotated[int, Field(ge=0)]


class LatentSpec(BaseModel):
    """A point in latent space, as a person describes it.

    ``seed`` draws the base z, unless ``tile`` takes it from that tile of the sample grid, counted
    row by row, or ``z`` gives it (base64, see `ganviz.latent.vectors`). ``directions`` and ``raw``
    move it: strengths in standard deviations along found directions (by their index) and along
    single entries of z (by theirs). ``psi`` pulls the base towards the mean (1: as drawn).
    ``class`` asks for a class by its index; None lets the seed choose.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True
    )

    seed: int = Field(0, ge=0, le=MAX_SEED)
    tile: int | None = Field(None, ge=0)
    z: str | None = Field(None, max_length=MAX_TEXT)
    label: int | None = Field(None, alias="class", ge=0)
    directions: dict[Index, Strength] = Field(default_factory=dict, max_length=64)
    raw: dict[Index, Strength] = Field(default_factory=dict, max_length=1024)
    psi: float = Field(1.0, ge=0.0, le=2.0)


def base_z(seed: int, dim: int) -> Tensor:
    """The z that ``seed`` draws: N(0, 1), float32 [dim], on the CPU, the same on every machine.

    Drawn in double precision: the float path of PyTorch uses other instructions on other
    processors.
    """
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(dim, generator=generator, dtype=torch.float64).float()


def compose(spec: LatentSpec, directions: Tensor, dim: int, tiles: Tensor | None = None) -> Tensor:
    """The z that ``spec`` means: float32 [dim]; ``directions`` are unit vectors [k, dim], ``tiles``
    the latents of the sample grid [n, dim].

    Truncation is ``psi * z`` on the base only. The truncation trick (Brock et al. 2019) resamples
    entries outside a threshold; for a Gaussian z scaling has the same effect, fewer extremes for
    less variety, and moves smoothly with a slider. Offsets are added after it, so a slider means
    the same at every psi. Raises `GanvizError` for a direction or an entry of z that does not
    exist.
    """
    z = _base(spec, dim, tiles) * spec.psi
    for index, strength in spec.directions.items():
        if index >= len(directions):
            raise GanvizError(
                f"There is no direction {index}; this generator has {len(directions)}, counted "
                f"from 0.",
                "directions",
            )
        z += strength * directions[index].to(z)
    for index, strength in spec.raw.items():
        if index >= dim:
            raise GanvizError(
                counted(
                    dim,
                    "z has no entry {index}; it has one entry, which is entry 0.",
                    "z has no entry {index}; it has {n} entries, counted from 0.",
                    index=index,
                ),
                "raw",
            )
        z[index] += strength
    return z


def _base(spec: LatentSpec, dim: int, tiles: Tensor | None) -> Tensor:
    if spec.z is not None:
        latents = from_text(spec.z, dim)
        if len(latents) != 1:
            raise GanvizError("A point has one z.", "z")
        return latents[0]
    if spec.tile is None:
        return base_z(spec.seed, dim)
    if tiles is None or spec.tile >= len(tiles):
        raise GanvizError(f"The sample grid has no tile {spec.tile}, counted from 0.", "tile")
    return tiles[spec.tile]


def label_of(spec: LatentSpec, n_classes: int) -> int | None:
    """The class index that ``spec`` means for a generator of ``n_classes`` (0: one that knows no
    classes).

    Without a choice the seed makes it, so that a random seed gives a random class too.
    Raises `GanvizError` for a class that the generator does not know.
    """
    if spec.label is None:
        return spec.seed % n_classes if n_classes else None
    if not n_classes:
        raise GanvizError(
            "This generator was trained without classes, so it cannot be asked for one.", "class"
        )
    if spec.label >= n_classes:
        raise GanvizError(
            f"There is no class {spec.label}; this generator knows {n_classes}, counted from 0.",
            "class",
        )
    return spec.label
