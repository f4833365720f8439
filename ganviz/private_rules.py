"""What does not go with private training: whatever ties real pictures together in D, or lets them
reach G, would make its promise false."""

from __future__ import annotations

from collections.abc import Callable

from ganviz import registry
from ganviz.config import RunConfig

Refusal = tuple[Callable[[RunConfig], bool], str, str]

# what D may not do where the gradient of each sample is clipped: (where it does, the setting to
# mend, the sentence)
NOT_PRIVATE: tuple[Refusal, ...] = (
    (
        lambda config: not config.adversarial,
        "private",
        "Private training is that of a GAN, whose G learns from D alone; choose the algorithm "
        "'gan'.",
    ),
    (
        lambda config: config.mistaken,
        "mistake",
        "Private training has a D step of its own, which makes no mistake: set mistake to 'none'.",
    ),
    (
        lambda config: config.d_norm == "batch",
        "d_norm",
        "Private training clips the gradient of each picture, and batch norm mixes pictures: set "
        "discriminator norm to 'none', 'layer', 'instance' or 'spectral'.",
    ),
    (
        lambda config: config.minibatch_std,
        "minibatch_std",
        "Private training clips the gradient of each picture, and minibatch std mixes pictures: "
        "switch it off.",
    ),
    (
        lambda config: config.pac > 1,
        "pac",
        "Private training clips the gradient of each picture, and PacGAN judges several together: "
        "set pac size to 1.",
    ),
    (
        lambda config: config.penalised,
        "penalty",
        "Private training clips the gradient of each picture, and a gradient penalty would have to "
        "be differentiated twice for each: set penalty to 'none'.",
    ),
    (
        lambda config: (
            registry.OBJECTIVES.get(config.objective).pairs
            or registry.OBJECTIVES.get(config.objective).needs_real_in_g
        ),
        "objective",
        "Private training allows real pictures in D's loss alone, each by itself; this objective "
        "compares them with fakes. Choose 'non-saturating', 'least-squares', 'hinge' or "
        "'wasserstein'.",
    ),
    (
        lambda config: config.adaptive,
        "augment_strength",
        "Private training allows real pictures in D's loss alone, and an adaptive augmentation "
        "follows what D says of them: set augment_strength to 'always'.",
    ),
    (
        lambda config: config.label_flip > 0,
        "label_flip",
        "Private training keeps real pictures and fakes apart, and label flipping swaps them: set "
        "label_flip to 0.",
    ),
    (
        lambda config: config.conditioning == "auxiliary",
        "conditioning",
        "Private training knows D's verdict alone, and an auxiliary classifier has a loss of its "
        "own: choose the conditioning 'projection' or 'concat'.",
    ),
    (
        lambda config: config.update == "simultaneous",
        "update",
        "Private training moves D first, by noisy gradients: set the update order to "
        "'alternating'.",
    ),
    (
        lambda config: config.compiled,
        "compiled",
        "Private training takes the gradient of each picture, which torch.compile does not go "
        "with: switch compile off.",
    ),
    (
        lambda config: config.precision != "fp32",
        "precision",
        "Private training clips gradients exactly: set precision to 'fp32'.",
    ),
    (
        lambda config: config.cuda_graphs == "on",
        "cuda_graphs",
        "Private training has batches that differ in size, which no CUDA graph can replay: set "
        "cuda_graphs to 'off' or 'auto'.",
    ),
)
