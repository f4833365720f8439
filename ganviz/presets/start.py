"""Where to begin: digits on any machine, colour pictures on a GPU."""

from ganviz.presets.preset import preset
from ganviz.presets.recipes import CONVOLUTIONS, DCGAN, MLP, R1_R2, Recipe

DIGITS: Recipe = {
    **CONVOLUTIONS,
    **R1_R2,
    "latent_dim": 64,
    "conditioning": "projection",
    "batch_size": 32,
    "g_lr": 2e-3,
    "d_lr": 2e-3,
    "ema_decay": 0.995,
    "steps": 3000,
}
COLOUR: Recipe = {
    **CONVOLUTIONS,
    **R1_R2,
    "objective": "relativistic",
    "latent_dim": 128,
    "g_width": 64,
    "d_width": 64,
    "g_lr": 2e-4,
    "d_lr": 2e-4,
    "ema_decay": 0.999,
    "flip": True,
    "steps": 100_000,
}
# few large pictures: D sees them changed in ways that do not leak into G
LARGE: Recipe = {
    **COLOUR,
    "data": "folder",
    "augment": ("translation", "brightness"),
    "batch_size": 32,
    "steps": 200_000,
}

preset(
    "digits-quick",
    "Digits, quick",
    "Digits from noise within seconds on a laptop: both networks know the class, and gradient "
    "penalties keep the game calm.",
    objective="relativistic",
    **DIGITS,
)

preset(
    "digits-classic",
    "Digits, classic loss",
    "The same networks under the loss of the first GAN paper: both losses come to rest near their "
    "dashed lines.",
    partner="digits-quick",
    objective="non-saturating",
    **DIGITS,
)

preset(
    "digits-dcgan",
    "Digits, DCGAN",
    "The classic convolutional recipe (Radford et al., 2015): transposed convolutions, batch "
    "norm, Adam; LeakyReLU in G, too.",
    **DCGAN,
)

preset(
    "digits-mlp",
    "Digits, MLP",
    "The textbook GAN (Goodfellow et al., 2014): plain layers, no convolutions. Fast to run, "
    "speckled to look at.",
    **{**MLP, "activation": "leaky_relu"},
)

preset(
    "colour-32",
    "Colour, 32 px",
    "Colour pictures at 32 px: CIFAR-10, SVHN, or a folder of your own. Best with a GPU.",
    **{**COLOUR, "data": "cifar10", "image_size": 32, "penalty_weight": 0.5},
)

preset(
    "colour-64",
    "Colour, 64 px",
    "Colour pictures at 64 px, best from a folder of your own with a thousand pictures or more. "
    "Wants a GPU.",
    **{**COLOUR, "data": "folder", "image_size": 64},
)

preset(
    "colour-128",
    "Colour, 128 px",
    "Colour pictures at 128 px from a folder of your own with a thousand pictures or more. Wants a "
    "GPU with 8 GB.",
    **{**LARGE, "image_size": 128, "g_width": 32, "d_width": 32},
)

preset(
    "colour-128-small",
    "Colour, 128 px, small",
    "Colour pictures at 128 px from a folder of some hundred, on a patient laptop: small networks, "
    "large steps, adaptive augmentation. Half an hour shows shapes.",
    **{
        **LARGE,
        "image_size": 128,
        "g_width": 16,
        "d_width": 16,
        "batch_size": 16,
        "g_lr": 1e-3,
        "d_lr": 1e-3,
        "penalty_weight": 0.2,
        "augment": ("translation", "brightness", "contrast", "saturation", "cutout"),
        "augment_strength": "adaptive",
        # p may go from 0 to 1 within some thousand steps
        "ada_samples": 20_000,
        "steps": 20_000,
    },
)

preset(
    "colour-256",
    "Colour, 256 px",
    "Colour pictures at 256 px from a folder of your own with some thousand pictures. Wants a GPU "
    "with 16 GB and hours.",
    **{**LARGE, "image_size": 256, "g_width": 16, "d_width": 16, "penalty_weight": 2.0},
)
