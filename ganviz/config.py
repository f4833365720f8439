"""Everything a run is, as one frozen value.

The form in the browser, the command line and the documentation are generated from the fields
below: their names, defaults, bounds, units and sentences have this one home.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator, model_validator

from ganviz import registry
from ganviz.augmentation import Augmentation
from ganviz.errors import ConfigError
from ganviz.schedules import Schedules
from ganviz.settings import (
    DATA,
    MOST_STEPS,
    NETWORKS,
    OBJECTIVE,
    OPTIMISATION,
    PRIVACY,
    RECORDING,
    RUN,
    as_sentence,
    conditions,
    describe,
    effective,
    extra,
    setting,
)
from ganviz.text import without_controls

MAX_HIDDEN = 32
ADAM = {"optimizer": ("adam",)}
PRIVATE = {"private": (True,)}
# what runs did whose files were written before there was the setting
BEFORE = {"holdout": 0.0}
# letters: an address holds the settings that differ from a preset
MAX_DRAWING = 6000
SMILE = "16,-60,70_16,60,70_12,-110,-10,-95,-55,-65,-90,-25,-108,25,-108,65,-90,95,-55,110,-10"
CONDITIONING = {"concat": "Concatenation", "auxiliary": "Auxiliary classifier"}
UPSAMPLING = {"nearest": "Nearest, then convolution", "transposed": "Transposed convolution"}


class RunConfig(Schedules, Augmentation, BaseModel):
    """A run: what is trained, on what, how, for how long. Frozen; unknown keys are refused."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True
    )

    # -- run, and what one step does
    preset: str = setting(RUN, "", "Preset")
    """The preset these settings started from."""
    name: str = setting(RUN, "", "Run name", kept=True, max_length=80, fork=True)
    """A name of your own for the run; empty for an automatic one."""
    algorithm: str = setting(RUN, "gan", "Algorithm", of="ALGORITHMS")
    """What one training step does: an adversarial game, or a variational autoencoder."""
    seed: int = setting(RUN, 0, "Seed", basic=True, kept=True, ge=0, le=2**31 - 1)
    """The same seed and settings give the same run: bit for bit on a CPU with the same number of
    threads."""
    steps: int = setting(
        RUN, 4000, "Steps", unit="steps", basic=True, ge=0, le=MOST_STEPS, fork=True
    )
    """How many generator updates to train; 0 trains until you stop it."""
    minutes: float = setting(RUN, 0.0, "Time limit", unit="min", ge=0, le=100_000, fork=True)
    """End after so many minutes of training, pauses left out, if the steps are not done before; 0
    sets no limit."""

    # -- data
    data: str = setting(DATA, "glyphs", "Data set", basic=True, of="DATASETS")
    """The real pictures (or points) that the generator learns to imitate."""
    data_path: str = setting(DATA, "", "Folder", basic=True, kept=True)
    """Folder of your own pictures; sub-folders become classes."""
    drawing: str = setting(DATA, SMILE, "Drawing", kept=True, max_length=MAX_DRAWING)
    """The strokes of your own distribution, drawn in the tab Lab: the brush's width, then x and y
    in turns, in hundredths; _ between strokes."""
    image_size: Literal[8, 16, 28, 32, 64, 128, 256] = setting(DATA, 28, "Image size", unit="px")
    """Width and height that pictures are brought to."""
    colour: Literal["auto", "grey", "rgb"] = setting(
        DATA, "auto", "Colour", words={"auto": "Automatic", "rgb": "Colour"}
    )
    """Grey or colour; automatic keeps what the data set has."""
    data_limit: int = setting(DATA, 0, "Limit", unit="samples", ge=0, le=10_000_000)
    """Use only the first so many real samples; 0 uses all. Few samples show memorisation."""
    holdout: float = setting(DATA, 0.1, "Held out", ge=0, le=0.5)
    """Share of the real pictures that neither network ever sees: what tells learning from
    memorising. Under a limit they come from the rest of the set. 0 holds none out."""
    flip: bool = setting(DATA, False, "Horizontal flip")
    """Mirror real pictures left to right at random: twice the data where left and right do not
    matter. Never for digits or letters."""

    # -- networks
    generator: str = setting(NETWORKS, "dcgan", "Generator", of="GENERATORS")
    """The network that turns a latent z into a sample."""
    discriminator: str = setting(NETWORKS, "dcgan", "Discriminator", of="DISCRIMINATORS")
    """The network that scores how real a sample looks (a critic, for Wasserstein); a VAE's
    encoder takes its shape."""
    latent_dim: int = setting(NETWORKS, 64, "Latent size z", ge=1, le=1024)
    """How many random numbers the generator starts from."""
    noise: Literal["gaussian", "uniform", "sphere"] = setting(
        NETWORKS, "gaussian", "Noise", words={"sphere": "On a sphere"}
    )
    """How z is distributed that G starts from: normally, evenly between -1 and 1, or evenly over
    a sphere (of two numbers: a circle)."""
    conditioning: Literal["none", "concat", "projection", "auxiliary"] = setting(
        NETWORKS, "none", "Conditioning", words=CONDITIONING
    )
    """Tell both networks the class, so that you can ask for a 7. Needs labelled data."""
    g_width: int = setting(NETWORKS, 32, "Generator width", ge=1, le=1024)
    """Channels (or hidden units) of the generator at its output end."""
    d_width: int = setting(NETWORKS, 32, "Discriminator width", ge=1, le=1024)
    """Channels (or hidden units) of the discriminator at its input end."""
    blocks: int = setting(NETWORKS, 2, "Blocks per stage", ge=1, le=16)
    """Residual blocks at each size of the map, in both networks."""
    g_hidden: tuple[int, ...] = setting(NETWORKS, (256, 512), "Generator layers")
    """Hidden layer sizes of an MLP generator."""
    d_hidden: tuple[int, ...] = setting(NETWORKS, (512, 256), "Discriminator layers")
    """Hidden layer sizes of an MLP discriminator."""
    activation: Literal["relu", "leaky_relu", "tanh", "sigmoid"] = setting(
        NETWORKS, "relu", "Activation", words={"relu": "ReLU", "leaky_relu": "Leaky ReLU"}
    )
    """The non-linearity of MLP layers."""
    init: Literal["default", "dcgan", "normal1", "kaiming", "xavier"] = setting(
        NETWORKS, "default", "Initialisation", words={"dcgan": "N(0, 0.02)", "normal1": "N(0, 1)"}
    )
    """How weights start: the framework's default, N(0, 0.02) as in DCGAN, N(0, 1), Kaiming, or
    Xavier."""
    residual: bool = setting(NETWORKS, False, "Residual")
    """Add a skip connection around each MLP layer of equal width: gradients keep a short way
    back."""
    upsample: Literal["nearest", "transposed"] = setting(
        NETWORKS, "nearest", "Upsampling", words=UPSAMPLING
    )
    """How the generator grows its picture. Transposed convolutions can leave a checkerboard."""
    g_norm: Literal["none", "batch", "layer", "instance"] = setting(
        NETWORKS, "batch", "Generator norm"
    )
    """Normalisation in the generator."""
    d_norm: Literal["none", "batch", "layer", "instance", "spectral"] = setting(
        NETWORKS, "none", "Discriminator norm"
    )
    """Normalisation in the discriminator. Gradient penalties need one without batch norm."""
    minibatch_std: bool = setting(NETWORKS, False, "Minibatch std")
    """Show D how varied its batch is, so that it can punish a collapsed generator."""
    pac: int = setting(NETWORKS, 1, "Pac size", ge=1, le=16)
    """PacGAN: D judges so many samples together; more makes mode collapse visible to it."""
    freeze_d: int = setting(NETWORKS, 0, "Frozen D layers", ge=0, le=32)
    """FreezeD: D's first so many layers stay as they begin, for a run that starts from a trained
    one on few pictures."""

    # -- objective
    objective: str = setting(OBJECTIVE, "non-saturating", "Objective", basic=True, of="OBJECTIVES")
    """The game that D and G play: what each one's loss rewards."""
    penalty: str = setting(OBJECTIVE, "none", "Gradient penalty", of="PENALTIES")
    """What keeps D smooth, so that its gradient stays useful."""
    penalty_weight: float = setting(OBJECTIVE, 1.0, "Penalty weight", live=True, ge=0, le=10_000)
    """How strongly the gradient penalty counts in D's loss (gamma or lambda)."""
    weight_clip: float = setting(OBJECTIVE, 0.0, "Weight clipping", ge=0, le=10)
    """Clip D's weights to this size after each step (the first WGAN); 0 is off."""
    label_smoothing: float = setting(OBJECTIVE, 0.0, "Label smoothing", ge=0, le=0.5)
    """D's target for real samples is 1 minus this (one-sided smoothing)."""
    label_flip: float = setting(OBJECTIVE, 0.0, "Label flipping", ge=0, le=0.5)
    """Share of labels that D is told wrongly, at random."""
    ls_targets: tuple[float, float, float] = setting(OBJECTIVE, (0.0, 1.0, 1.0), "Targets a, b, c")
    """Least squares: a for fakes, b for reals, c that G wants."""
    instance_noise: float = setting(OBJECTIVE, 0.0, "Instance noise", ge=0, le=2)
    """Standard deviation of noise added to what D sees; blurs the two distributions together
    early on."""
    instance_noise_steps: int = setting(
        OBJECTIVE, 2000, "Noise fades over", unit="steps", ge=1, le=10_000_000
    )
    """Steps over which the instance noise fades to nothing."""
    mistake: str = setting(OBJECTIVE, "none", "Mistake", of="MISTAKES")
    """A mistake that learners make, here on purpose, to see what it does. Each has a lesson."""

    # -- objective of a variational autoencoder
    likelihood: Literal["bernoulli", "gaussian"] = setting(OBJECTIVE, "bernoulli", "Likelihood")
    """How the decoder's output is compared with the picture."""
    likelihood_sigma: float = setting(
        OBJECTIVE, 0.3, "Likelihood sigma", ge=1e-3, le=10, when={"likelihood": ("gaussian",)}
    )
    """Standard deviation that the Gaussian likelihood allows each output number (pictures span -1
    to 1): smaller asks for closer reconstructions."""
    beta: float = setting(OBJECTIVE, 1.0, "Beta", live=True, ge=0, le=1000)
    """Weight of the KL term: higher gives a smoother latent space and blurrier pictures."""
    kl_warmup: int = setting(OBJECTIVE, 0, "KL warm-up", unit="steps", ge=0, le=10_000_000)
    """Steps over which the KL term fades in."""

    # -- optimisation
    optimizer: Literal["adam", "sgd", "momentum", "rmsprop"] = setting(
        OPTIMISATION, "adam", "Optimiser", words={"sgd": "SGD", "rmsprop": "RMSprop"}
    )
    """How gradients become weight changes."""
    batch_size: int = setting(
        OPTIMISATION, 64, "Batch size", unit="samples", basic=True, ge=1, le=65_536
    )
    """Samples per update."""
    g_lr: float = setting(OPTIMISATION, 2e-4, "Generator learning rate", live=True, gt=0, le=10)
    """How far the generator moves at each update."""
    d_lr: float = setting(OPTIMISATION, 2e-4, "Discriminator learning rate", live=True, gt=0, le=10)
    """How far the discriminator moves at each update."""
    beta1: float = setting(OPTIMISATION, 0.5, "Adam beta 1", ge=0, lt=1, when=ADAM)
    """Adam's memory of past gradients."""
    beta2: float = setting(OPTIMISATION, 0.999, "Adam beta 2", ge=0, lt=1, when=ADAM)
    """Adam's memory of past squared gradients."""
    d_steps: int = setting(OPTIMISATION, 1, "D steps per G step", live=True, ge=1, le=100)
    """Discriminator updates before each generator turn."""
    g_steps: int = setting(OPTIMISATION, 1, "G steps in a turn", ge=1, le=100)
    """Generator updates in each generator turn."""
    update: Literal["alternating", "simultaneous"] = setting(
        OPTIMISATION, "alternating", "Update order"
    )
    """Alternating: G answers D's newest move. Simultaneous: both move at once, and one pass
    through D serves both."""
    grad_clip: float = setting(OPTIMISATION, 0.0, "Gradient clipping", ge=0, le=1000)
    """Scale each network's gradient down to this norm at most; 0 is off."""
    ema_decay: float = setting(OPTIMISATION, 0.995, "EMA decay", live=True, ge=0, lt=1)
    """The pictures come from a moving average of G's weights; closer to 1 is smoother; 0 shows G
    itself."""
    precision: Literal["fp32", "bf16"] = setting(
        OPTIMISATION, "fp32", "Precision", words={"fp32": "fp32", "bf16": "bf16"}
    )
    """bf16 is faster where the processor has it, a little less exact."""
    tf32: bool = setting(OPTIMISATION, True, "TF32", nvidia=True)
    """On NVIDIA GPUs, fp32 products are taken with shorter numbers, which is faster. Under a
    gradient penalty, where a trial finds the gradients near enough."""
    compiled: bool = setting(OPTIMISATION, False, "Compile")
    """torch.compile makes kernels of the networks: up to a minute before the first step, and
    tried against plain training first. On the processors measured so far it gained nothing."""
    cuda_graphs: Literal["auto", "on", "off"] = setting(
        OPTIMISATION, "auto", "CUDA graphs", words={"auto": "Automatic"}, nvidia=True
    )
    """A whole step is recorded once as a CUDA graph and replayed, which spares an NVIDIA GPU most
    of its waiting. Tried against plain training first; automatic: wherever there is such a GPU, and
    on a CPU short steps as a list of operations, if that gives the same numbers bit for bit."""

    # -- privacy
    private: bool = setting(PRIVACY, False, "Private training")
    """DP-SGD (Abadi et al., 2016): D's gradient at each real picture is clipped and noise is added,
    so that no one picture can be told from what G draws; how sure that is, epsilon says. Pictures
    get worse and steps slower. The noise is secret, so such a run cannot be repeated. Needs Opacus:
    pip install ganviz[private]."""
    noise_multiplier: float = setting(PRIVACY, 1.0, "Noise multiplier", gt=0, le=100, when=PRIVATE)
    """Standard deviation of the noise on D's summed gradient, in clipping norms. More noise spends
    less privacy at each step, and blurs what D learns."""
    clip_norm: float = setting(PRIVACY, 1.0, "Clipping norm", gt=0, le=1000, when=PRIVATE)
    """The most that one picture's gradient counts in D's. Smaller hides a picture behind less
    noise, and cuts off more of what it has to say."""
    delta: float = setting(PRIVACY, 1e-5, "Delta", gt=0, lt=1, when=PRIVATE)
    """The chance that the promise of epsilon does not hold: well below one over the number of
    pictures."""

    # -- recording
    tick_seconds: float = setting(RECORDING, 0.4, "Tick", unit="s", ge=0.02, le=60)
    """How often the loop reads its statistics; of points in the plane every 0.2 s, unless this is
    changed."""
    sample_seconds: float = setting(
        RECORDING, 0.3, "Sample every", unit="s", ge=0.05, le=3600, fork=True
    )
    """How often the sample grid is drawn, at most; points in the plane every 0.2 s, unless this is
    changed."""
    checkpoint_seconds: float = setting(
        RECORDING, 30.0, "Save every", unit="s", ge=1, le=86_400, fork=True
    )
    """How often the run is saved; the first time after 5 s."""
    keep_checkpoints: int = setting(RECORDING, 3, "Checkpoints kept", ge=1, le=10_000, fork=True)
    """How many of the newest checkpoints stay on disk, beside the best one. Each takes three to
    four times the space of the networks."""

    @field_validator("name")
    @classmethod
    def _visible(cls, name: str) -> str:
        return without_controls(name)

    @field_validator("cuda_graphs", mode="before")
    @classmethod
    def _as_before_0_2(cls, value: Any) -> Any:
        """It was a switch."""
        return {True: "on", False: "off"}[value] if isinstance(value, bool) else value

    @field_validator("g_hidden", "d_hidden")
    @classmethod
    def _layers(cls, sizes: tuple[int, ...]) -> tuple[int, ...]:
        if len(sizes) > MAX_HIDDEN or any(not 1 <= size <= 4096 for size in sizes):
            raise ValueError(f"give at most {MAX_HIDDEN} layer sizes, each from 1 to 4096")
        return sizes

    @model_validator(mode="after")
    def _known_and_legal(self) -> RunConfig:
        for field, info in type(self).model_fields.items():
            table = extra(info)["of"]
            if table:
                getattr(registry, table).get(getattr(self, field), field)
        for _, rule in registry.RULES:
            broken = rule(self)
            if broken:
                raise broken
        return self

    # -- making one ------------------------------------------------------------------------
    def __init__(self, /, **values: Any):
        """Raises `ConfigError` with one sentence and the field's name."""
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise as_sentence(error, type(self).model_fields) from None

    @property
    def conditional(self) -> bool:
        """Whether the networks are told the class."""
        return self.conditioning != "none"

    @property
    def adversarial(self) -> bool:
        """Whether two networks play against each other."""
        return registry.ALGORITHMS.get(self.algorithm, "algorithm").adversarial

    @property
    def penalised(self) -> bool:
        """Whether D's input gradient is penalised."""
        return registry.PENALTIES.get(self.penalty, "penalty").at is not None

    @property
    def adaptive(self) -> bool:
        """Whether the strength of augmentation follows D."""
        return self.augment_strength == "adaptive"

    @property
    def mistaken(self) -> bool:
        """Whether the training step makes a mistake on purpose."""
        return registry.MISTAKES.get(self.mistake, "mistake").build is not None

    @property
    def short_products(self) -> bool:
        """Whether products may be taken in TF32: a gradient penalty is differentiated twice, and
        TF32 has no more digits than fp16 has."""
        return self.tf32 and not self.penalised

    @classmethod
    def parse(cls, values: dict[str, Any]) -> RunConfig:
        """A config from plain values (a form, a file, the command line).

        Raises `ConfigError` with one sentence and the field's name.
        """
        for name, value in values.items():  # pydantic takes true for one step
            field = cls.model_fields.get(str(name))
            if isinstance(value, bool) and field and field.annotation in (int, float):
                values = {**values, name: str(value).lower()}
        return cls(**{str(name): value for name, value in values.items()})

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
    def from_json(cls, text: str, before: Mapping[str, Any] = BEFORE) -> RunConfig:
        """The inverse of `to_json`; raises `ConfigError` for text that is not a config.

        ``before``: values of settings that the text may lack; by default those under which runs of
        before did what they did.
        """
        try:
            values = json.loads(text)
        except (ValueError, RecursionError):
            raise ConfigError("The settings file is not valid JSON.") from None
        if not isinstance(values, dict):
            raise ConfigError("The settings file does not hold a table of settings.")
        return cls.parse({**before, **values})


registry.SETTINGS.update(RunConfig.model_fields)

LIVE_FIELDS = tuple(name for name, info in RunConfig.model_fields.items() if extra(info)["live"])
FORK_FIELDS = tuple(name for name, info in RunConfig.model_fields.items() if extra(info)["fork"])


def meta(field: str) -> dict[str, Any]:
    """What a view needs to draw a control for ``field``.

    Keys: what `setting` was told (``label, group, unit, live, basic, fork, nvidia, kept, of,
    words``), ``why``, ``default``, ``kind`` (bool, int, float, str, choice, many, numbers),
    ``choices`` (or None), ``low``, ``high`` (or None; ``low_open`` where the bound itself is
    excluded), and ``when``: the alternatives under one of which the field has an effect, each a
    dict of other fields' values; empty where it always has one.
    """
    return {
        **describe(RunConfig.model_fields[field]),
        "when": _conditions(registry.state()).get(field, []),
    }


@lru_cache(maxsize=1)
def _conditions(_state: tuple) -> dict[str, list[dict[str, tuple[Any, ...]]]]:
    return conditions(RunConfig.model_fields)


def in_effect(values: Mapping[str, Any]) -> frozenset[str]:
    """The fields that mean something under these values of all fields: a view shows no others."""
    return effective(RunConfig.model_fields, _conditions(registry.state()), values)
