"""Where to begin: digits on any machine, colour pictures on a GPU."""

from typing import Any

from ganviz.presets.preset import preset

DIGITS: dict[str, Any] = dict(
    data="glyphs",
    generator="dcgan",
    discriminator="dcgan",
    latent_dim=64,
    g_width=16,
    d_width=16,
    conditioning="projection",
    g_norm="batch",
    d_norm="none",
    penalty="r1+r2",
    penalty_weight=1.0,
    update="simultaneous",
    batch_size=32,
    g_lr=2e-3,
    d_lr=2e-3,
    beta1=0.0,
    beta2=0.99,
    ema_decay=0.995,
    steps=3000,
)

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
    data="glyphs",
    generator="dcgan",
    discriminator="dcgan",
    latent_dim=100,
    g_width=32,
    d_width=32,
    upsample="transposed",
    init="dcgan",
    g_norm="batch",
    d_norm="batch",
    objective="non-saturating",
    batch_size=64,
    g_lr=2e-4,
    d_lr=2e-4,
    beta1=0.5,
    beta2=0.999,
    steps=6000,
)

preset(
    "digits-mlp",
    "Digits, MLP",
    "The textbook GAN (Goodfellow et al., 2014): plain layers, no convolutions. Fast to run, "
    "speckled to look at.",
    data="glyphs",
    generator="mlp",
    discriminator="mlp",
    latent_dim=100,
    g_hidden=(256, 512),
    d_hidden=(512, 256),
    activation="leaky_relu",
    g_norm="none",
    d_norm="none",
    objective="non-saturating",
    batch_size=64,
    g_lr=2e-4,
    d_lr=2e-4,
    beta1=0.5,
    beta2=0.999,
    steps=20_000,
)

preset(
    "colour-32",
    "Colour, 32 px",
    "Colour pictures at 32 px: CIFAR-10, SVHN, or a folder of your own. Best with a GPU.",
    data="cifar10",
    image_size=32,
    generator="dcgan",
    discriminator="dcgan",
    latent_dim=128,
    g_width=64,
    d_width=64,
    g_norm="batch",
    d_norm="none",
    objective="relativistic",
    penalty="r1+r2",
    penalty_weight=0.5,
    update="simultaneous",
    batch_size=64,
    g_lr=2e-4,
    d_lr=2e-4,
    beta1=0.0,
    beta2=0.99,
    ema_decay=0.999,
    flip=True,
    steps=100_000,
)

preset(
    "colour-64",
    "Colour, 64 px",
    "Colour pictures at 64 px, best from a folder of your own with a thousand pictures or more. "
    "Wants a GPU.",
    data="folder",
    image_size=64,
    generator="dcgan",
    discriminator="dcgan",
    latent_dim=128,
    g_width=64,
    d_width=64,
    g_norm="batch",
    d_norm="none",
    objective="relativistic",
    penalty="r1+r2",
    penalty_weight=1.0,
    update="simultaneous",
    batch_size=64,
    g_lr=2e-4,
    d_lr=2e-4,
    beta1=0.0,
    beta2=0.99,
    ema_decay=0.999,
    flip=True,
    steps=100_000,
)
