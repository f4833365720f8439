"""Everything a run is, as one frozen value.

The form in the browser, the command line and the documentation are generated from the fields
below: their names, defaults, bounds, units and sentences have this one home.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from ganviz import registry
from ganviz.errors import ConfigError

MAX_HIDDEN = 32
MAX_FILE = 2**20


def knob(
    default: Any,
    why: str,
    group: str,
    label: str,
    *,
    unit: str = "",
    live: bool = False,
    basic: bool = False,
    of: str | None = None,
    when: dict[str, tuple] | None = None,
    **bounds: Any,
) -> Any:
    """A field of `RunConfig`.

    ``why``: one plain sentence. ``live``: may change while the run trains. ``basic``: shown without
    unfolding the advanced settings. ``of``: the registry that lists the choices. ``when``: other
    fields' values under which this one has an effect (a view hides it elsewhere).
    """
    extra = {
        "group": group,
        "label": label,
        "unit": unit,
        "live": live,
        "basic": basic,
        "of": of,
        "when": when or {},
    }
    return Field(default, description=why, json_schema_extra=extra, **bounds)


GAN = {"algorithm": ("gan",)}
VAE = {"algorithm": ("vae",)}
GAUSSIAN_VAE = {"algorithm": ("vae",), "likelihood": ("gaussian",)}
MLP_G = {"generator": ("mlp", "mlp-relu-mistake")}
IMAGES_LS = {"algorithm": ("gan",), "objective": ("least-squares",)}


class RunConfig(BaseModel):
    """A run: what is trained, on what, how, for how long. Frozen; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    # -- run -------------------------------------------------------------------------------
    preset: str = knob("", "The preset these settings started from.", "run", "Preset")
    name: str = knob(
        "",
        "A name of your own for the run; empty for an automatic one.",
        "run",
        "Run name",
        max_length=80,
    )
    algorithm: str = knob(
        "gan",
        "What one training step does: an adversarial game, or a variational autoencoder.",
        "run",
        "Algorithm",
        of="ALGORITHMS",
    )
    seed: int = knob(
        0,
        "The same seed and settings give the same run, bit for bit on a CPU.",
        "run",
        "Seed",
        basic=True,
        ge=0,
        le=2**31 - 1,
    )
    steps: int = knob(
        4000,
        "How many generator updates to train; 0 trains until you stop it.",
        "run",
        "Steps",
        unit="steps",
        basic=True,
        ge=0,
        le=100_000_000,
    )

    # -- data ------------------------------------------------------------------------------
    data: str = knob(
        "glyphs",
        "The real pictures (or points) that the generator learns to imitate.",
        "data",
        "Data set",
        basic=True,
        of="DATASETS",
    )
    data_path: str = knob(
        "",
        "Folder of your own pictures; sub-folders become classes.",
        "data",
        "Folder",
        basic=True,
        when={"data": ("folder",)},
    )
    image_size: Literal[8, 16, 28, 32, 64] = knob(
        28, "Width and height that pictures are brought to.", "data", "Image size", unit="px"
    )
    colour: Literal["auto", "grey", "rgb"] = knob(
        "auto", "Grey or colour; automatic keeps what the data set has.", "data", "Colour"
    )
    data_limit: int = knob(
        0,
        "Use only the first so many real samples; 0 uses all. Few samples show memorisation.",
        "data",
        "Limit",
        unit="samples",
        ge=0,
        le=10_000_000,
    )
    flip: bool = knob(
        False,
        "Mirror real pictures left to right at random: twice the data where left and right do not "
        "matter. Never for digits or letters.",
        "data",
        "Horizontal flip",
    )

    # -- networks --------------------------------------------------------------------------
    generator: str = knob(
        "dcgan",
        "The network that turns a latent z into a sample.",
        "networks",
        "Generator",
        of="GENERATORS",
    )
    discriminator: str = knob(
        "dcgan",
        "The network that scores how real a sample looks (a critic, for Wasserstein); a VAE's "
        "encoder takes its shape.",
        "networks",
        "Discriminator",
        of="DISCRIMINATORS",
    )
    latent_dim: int = knob(
        64,
        "How many random numbers the generator starts from.",
        "networks",
        "Latent size z",
        ge=1,
        le=1024,
    )
    conditioning: Literal["none", "concat", "projection", "auxiliary"] = knob(
        "none",
        "Tell both networks the class, so that you can ask for a 7. Needs labelled data.",
        "networks",
        "Conditioning",
    )
    g_width: int = knob(
        32,
        "Channels (or hidden units) of the generator at its output end.",
        "networks",
        "Generator width",
        ge=1,
        le=1024,
    )
    d_width: int = knob(
        32,
        "Channels (or hidden units) of the discriminator at its input end.",
        "networks",
        "Discriminator width",
        ge=1,
        le=1024,
    )
    g_hidden: tuple[int, ...] = knob(
        (256, 512),
        "Hidden layer sizes of an MLP generator.",
        "networks",
        "Generator layers",
        when=MLP_G,
    )
    d_hidden: tuple[int, ...] = knob(
        (512, 256),
        "Hidden layer sizes of an MLP discriminator.",
        "networks",
        "Discriminator layers",
        when={"discriminator": ("mlp",)},
    )
    activation: Literal["relu", "leaky_relu", "tanh", "sigmoid"] = knob(
        "relu", "The non-linearity of MLP layers.", "networks", "Activation", when=MLP_G
    )
    init: Literal["default", "dcgan", "normal1", "kaiming", "xavier"] = knob(
        "default",
        "How weights start: the framework's default, N(0, 0.02) as in DCGAN, N(0, 1), Kaiming, or "
        "Xavier.",
        "networks",
        "Initialisation",
    )
    residual: bool = knob(
        False,
        "Add a skip connection around each MLP layer of equal width: gradients keep a short way "
        "back.",
        "networks",
        "Residual",
        when=MLP_G,
    )
    upsample: Literal["nearest", "transposed"] = knob(
        "nearest",
        "How the generator grows its picture. Transposed convolutions can leave a checkerboard.",
        "networks",
        "Upsampling",
        when={"generator": ("dcgan",)},
    )
    g_norm: Literal["none", "batch", "layer", "instance"] = knob(
        "batch", "Normalisation in the generator.", "networks", "Generator norm"
    )
    d_norm: Literal["none", "batch", "layer", "instance", "spectral"] = knob(
        "none",
        "Normalisation in the discriminator. Gradient penalties need one without batch norm.",
        "networks",
        "Discriminator norm",
    )
    minibatch_std: bool = knob(
        False,
        "Show D how varied its batch is, so that it can punish a collapsed generator.",
        "networks",
        "Minibatch std",
        when=GAN,
    )
    pac: int = knob(
        1,
        "PacGAN: D judges so many samples together; more makes mode collapse visible to it.",
        "networks",
        "Pac size",
        ge=1,
        le=16,
        when=GAN,
    )

    # -- objective -------------------------------------------------------------------------
    objective: str = knob(
        "non-saturating",
        "The game that D and G play: what each one's loss rewards.",
        "objective",
        "Objective",
        basic=True,
        of="OBJECTIVES",
        when=GAN,
    )
    penalty: str = knob(
        "none",
        "What keeps D smooth, so that its gradient stays useful.",
        "objective",
        "Gradient penalty",
        of="PENALTIES",
        when=GAN,
    )
    penalty_weight: float = knob(
        1.0,
        "How strongly the gradient penalty counts in D's loss (gamma or lambda).",
        "objective",
        "Penalty weight",
        live=True,
        ge=0,
        le=10_000,
        when=GAN,
    )
    weight_clip: float = knob(
        0.0,
        "Clip D's weights to this size after each step (the first WGAN); 0 is off.",
        "objective",
        "Weight clipping",
        ge=0,
        le=10,
        when=GAN,
    )
    label_smoothing: float = knob(
        0.0,
        "D's target for real samples is 1 minus this (one-sided smoothing).",
        "objective",
        "Label smoothing",
        ge=0,
        le=0.5,
        when=GAN,
    )
    label_flip: float = knob(
        0.0,
        "Share of labels that D is told wrongly, at random.",
        "objective",
        "Label flipping",
        ge=0,
        le=0.5,
        when=GAN,
    )
    ls_targets: tuple[float, float, float] = knob(
        (0.0, 1.0, 1.0),
        "Least squares: a for fakes, b for reals, c that G wants.",
        "objective",
        "Targets a, b, c",
        when=IMAGES_LS,
    )
    instance_noise: float = knob(
        0.0,
        "Standard deviation of noise added to what D sees; blurs the two distributions "
        "together early on.",
        "objective",
        "Instance noise",
        ge=0,
        le=2,
        when=GAN,
    )
    instance_noise_steps: int = knob(
        2000,
        "Steps over which the instance noise fades to nothing.",
        "objective",
        "Noise fades over",
        unit="steps",
        ge=1,
        le=10_000_000,
        when=GAN,
    )
    augment: tuple[Literal["translation", "cutout", "brightness"], ...] = knob(
        (),
        "DiffAugment: the same random change to reals and fakes before D, for small data sets.",
        "objective",
        "DiffAugment",
        when=GAN,
    )

    mistake: str = knob(
        "none",
        "A mistake that learners make, here on purpose, to see what it does. Each has a lesson.",
        "objective",
        "Mistake",
        of="MISTAKES",
    )

    # -- VAE -------------------------------------------------------------------------------
    likelihood: Literal["bernoulli", "gaussian"] = knob(
        "bernoulli",
        "How the decoder's output is compared with the picture.",
        "objective",
        "Likelihood",
        when=VAE,
    )
    likelihood_sigma: float = knob(
        0.3,
        "Standard deviation that the Gaussian likelihood allows each output number (pictures "
        "span -1 to 1): smaller asks for closer reconstructions.",
        "objective",
        "Likelihood sigma",
        ge=1e-3,
        le=10,
        when=GAUSSIAN_VAE,
    )
    beta: float = knob(
        1.0,
        "Weight of the KL term: higher gives a smoother latent space and blurrier pictures.",
        "objective",
        "Beta",
        live=True,
        ge=0,
        le=1000,
        when=VAE,
    )
    kl_warmup: int = knob(
        0,
        "Steps over which the KL term fades in.",
        "objective",
        "KL warm-up",
        unit="steps",
        ge=0,
        le=10_000_000,
        when=VAE,
    )

    # -- optimisation ----------------------------------------------------------------------
    optimizer: Literal["adam", "sgd", "momentum", "rmsprop"] = knob(
        "adam", "How gradients become weight changes.", "optimisation", "Optimiser"
    )
    batch_size: int = knob(
        64,
        "Samples per update.",
        "optimisation",
        "Batch size",
        unit="samples",
        basic=True,
        ge=1,
        le=65_536,
    )
    g_lr: float = knob(
        2e-4,
        "How far the generator moves at each update.",
        "optimisation",
        "Generator learning rate",
        live=True,
        gt=0,
        le=10,
    )
    d_lr: float = knob(
        2e-4,
        "How far the discriminator moves at each update.",
        "optimisation",
        "Discriminator learning rate",
        live=True,
        gt=0,
        le=10,
        when=GAN,
    )
    lr_decay: Literal["none", "linear", "cosine"] = knob(
        "none",
        "Lower both learning rates to zero over the run, so that it ends in fine strokes. Needs a "
        "number of steps.",
        "optimisation",
        "Learning rate decay",
    )
    beta1: float = knob(
        0.5,
        "Adam's memory of past gradients.",
        "optimisation",
        "Adam beta 1",
        ge=0,
        lt=1,
        when={"optimizer": ("adam",)},
    )
    beta2: float = knob(
        0.999,
        "Adam's memory of past squared gradients.",
        "optimisation",
        "Adam beta 2",
        ge=0,
        lt=1,
        when={"optimizer": ("adam",)},
    )
    d_steps: int = knob(
        1,
        "Discriminator updates before each generator turn.",
        "optimisation",
        "D steps per G step",
        live=True,
        ge=1,
        le=100,
        when=GAN,
    )
    g_steps: int = knob(
        1,
        "Generator updates in each generator turn.",
        "optimisation",
        "G steps in a turn",
        ge=1,
        le=100,
        when=GAN,
    )
    update: Literal["alternating", "simultaneous"] = knob(
        "alternating",
        "Alternating: G answers D's newest move. Simultaneous: both move at once, and one pass "
        "through D "
        "serves both.",
        "optimisation",
        "Update order",
        when=GAN,
    )
    grad_clip: float = knob(
        0.0,
        "Scale each network's gradient down to this norm at most; 0 is off.",
        "optimisation",
        "Gradient clipping",
        ge=0,
        le=1000,
    )
    ema_decay: float = knob(
        0.995,
        "The pictures come from a moving average of G's weights; closer to 1 is smoother; "
        "0 shows G itself.",
        "optimisation",
        "EMA decay",
        live=True,
        ge=0,
        lt=1,
    )
    precision: Literal["fp32", "bf16"] = knob(
        "fp32",
        "bf16 is faster where the processor has it, a little less exact.",
        "optimisation",
        "Precision",
    )

    tf32: bool = knob(
        True,
        "On NVIDIA GPUs, fp32 products are taken with shorter numbers, which is faster. Under a "
        "gradient "
        "penalty they keep full fp32 in any case.",
        "optimisation",
        "TF32",
    )

    compiled: bool = knob(
        False,
        "torch.compile makes kernels of the networks: up to a minute before the first step, and "
        "tried "
        "against plain training first. On the processors measured so far it gained nothing.",
        "optimisation",
        "Compile",
    )

    cuda_graphs: bool = knob(
        False,
        "A whole step is recorded once as a CUDA graph and replayed, which spares small networks "
        "on an NVIDIA GPU most of their waiting. Tried against plain training first.",
        "optimisation",
        "CUDA graphs",
    )

    # -- recording -------------------------------------------------------------------------
    tick_seconds: float = knob(
        0.4,
        "How often the loop reads its statistics.",
        "recording",
        "Tick",
        unit="s",
        ge=0.02,
        le=60,
    )
    sample_seconds: float = knob(
        0.3,
        "How often the sample grid is drawn, at most.",
        "recording",
        "Sample every",
        unit="s",
        ge=0.05,
        le=3600,
    )
    checkpoint_seconds: float = knob(
        30.0, "How often the run is saved.", "recording", "Save every", unit="s", ge=1, le=86_400
    )

    @field_validator("g_hidden", "d_hidden")
    @classmethod
    def _layers(cls, sizes: tuple[int, ...]) -> tuple[int, ...]:
        if len(sizes) > MAX_HIDDEN or any(not 1 <= size <= 4096 for size in sizes):
            raise ValueError(f"give at most {MAX_HIDDEN} layer sizes, each from 1 to 4096")
        return sizes

    @model_validator(mode="after")
    def _known_and_legal(self) -> RunConfig:
        for field, info in type(self).model_fields.items():
            table = info.json_schema_extra["of"]
            if table:
                getattr(registry, table).get(getattr(self, field), field)
        from ganviz.rules import (
            check,
        )  # rules read the registries, which load torch: only when a config is made

        check(self)
        return self

    # -- making one ------------------------------------------------------------------------
    @property
    def conditional(self) -> bool:
        """Whether the networks are told the class."""
        return self.conditioning != "none"

    @property
    def short_products(self) -> bool:
        """Whether products may be taken in TF32: a gradient penalty is differentiated twice, and
        TF32 has no more digits than fp16 has."""
        return self.tf32 and self.penalty == "none"

    @classmethod
    def parse(cls, values: dict[str, Any]) -> RunConfig:
        """A config from plain values (a form, a file, the command line).

        Raises `ConfigError` with one sentence and the field's name.
        """
        try:
            return cls(**values)
        except ValidationError as error:
            raise _as_sentence(error) from None

    @classmethod
    def from_preset(cls, name: str, /, **changes: Any) -> RunConfig:
        """The named preset with ``changes`` on top."""
        return cls.parse(
            {**registry.PRESETS.get(name, "preset").settings, "preset": name, **changes}
        )

    def but(self, **changes: Any) -> RunConfig:
        """A copy with ``changes``, validated again."""
        return type(self).parse({**self.model_dump(), **changes})

    def to_json(self) -> str:
        """The config as indented JSON, every field named."""
        return json.dumps(self.model_dump(mode="json"), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> RunConfig:
        """The inverse of `to_json`; raises `ConfigError` for text that is not a config."""
        try:
            values = json.loads(text)
        except (ValueError, RecursionError):
            raise ConfigError("The settings file is not valid JSON.") from None
        if not isinstance(values, dict):
            raise ConfigError("The settings file does not hold a table of settings.")
        return cls.parse(values)


LIVE_FIELDS = tuple(
    name for name, info in RunConfig.model_fields.items() if info.json_schema_extra["live"]
)


def meta(field: str) -> dict[str, Any]:
    """What a view needs to draw a control for ``field``.

    Keys: ``label, why, group, unit, live, basic, when, default, kind`` (bool, int, float, str,
    choice, many, numbers), ``choices`` (or None), ``low``, ``high`` (or None; ``low_open`` where
    the bound itself is excluded).
    """
    info = RunConfig.model_fields[field]
    extra = info.json_schema_extra
    bounds = {
        name: getattr(m, name)
        for m in info.metadata
        for name in ("ge", "gt", "le", "lt")
        if hasattr(m, name)
    }
    kind, choices = _kind(info.annotation)
    if extra["of"]:
        kind, choices = "choice", getattr(registry, extra["of"]).names()
    return {
        "label": extra["label"],
        "why": info.description,
        "group": extra["group"],
        "unit": extra["unit"],
        "live": extra["live"],
        "basic": extra["basic"],
        "when": extra["when"],
        "default": info.default,
        "kind": kind,
        "choices": choices,
        "low": bounds.get("ge", bounds.get("gt")),
        "high": bounds.get("le", bounds.get("lt")),
        "low_open": "gt" in bounds,
    }


def _kind(annotation: Any) -> tuple[str, list | None]:
    if get_origin(annotation) is Literal:
        return "choice", list(get_args(annotation))
    if get_origin(annotation) is tuple:
        inner = get_args(annotation)[0]
        return (
            ("many", list(get_args(inner))) if get_origin(inner) is Literal else ("numbers", None)
        )
    return {bool: "bool", int: "int", float: "float", str: "str"}[annotation], None


def _as_sentence(error: ValidationError) -> ConfigError:
    """The first problem that pydantic found, as a sentence with the field's name."""
    first = error.errors()[0]
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, ConfigError):
        return cause
    field = str(first["loc"][0]) if first["loc"] else None
    if first["type"] == "extra_forbidden":
        return ConfigError(f"There is no setting called {field!r}.", field)
    label = (
        RunConfig.model_fields[field].json_schema_extra["label"]
        if field in RunConfig.model_fields
        else field
    )
    problem = first["msg"].removeprefix("Value error, ").removeprefix("Input ").rstrip(".")
    return ConfigError(
        f"{label} ({field}): {problem[0].lower()}{problem[1:]}; it is "
        f"{str(first['input'])[:80]!r}.",
        field,
    )


def load_config(path: Path) -> RunConfig:
    """Read a config from a JSON file of at most 1 MB."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE + 1)
        if len(content) > MAX_FILE:
            raise ConfigError(f"The settings file {path} is larger than any that ganviz writes.")
        return RunConfig.from_json(content.decode("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The settings file {path} cannot be read: {error}.") from None
