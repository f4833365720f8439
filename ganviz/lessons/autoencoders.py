"""What a VAE does that a GAN does not, and the other way round."""

from ganviz.lessons.lesson import DEPTH, NEXT, Promise, lesson
from ganviz.lessons.question import Question

GROUP = "Variational autoencoders"

lesson(
    "wgan-vs-vae",
    "A GAN beside a VAE",
    "The critic asks for pictures that pass; the ELBO asks to cover every picture.",
    """
Nearly the same decoder, trained by two ideas. The GAN's D judges samples, so G draws what passes.
The VAE must redraw *every* picture from the latent that its encoder names:

$ELBO = E log p(x | z) - KL(q(z | x) || N(0, I))$.

Where z leaves doubt, the VAE's best answer is the average, hence soft edges; D would find an
average out.

Measured after half a minute: sharpness over the data's 1.0 for *Digits, quick* and 0.4 for the VAE.
The pair below has the very same shapes, but five critic steps of plain layers take minutes. On 8 px
digits: precision (samples that pass for real) 0.60 for the WGAN against 0.92, recall (reals that a
sample comes near) 0.93 against 0.25. The soft ones are safe, the sharp ones varied.

Kingma and Welling, 2014, [VAE](https://arxiv.org/abs/1312.6114); Gulrajani et al., 2017,
[WGAN-GP](https://arxiv.org/abs/1704.00028).
""",
    ("vae", "digits-quick", "wgan-vs-vae", "wgan-vs-vae-vae"),
    (
        "The two grids side by side, after half a minute each.",
        "Sharpness over the data's, and classes covered.",
        "The VAE's reconstructions beside their inputs.",
    ),
    promises=(Promise("sharpness", "vae", high=0.6), Promise("sharpness", "digits-quick", low=0.8)),
    level=NEXT,
    group=GROUP,
    question=Question(
        "A VAE must redraw every picture from its code. How sharp are its samples after "
        "half a minute, if the data are 1?",
        ("Below 0.6: soft", "0.6 to 0.9", "Above 0.9: as sharp as the data"),
        (0.6, 0.9),
        "sharpness",
        "sharpness {value:.2f}, the data 1",
        "Where the code leaves doubt, the best answer is the average, and averages have "
        "soft edges.",
        steps=300,
    ),
)

lesson(
    "a-vae-in-the-plane",
    "A VAE in the plane",
    "It covers all eight modes at once, and paves the ways between them.",
    """
The same networks and points, but a VAE: its decoder must redraw every real point, so no mode can
be lost. The price is elsewhere: after 2,400 steps all eight modes on two of two seeds, but only 55
% high quality, against 87 to 91 % for the GAN with R1.

Neighbouring z must decode to neighbouring points, and N(0, I) has no gaps; so between two modes
the decoder draws a bridge, and samples fall on it. A GAN has the same continuous z, but its D
punishes each sample on the bridge, so G learns to cross quickly; nothing in the ELBO does, since
it never looks at samples drawn from the prior.

Turn beta: smaller than 1 gives sharper modes and latents that leave N(0, I); larger than 1 pulls
everything to the centre.
""",
    ("ring8-vae", "ring8-r1"),
    (
        "Purple on all modes within a few hundred steps.",
        "The share of high quality, against the GAN's.",
        "KL and reconstruction while you move beta.",
    ),
    promises=(
        Promise("modes", "ring8-vae", low=8),
        Promise("quality", "ring8-vae", high=0.8),
        Promise("quality", "ring8-r1", low=0.8),
    ),
    level=NEXT,
    group=GROUP,
    question=Question(
        "A VAE covers all eight modes at once. What share of its samples lies right on a "
        "mode after half a minute?",
        ("Below 80 %", "80 to 95 %", "Above 95 %"),
        (0.8, 0.95),
        "quality",
        "{value:.0%} of high quality",
        "Neighbouring z decode to neighbouring points, so bridges lie between the modes, "
        "and nothing punishes a sample on one.",
        steps=1500,
    ),
)

lesson(
    "beta-vae",
    "Beta: how much to squeeze",
    "A heavier KL term leaves fewer latents in use, and blurrier pictures.",
    """
The KL term is the price, in nats, of telling the decoder something through z:

$loss = -E log p(x | z) + β KL(q(z | x) || N(0, I))$.

With β above 1 each nat costs more, so the encoder says only what pays off most; other latents fall
to the prior and mean nothing ("latent numbers in use" counts those above 0.01 nats). That each one
left has *one* meaning is a hope.

Measured after half a minute of these set-ups: KL 26 nats at β = 1 and 10 at β = 4, where samples
are half as sharp.

The chart shows the true ELBO, at β = 1, whatever β is. If all latents fall silent at once, fade
the KL in: KL warm-up.

Higgins et al., 2017, beta-VAE; Bowman et al., 2016, [KL
annealing](https://arxiv.org/abs/1511.06349).
""",
    ("vae", "beta-vae"),
    (
        "Reconstruction goes up as KL goes down.",
        "Latent sliders: most of them do nothing any more.",
        "Move beta while it trains.",
    ),
    promises=(Promise("kl", "vae", low=18), Promise("kl", "beta-vae", high=16)),
    level=DEPTH,
    group=GROUP,
    question=Question(
        "The plain VAE tells its decoder about 26 nats through z. With the KL weighted four "
        "times, how many after half a minute?",
        ("Below 16", "16 to 30", "Above 30"),
        (16.0, 30.0),
        "kl",
        "{value:.0f} nats",
        "Each nat costs four times as much, so the encoder says only what pays off most.",
        steps=300,
        preset="beta-vae",
    ),
)
