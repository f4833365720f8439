"""Points in the plane: every success and failure at a glance."""

from ganviz.presets.preset import PLANE, preset
from ganviz.presets.recipes import MLP, R1_R2, Recipe

POINTS: Recipe = {
    **MLP,
    "data": "ring8-wide",
    "latent_dim": 2,
    "g_hidden": (128, 128),
    "d_hidden": (128, 128),
    "batch_size": 256,
    "g_lr": 1e-3,
    "d_lr": 1e-3,
    "ema_decay": 0.9,
    "steps": 10_000,
}
# Leaky: with ReLU a third of D's second layer was dead 300 steps into a seed that kept two modes.
POINTS_R1: Recipe = {**POINTS, "activation": "leaky_relu", "penalty": "r1", "penalty_weight": 0.1}
RING_BEST: Recipe = {
    **POINTS,
    **R1_R2,
    "data": "ring8",
    "objective": "relativistic",
    "penalty_weight": 0.05,
    "g_lr": 2e-3,
    "d_lr": 2e-3,
    "lr_decay": "linear",
    "ema_decay": 0.999,
    "steps": 18_000,
}
GRID_BEST: Recipe = {**RING_BEST, "data": "grid25", "steps": 25_000}
DEEP: Recipe = {**POINTS, "g_hidden": (64,) * 8, "penalty": "r1", "penalty_weight": 0.1}

preset(
    "ring8",
    "Ring of 8",
    "The base recipe of the 2-D lessons: how many of the eight modes it finds depends on the seed.",
    PLANE,
    **POINTS,
)
preset(
    "ring8-collapse",
    "Ring of 8, mode collapse",
    "Five G steps for each D step: G sits on one mode at a time, and hops when D catches up.",
    PLANE,
    "ring8-r1",
    **{**POINTS, "g_steps": 5},
)
preset(
    "ring8-too-fast",
    "Ring of 8, rates too large",
    "Both rates a hundred times the usual: within seconds D's weights have grown ninefold, and "
    "nothing moves any more.",
    PLANE,
    "ring8",
    **{**POINTS, "g_lr": 0.1, "d_lr": 0.1},
)
preset(
    "ring8-r1",
    "Ring of 8, R1",
    "R1 keeps D flat at the data, and all eight modes are found within seconds. Leaky ReLU, "
    "since units of a ReLU die where D is flat.",
    PLANE,
    "ring8",
    **POINTS_R1,
)
preset(
    "ring8-pac",
    "Ring of 8, PacGAN",
    "D judges two samples together, so two samples from one mode give G away (Lin et al., 2018).",
    PLANE,
    "ring8",
    **{**POINTS, "pac": 2},
)
preset(
    "ring8-r1-fast-g",
    "Ring of 8, R1 against five G steps",
    "G moves five times before D answers: a calm surface has a highest point as well, and G sits "
    "there.",
    PLANE,
    "ring8-pac-fast-g",
    **{**POINTS_R1, "g_steps": 5},
)
preset(
    "ring8-pac-fast-g",
    "Ring of 8, PacGAN against five G steps",
    "D sees four samples at once: however fast G is, four from one mode give it away.",
    PLANE,
    "ring8-r1-fast-g",
    **{**POINTS, "pac": 4, "g_steps": 5},
)
preset(
    "ring8-wgan-gp",
    "Ring of 8, WGAN-GP",
    "A critic whose slope is held near 1: its surface leads G to all modes.",
    PLANE,
    "ring8",
    **{
        **POINTS,
        "objective": "wasserstein",
        "penalty": "wgan-gp",
        "penalty_weight": 0.1,
        "d_steps": 5,
        "beta2": 0.9,
    },
)
preset(
    "ring8-spectral",
    "Ring of 8, spectral norm",
    "A good bound on pictures, a bad one here: D is too smooth to tell neighbouring modes apart.",
    PLANE,
    "ring8-r1",
    **{**POINTS, "objective": "hinge", "d_norm": "spectral", "activation": "leaky_relu"},
)
preset(
    "ring8-best",
    "Ring of 8, sharp: best recipe",
    "Eight modes of width 0.01, all found and nearly every sample on one.",
    PLANE,
    "ring8-collapse",
    **RING_BEST,
)
preset(
    "grid25-best",
    "Grid of 25: best recipe",
    "Twenty-five modes, all found and nearly every sample on one.",
    PLANE,
    **GRID_BEST,
)
preset(
    "ring8-vae",
    "Ring of 8, VAE",
    "A VAE covers all modes at once, and paves the ways between them.",
    PLANE,
    "ring8-r1",
    **{
        **POINTS,
        "algorithm": "vae",
        "likelihood": "gaussian",
        "likelihood_sigma": 0.05,
        "beta1": 0.9,
    },
)
preset(
    "drawn",
    "Your drawing",
    "A distribution that you draw in the tab Lab, with R1; until you do, a smile.",
    PLANE,
    "ring8-r1",
    **{**POINTS_R1, "data": "drawn"},
)
preset(
    "deep-sigmoid",
    "Eight sigmoid layers",
    "Eight sigmoid layers in G: the first ones hardly get a gradient, and nothing is learned.",
    PLANE,
    "deep-sigmoid-batch-norm",
    **{**DEEP, "activation": "sigmoid"},
)
preset(
    "deep-sigmoid-batch-norm",
    "Eight sigmoid layers, batch norm",
    "The same with batch norm in G: the gradient arrives.",
    PLANE,
    "deep-sigmoid",
    **{**DEEP, "activation": "sigmoid", "g_norm": "batch"},
)
preset(
    "deep-tiny-weights",
    "Eight ReLU layers, tiny weights",
    "Weights from N(0, 0.02) in a deep narrow net: every layer's gradient dies.",
    PLANE,
    "deep-tiny-weights-batch-norm",
    **{**DEEP, "init": "dcgan"},
)
preset(
    "deep-tiny-weights-batch-norm",
    "Eight ReLU layers, tiny weights, batch norm",
    "The same with batch norm in G, which brings each layer's signal back to size one: all modes.",
    PLANE,
    "deep-tiny-weights",
    **{**DEEP, "init": "dcgan", "g_norm": "batch"},
)
