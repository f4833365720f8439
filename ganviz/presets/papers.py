"""Further systems, as their papers have them, at a size for a CPU."""

from ganviz.presets.preset import PAPERS, preset
from ganviz.presets.recipes import CONVOLUTIONS, DCGAN, MLP, R1_R2, VAE, Recipe

# the paper's networks and loss; sizes and rates are each preset's own
R3GAN: Recipe = {
    **R1_R2,
    "generator": "r3gan",
    "discriminator": "r3gan",
    "latent_dim": 64,
    "g_norm": "none",
    "d_norm": "none",
    "objective": "relativistic",
    "batch_size": 32,
    "g_lr": 5e-4,
    "d_lr": 5e-4,
    "ema_decay": 0.998,
    "steps": 4000,
}
CONVOLUTIONAL_VAE: Recipe = {**CONVOLUTIONS, **VAE, "latent_dim": 32, "steps": 4000}

preset(
    "dcgan",
    "DCGAN",
    "Convolutions, batch norm, weights from N(0, 0.02) (Radford et al., 2016); unlike the paper's, "
    "G has LeakyReLU, too.",
    PAPERS,
    **{**DCGAN, "batch_size": 128},
)
preset(
    "lsgan",
    "LSGAN",
    "Least squares: D brings fakes to 0 and reals to 1, and G wants 1 (Mao et al., 2017).",
    PAPERS,
    **{**DCGAN, "objective": "least-squares", "ls_targets": (0.0, 1.0, 1.0)},
)
preset(
    "wgan-clip",
    "WGAN, weight clipping",
    "The first WGAN: five critic steps, RMSprop, weights clipped to 0.01 (Arjovsky et al., 2017).",
    PAPERS,
    "wgan-gp",
    **{
        **DCGAN,
        "init": "default",
        "objective": "wasserstein",
        "weight_clip": 0.01,
        "d_steps": 5,
        "optimizer": "rmsprop",
        "g_lr": 5e-5,
        "d_lr": 5e-5,
    },
)
preset(
    "wgan-gp",
    "WGAN-GP",
    "The critic's slope is held near 1 by a penalty, with layer norm and five critic steps "
    "(Gulrajani et al., 2017).",
    PAPERS,
    "wgan-clip",
    **{
        **DCGAN,
        "init": "default",
        "objective": "wasserstein",
        "penalty": "wgan-gp",
        "penalty_weight": 10.0,
        "d_steps": 5,
        "d_norm": "layer",
        "g_lr": 1e-4,
        "d_lr": 1e-4,
        "beta1": 0.0,
        "beta2": 0.9,
    },
)
preset(
    "sngan",
    "SNGAN",
    "Spectral norm bounds D layer by layer; residual networks and the hinge loss (Miyato et al., "
    "2018).",
    PAPERS,
    **{
        **CONVOLUTIONS,
        "generator": "resnet",
        "discriminator": "resnet",
        "latent_dim": 128,
        "d_norm": "spectral",
        "objective": "hinge",
        "d_steps": 2,
        "g_lr": 2e-4,
        "d_lr": 2e-4,
        "beta1": 0.0,
        "beta2": 0.9,
        "steps": 4000,
    },
)
preset(
    "improved-techniques",
    "Improved techniques",
    "DCGAN with minibatch statistics for D and one-sided label smoothing (Salimans et al., 2016).",
    PAPERS,
    **{**DCGAN, "minibatch_std": True, "label_smoothing": 0.1},
)
preset(
    "cgan",
    "Conditional GAN",
    "Both networks are told the class, so you can ask for a 7 (Mirza and Osindero, 2014).",
    PAPERS,
    **{**MLP, "conditioning": "concat"},
)
preset(
    "acgan",
    "AC-GAN",
    "D also names the class of what it sees, and G must draw what it was asked for (Odena et al., "
    "2017).",
    PAPERS,
    **{**DCGAN, "conditioning": "auxiliary"},
)
preset(
    "r3gan",
    "R3GAN, small",
    "The networks of the paper at a size for a CPU, relativistic, with R1 and R2 (Huang et al., "
    "2024): grouped blocks, bilinear resampling, no tanh.",
    PAPERS,
    "norm-free-resnet",
    **{
        **R3GAN,
        "data": "glyphs",
        "g_width": 16,
        "d_width": 16,
        "blocks": 1,
        "penalty_weight": 0.5,
        "g_lr": 1e-3,
        "d_lr": 1e-3,
        "beta2": 0.9,
        "burn_in": "cosine",
        "burn_in_samples": 60_000,
        "burn_in_half_life": 5_000,
    },
)
preset(
    "norm-free-resnet",
    "Norm-free ResNet",
    "R3GAN's game with simplified networks: plain residual blocks, nearest upsampling, tanh, "
    "constant rates. Quicker on a CPU.",
    PAPERS,
    "r3gan",
    **{**CONVOLUTIONS, **R3GAN, "generator": "resnet-free", "discriminator": "resnet-free"},
)
preset(
    "r3gan-cifar10",
    "R3GAN, CIFAR-10",
    "At the size of the paper: 20.7 million weights in each network, told the class (Huang et al., "
    "2024). Wants a GPU with 80 GB, and days.",
    PAPERS,
    "r3gan",
    **{
        **R3GAN,
        "data": "cifar10",
        "image_size": 32,
        "colour": "rgb",
        "flip": True,
        "conditioning": "projection",
        "g_width": 768,
        "d_width": 768,
        "blocks": 2,
        "update": "alternating",
        "penalty_weight": 0.05,
        "augment": (
            *("translation", "scaling", "rotation", "anisotropic-scaling"),
            *("brightness", "contrast", "hue", "saturation", "cutout"),
        ),
        "augment_strength": "adaptive",
        "batch_size": 128,
        "g_lr": 2e-4,
        "d_lr": 2e-4,
        "beta2": 0.9,
        "burn_in": "cosine",
        "burn_in_samples": 20_000_000,
        "burn_in_half_life": 5_000_000,
        "precision": "bf16",
        "steps": 2_000_000,
    },
)
preset(
    "vae",
    "VAE",
    "An encoder guesses z from the picture, a decoder draws it again (Kingma and Welling, 2014).",
    PAPERS,
    "beta-vae",
    **CONVOLUTIONAL_VAE,
)
preset(
    "beta-vae",
    "Beta-VAE",
    "The KL term counts four times: fewer latents stay in use, each with a meaning of its own "
    "(Higgins et al., 2017).",
    PAPERS,
    "vae",
    **{**CONVOLUTIONAL_VAE, "beta": 4.0, "kl_warmup": 500},
)
preset(
    "memorisation",
    "Memorisation",
    "Only 16 pictures to learn from: D comes to know them by heart, and G copies.",
    PAPERS,
    **{
        **MLP,
        "image_size": 16,
        "data_limit": 16,
        "g_hidden": (128, 256),
        "d_hidden": (256, 128),
        "g_lr": 1e-3,
        "d_lr": 1e-3,
        "ema_decay": 0.99,
        "steps": 6000,
    },
)
preset(
    "stacked-mnist",
    "Stacked digits, 1,000 combinations",
    "Three digits in one picture: how many of the 1,000 combinations does G draw? With R3GAN's "
    "game (Huang et al., 2024). Wants a GPU: 200 seconds of an H100.",
    PAPERS,
    "r3gan",
    **{
        **R1_R2,
        "data": "stacked-mnist",
        "image_size": 28,
        "colour": "rgb",
        "generator": "resnet-free",
        "discriminator": "resnet-free",
        "latent_dim": 64,
        "g_width": 32,
        "d_width": 32,
        "g_norm": "none",
        "d_norm": "none",
        "objective": "relativistic",
        "batch_size": 128,
        "g_lr": 5e-4,
        "d_lr": 5e-4,
        "lr_decay": "linear",
        "ema_decay": 0.999,
        "precision": "bf16",
        "steps": 60_000,
    },
)
