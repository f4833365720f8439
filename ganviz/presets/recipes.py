"""Settings that several presets share, each block under a name of its own."""

from typing import Any

Recipe = dict[str, Any]

# Adam as DCGAN tuned it (Radford et al., 2016): most recipes since begin with it
DCGAN_ADAM: Recipe = dict(g_lr=2e-4, d_lr=2e-4, beta1=0.5, beta2=0.999)

# R3GAN's calm game (Huang et al., 2024): both penalties, both players at once, no momentum
R1_R2: Recipe = dict(
    penalty="r1+r2", penalty_weight=1.0, update="simultaneous", beta1=0.0, beta2=0.99
)

# the textbook GAN (Goodfellow et al., 2014): plain layers
MLP: Recipe = dict(
    data="glyphs",
    generator="mlp",
    discriminator="mlp",
    latent_dim=100,
    g_hidden=(256, 512),
    d_hidden=(512, 256),
    activation="relu",
    g_norm="none",
    d_norm="none",
    objective="non-saturating",
    batch_size=64,
    steps=20_000,
    **DCGAN_ADAM,
)

# a small convolutional pair without norm in D, which penalties ask for
CONVOLUTIONS: Recipe = dict(
    data="glyphs",
    generator="dcgan",
    discriminator="dcgan",
    g_width=16,
    d_width=16,
    g_norm="batch",
    d_norm="none",
    batch_size=64,
)

# transposed convolutions, batch norm in both, weights from N(0, 0.02) (Radford et al., 2016)
DCGAN: Recipe = {
    **CONVOLUTIONS,
    **DCGAN_ADAM,
    "latent_dim": 100,
    "g_width": 32,
    "d_width": 32,
    "d_norm": "batch",
    "upsample": "transposed",
    "init": "dcgan",
    "objective": "non-saturating",
    "steps": 6000,
}

# a VAE whose decoder and encoder are a GAN's networks (Kingma and Welling, 2014)
VAE: Recipe = dict(algorithm="vae", likelihood="bernoulli", g_lr=1e-3, beta1=0.9, beta2=0.999)
