"""What every network family shares: the two outer shells, conditioning, norms, initialisation."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding
from torch.nn.utils.parametrizations import spectral_norm

if TYPE_CHECKING:
    from ganviz.config import RunConfig
    from ganviz.data.source import DataSpec

# Of every LeakyReLU, as in DCGAN.
NEGATIVE_SLOPE = 0.2


@dataclass(frozen=True)
class Network:
    """A registry entry. ``kinds``: images, points. ``sizes``: picture sizes in px it is made for,
    None for any. ``reads``: the `RunConfig` fields that mean something for this network alone.
    ``maps``: it keeps pictures inside, so instance norm has something to average.
    ``norm_free``: it is built to work without normalisation and takes none.
    ``adversarial_only``: without an adversary it would not show what it is for.
    ``bounded``: a generator of pictures ends in tanh.
    """

    label: str
    why: str
    kinds: tuple[str, ...]
    sizes: tuple[int, ...] | None
    build: Callable[[RunConfig, DataSpec], nn.Module]
    reads: tuple[str, ...] = ()
    maps: bool = True
    norm_free: bool = False
    adversarial_only: bool = False
    bounded: bool = True


class Generator(nn.Module):
    """G(z, y): a first linear layer on z (and the class, when conditional), then the family's
    ``body``. ``noise`` turns normal z into another kind first (`ganviz.models.noise`).

    A class is told one-hot, or as ``embedding`` learned numbers. Gives images in [-1, 1], [N, C, H,
    W], or points [N, 2]; always fp32, also under autocast.
    """

    def __init__(
        self,
        latent_dim: int,
        n_classes: int,
        out: int,
        body: nn.Module,
        bias: bool = True,
        embedding: int = 0,
    ):
        super().__init__()
        self.latent_dim = latent_dim
        self.n_classes = n_classes
        embedded = bool(n_classes and embedding)
        self.embedding = nn.Linear(n_classes, embedding, bias=False) if embedded else None
        self.first = nn.Linear(latent_dim + (embedding if embedded else n_classes), out, bias)
        self.body = body
        self.noise: Callable[[Tensor], Tensor] | None = None

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        if self.n_classes:
            return self.of_mixture(z, one_hot(_known(y), self.n_classes, z.dtype))
        return full(self.body(self.first(self.as_noise(z))))

    def as_noise(self, z: Tensor) -> Tensor:
        """Standard normal ``z`` [N, latent_dim], distributed as the config's noise is."""
        return z if self.noise is None else self.noise(z)

    def of_mixture(self, z: Tensor, weights: Tensor) -> Tensor:
        """Samples of ``z`` [N, latent_dim] with ``weights`` [N, n_classes] of the classes."""
        classes = weights if self.embedding is None else self.embedding(weights)
        return full(self.body(self.first(torch.cat([self.as_noise(z), classes], 1))))

    def first_layer(self) -> Tensor:
        """The weight that z meets first, [out, latent_dim], without the class part."""
        return self.first.weight[:, : self.latent_dim].detach()


def latent_weight(generator: nn.Module, latent_dim: int) -> Tensor:
    """The weight that z meets first, [out, latent_dim]: what the generator says it is
    (``first_layer()``), else its first linear or transposed-convolution layer that is wide enough;
    the unit matrix where there is none, whose directions are the numbers of z themselves."""
    declared = getattr(generator, "first_layer", None)
    if callable(declared):
        return declared()
    for module in generator.modules():
        if isinstance(module, nn.Linear) and module.in_features >= latent_dim:
            return module.weight[:, :latent_dim].detach()
        if isinstance(module, nn.ConvTranspose2d) and module.in_channels >= latent_dim:
            return module.weight[:latent_dim].flatten(1).t().detach()
    return torch.eye(latent_dim)


class Discriminator(nn.Module):
    """D(x, y): the family's ``trunk`` turns a sample into ``features`` numbers, a linear head into
    one logit.

    Conditioning: ``concat`` joins the class to the input (``labels`` does it), ``projection`` adds
    the inner product of a class vector with the features (Miyato and Koyama 2018), ``auxiliary``
    has a second head that names the class (AC-GAN, Odena et al. 2017).
    """

    def __init__(
        self,
        trunk: nn.Module,
        features: int,
        conditioning: str,
        n_classes: int,
        labels: nn.Module | None = None,
    ):
        super().__init__()
        self.conditioning = conditioning
        self.labels = labels if conditioning == "concat" else None
        self.trunk = trunk
        self.real = nn.Linear(features, 1)
        self.classes: nn.Embedding | nn.Linear
        if conditioning == "projection":
            self.classes = nn.Embedding(n_classes, features)
            # small: it is one side of a long inner product
            nn.init.normal_(self.classes.weight, 0.0, features**-0.5)
        elif conditioning == "auxiliary":
            self.classes = nn.Linear(features, n_classes)

    @property
    def homogeneous(self) -> bool:
        """A class that is joined to the input, or named by a second head, is neither input nor
        bias."""
        return self.conditioning in ("none", "projection")

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        """Logits [N]; ``y`` int64 [N] where conditioning is ``concat`` or ``projection``."""
        if self.labels is not None:
            x = self.labels(x, _known(y))
        h = self.trunk(x)
        logits = self.real(h).squeeze(1)
        if self.conditioning == "projection":
            logits = logits + (self.classes(_known(y)) * h).sum(1)
        return full(logits)

    def judge(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits [N] and class logits [N, K]; only with the auxiliary classifier."""
        h = self.trunk(x)
        return full(self.real(h).squeeze(1)), full(self.classes(h))


class Packed(nn.Module):
    """PacGAN (Lin et al. 2018): the discriminator inside sees ``pac`` neighbouring samples as one.
    Logits: [N // pac]."""

    def __init__(self, discriminator: nn.Module, pac: int):
        super().__init__()
        self.discriminator = discriminator
        self.pac = pac

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        return self.discriminator(
            x.reshape(x.shape[0] // self.pac, self.pac * x.shape[1], *x.shape[2:]), y
        )


def one_hot(y: Tensor, n_classes: int, dtype: torch.dtype) -> Tensor:
    """Classes ``y`` [N] as [N, n_classes] of zeros and ones; an unknown class is an error. torch's
    own reads the device to check ``y``, which neither vmap nor a recorded step can."""
    return embedding(y, torch.eye(n_classes, dtype=dtype, device=y.device))


class OneHot(nn.Module):
    """Flattens the sample and appends its one-hot class."""

    def __init__(self, n_classes: int):
        super().__init__()
        self.n_classes = n_classes

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return torch.cat([x.flatten(1), one_hot(y, self.n_classes, x.dtype)], 1)


class LabelMap(nn.Module):
    """Appends one channel: a picture learnt for each class (Mirza and Osindero 2014)."""

    def __init__(self, n_classes: int, height: int, width: int):
        super().__init__()
        self.shape = (1, height, width)
        self.map = nn.Embedding(n_classes, height * width)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return torch.cat([x, self.map(y).unflatten(1, self.shape).to(x.dtype)], 1)


class MinibatchStd(nn.Module):
    """Appends one feature (or channel): how varied the batch is (Karras et al. 2018).

    It is the standard deviation of each feature over the batch, averaged over all features: one
    number for all samples.
    """

    def forward(self, x: Tensor) -> Tensor:
        std = (x.var(0, unbiased=False) + 1e-8).sqrt().mean()
        return torch.cat([x, std.expand(x.shape[0], 1, *x.shape[2:])], 1)


def stages(size: int) -> tuple[int, int]:
    """(side of the smallest map, number of doublings): 28 px is 7 -> 14 -> 28, the others start at
    4."""
    start = 7 if size == 28 else 4
    return start, (size // start).bit_length() - 1


class ToMap(nn.Module):
    """[N, side * side * channels] -> [N, channels, side, side], laid out channels-last, which
    convolves faster."""

    def __init__(self, channels: int, side: int):
        super().__init__()
        self.shape = (side, side, channels)

    def forward(self, x: Tensor) -> Tensor:
        # Not by `len`, which torch.export takes for a constant.
        return x.unflatten(1, self.shape).permute(0, 3, 1, 2)


class ToFeatures(nn.Module):
    """The inverse of `ToMap`: free of charge for a channels-last map."""

    homogeneous = True

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(0, 2, 3, 1).flatten(1)


def full(x: Tensor) -> Tensor:
    """fp32 for the half precisions; the rest as it is."""
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x


def _known(y: Tensor | None) -> Tensor:
    if y is None:
        raise ValueError("this network is conditional: give it the classes y")
    return y


def activation(name: str) -> nn.Module:
    """The non-linearity called ``name``."""
    table: dict[str, Callable[[], nn.Module]] = {
        "relu": nn.ReLU,
        "leaky_relu": lambda: nn.LeakyReLU(NEGATIVE_SLOPE),
        "tanh": nn.Tanh,
        "sigmoid": nn.Sigmoid,
    }
    return table[name]()


def norm1d(name: str, features: int) -> nn.Module:
    """Normalisation of [N, features]; spectral norm acts on the weights instead and is added by
    `add_spectral_norm`."""
    table: dict[str, Callable[[int], nn.Module]] = {"batch": nn.BatchNorm1d, "layer": nn.LayerNorm}
    return table.get(name, lambda _: nn.Identity())(features)


def norm2d(name: str, channels: int) -> nn.Module:
    """Normalisation of [N, channels, H, W]; layer norm is over channels and pixels together, with
    one gain a channel."""
    table: dict[str, Callable[[int], nn.Module]] = {
        "batch": nn.BatchNorm2d,
        "layer": lambda c: nn.GroupNorm(1, c),
        "instance": lambda c: nn.InstanceNorm2d(c, affine=True),
    }
    return table.get(name, lambda _: nn.Identity())(channels)


def shifts(norm: str) -> bool:
    """Whether a bias before this norm does anything: batch and instance norm subtract each unit's
    mean, and it with it."""
    return norm not in ("batch", "instance")


def conditional_classes(config: RunConfig, spec: DataSpec) -> int:
    """How many classes the networks are told about: 0 without conditioning."""
    return spec.n_classes if config.conditional else 0


Weighted = nn.Linear | nn.Conv2d | nn.ConvTranspose2d
WEIGHTED = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)


def initialise(network: nn.Module, init: str, act: str = "relu") -> nn.Module:
    """Start the weights of all linear and convolutional layers (biases at 0) as the config says.

    ``default`` keeps the framework's; ``dcgan`` is N(0, 0.02); ``normal1`` N(0, 1); ``kaiming``
    N(0, gain^2 / fan-in) with the gain of the activation ``act``; ``xavier`` N(0, 2 / (fan-in +
    fan-out)).
    """
    for module in network.modules():
        if init == "default" or not isinstance(module, WEIGHTED):
            continue
        if init == "xavier":
            nn.init.xavier_normal_(module.weight)
        else:
            std = {"dcgan": 0.02, "normal1": 1.0}.get(init) or _gain(act) / math.sqrt(
                fan_in(module)
            )
            nn.init.normal_(module.weight, 0.0, std)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    return network


def fan_in(module: Weighted) -> float:
    """How many products are summed for one output of a linear, convolution or transposed
    convolution layer."""
    # a transposed one's weight is [in, out, k, k], and a stride thins the products out
    if isinstance(module, nn.ConvTranspose2d):
        return module.weight.shape[0] * module.weight[0, 0].numel() / math.prod(module.stride)
    return module.weight[0].numel()


def _gain(act: str) -> float:
    return nn.init.calculate_gain(cast(Any, act), NEGATIVE_SLOPE if act == "leaky_relu" else None)


def add_spectral_norm(network: nn.Module) -> nn.Module:
    """Divide every weight by its largest singular value (Miyato et al. 2018), tracked by one power
    iteration a pass."""
    for module in list(network.modules()):
        if isinstance(module, (*WEIGHTED, nn.Embedding)):
            spectral_norm(module)
    return network
