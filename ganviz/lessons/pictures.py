"""What shows on pictures."""

from ganviz.lessons.lesson import lesson

lesson(
    "d-too-strong",
    "D too strong",
    "A D that is never wrong has nothing to teach.",
    """
When D is sure of everything, the saturating loss leaves G no gradient ([the loss that starves G](#vanishing-gradient)); under
the non-saturating loss it stays large, but points to whatever flaw D still sees.

Measured on 8 px digits with the non-saturating loss: D at ten times G's rate did *not* stop G, but after 1,500 steps 8 and 5
classes were drawn on two seeds, against 7 and 10 at equal rates. Do not expect a clean failure.

Signs: D's accuracy stays above 95 %, D(G(z)) near 0, no progress in the grid. That D leads a little is normal: it must know
more than G to teach it.

Ways to hold it: a smaller rate for D, R1, instance noise that fades, one-sided label smoothing, less width. Two rates are a
legitimate choice: Heusel et al., 2017, [TTUR](https://arxiv.org/abs/1706.08500).
""",
    ("mlp-gan", "minimax-gan"),
    (
        "D's accuracy and its two histograms: no overlap.",
        "G's gradient bars.",
        "Raise D's learning rate while it trains, then lower it again.",
    ),
)

lesson(
    "d-too-weak",
    "D too weak",
    "A D that cannot tell gives no direction.",
    """
If D answers 1/2 to everything, that is the equilibrium, *or* a D that has learnt nothing; its loss, 2 ln 2, is the same.

Measured on 8 px digits, two seeds, D at a hundredth of G's rate, 1,500 steps: D(x) 0.53, D(G(z)) 0.54, D's loss 1.42: an
equilibrium to look at. The samples varied 0.05 times as much as the real ones and showed one or two classes: G follows the
lean of a near-random surface, and D does not notice.

Signs: D's accuracy near 50 % while the pictures are plainly bad. What helps: a higher rate for D, more D steps, more width.
And check the labels first: a D that is told "real" for fakes as well ([fakes labelled real](#fakes-labelled-real)) passes
everything, too.
""",
    ("mlp-gan", "virtual-data-mistake"),
    (
        "Lower D's learning rate a hundredfold: the losses look like equilibrium, the pictures do "
        "not.",
        "Output histograms on top of each other, next to a bad grid.",
    ),
)

lesson(
    "label-smoothing",
    "Label smoothing",
    "Aim D at 0.9 in place of 1 for reals, and it never grows quite sure.",
    """
With the target 1, cross-entropy is never satisfied: D can always gain by making its logits larger. With the target 0.9 there
is a best logit, ln 9 ≈ 2.2, and D stops there. Only the *real* label is smoothed: a target above 0 for fakes would tell D to
give some credit to the very spots where G sits now, and hold it there.

$-0.9 E log D(x) - 0.1 E log(1 - D(x)) - E log(1 - D(G(z)))$.

Measured on 8 px digits, two seeds, 1,500 steps: D(x) 0.79 instead of 0.84; the pictures were no better.

The equilibrium moves too: D's best answer to a perfect G is 0.45 instead of 0.5, and the dashed lines on the chart with it.
It is a setting with a name here; some code does it silently.

Salimans et al., 2016, [Improved techniques](https://arxiv.org/abs/1606.03498), section 3.4.
""",
    ("improved-techniques", "dcgan"),
    ("D(x): it settles below 0.9.", "The dashed lines, with smoothing on and off."),
)

lesson(
    "asking-for-a-class",
    "Asking for a 7",
    "Tell both networks the class, and you can order what you want.",
    """
A plain GAN draws what it likes. Give G the class beside z, and give D a reason to check it:

- **Concatenation**: the class joins D's input; a wrong pair is a fake (Mirza and Osindero, 2014).
- **Auxiliary classifier**: D also *names* the class, and G is paid when it is recognised (Odena et al., 2017).
- **Projection**: D's verdict gets the inner product of its features with a class vector (Miyato and Koyama, 2018).

Measured on 8 px digits with concatenation, two seeds, 1,500 steps: all ten classes (7 and 10 without), and 69 and 53 % of the
samples were what was asked for: the label is learnt later than the look.

In the explore view fix z and change the class, then fix the class and change z: one moves the digit, the other its slant and
thickness.
""",
    ("cgan", "acgan", "digits-quick"),
    ("Each row of the grid is one class.", "Same z, other class: slant and thickness stay."),
)

lesson(
    "beta-vae",
    "Beta: how much to squeeze",
    "A heavier KL term leaves fewer latents in use, and blurrier pictures.",
    """
The KL term is the price, in nats, of telling the decoder something through z:

$loss = -E log p(x | z) + β KL(q(z | x) || N(0, I))$.

With β above 1 each nat costs more, so the encoder says only what pays off most; other latents fall to the prior and mean
nothing ("latent numbers in use" counts those above 0.01 nats). That each one left has *one* meaning is a hope.

Measured on 8 px digits, two seeds, 500 steps: KL 2.2 nats at β = 1 and 0.45 at β = 4, where reconstructions were no better
than the mean picture.

The chart shows the true ELBO, at β = 1, whatever β is. If all latents fall silent at once, fade the KL in: KL warm-up.

Higgins et al., 2017, beta-VAE; Bowman et al., 2016, [KL annealing](https://arxiv.org/abs/1511.06349).
""",
    ("vae", "beta-vae"),
    (
        "Reconstruction goes up as KL goes down.",
        "Latent sliders: most of them do nothing any more.",
        "Move beta while it trains.",
    ),
)

lesson(
    "memorisation",
    "Memorisation",
    "With few pictures, D learns them by heart, and G copies.",
    """
Thirty-two pictures are soon known by heart. D needs no idea of a digit: it recognises these 32, and the only way for G to
pass is to reproduce them. Losses and grid look fine, and that is the danger: the samples are sharp, because they are copies.

Measured on 32 of the 8 px digits, two seeds, 3,000 steps: 99 % and 90 % of the samples were copies; with all 1,797 none was.

How to tell: put the nearest training picture beside each sample. A copy is far nearer to its first neighbour than to the
second. And compare D's verdict on training and held-out pictures: a gap means it knows them.

What helps: more data; DiffAugment, the same random changes to reals *and* fakes (Zhao et al., 2020,
[DiffAugment](https://arxiv.org/abs/2006.10738)); stopping earlier. Mirroring is fine for faces, never for digits.
""",
    ("memorisation", "mlp-gan"),
    (
        "The nearest training pictures beside the samples.",
        "Switch DiffAugment on and start again with the same seed.",
    ),
)

lesson(
    "checkerboard",
    "Checkerboard artefacts",
    "Transposed convolutions paint a checkerboard before they have learnt anything.",
    """
A transposed convolution with stride 2 writes overlapping stamps on a grid of every second pixel. Where the stamps overlap
unevenly, or simply weigh even and odd pixels differently, a pattern of period two appears: energy at the highest frequency a
picture can hold, the Nyquist frequency.

It is there before training. Measured on untrained 28 px generators of ours, five seeds: energy at Nyquist over the mean
energy is 5 to 44 with transposed convolutions (kernel 4, stride 2), and below 0.2 when the picture is doubled by nearest
neighbour and a convolution follows. Training can unlearn it, and often leaves a trace in flat areas.

Look at step 0 of both presets: the first has the pattern, the second has soft blocks.

Odena et al., 2016, [Deconvolution and checkerboard artifacts](https://distill.pub/2016/deconv-checkerboard/).
""",
    ("digits-dcgan", "digits-quick"),
    ("The grid at step 0, enlarged.", "Flat background late in training."),
)

lesson(
    "walking-in-latent-space",
    "Slerp, not lerp",
    "The straight way between two latents leads through a region that G never saw.",
    """
z has many independent normal numbers, so its length is almost always close to $√n$: all the draws lie in a thin shell, and
near the middle of the ball there are none. The straight line between two draws cuts through:

$|(a + b) / 2| ≈ 0.71 |a|$ (measured 0.71 at 16, 64 and 512 dimensions).

G has hardly trained there; pictures on the way turn faint or average. Spherical interpolation goes along the shell instead,
and every step is a typical z. For the same reason a slider is an *offset* on a random z here: an all-zero z is the least
typical point of all, and draws mush.

Truncation uses the effect on purpose: scaling z by ψ below 1 draws from the middle, with less variety and fewer failures.

White, 2016, [Sampling generative networks](https://arxiv.org/abs/1609.04468).
""",
    ("digits-quick",),
    (
        "The strip between two pictures, slerp against lerp.",
        "Psi, from 1 down to 0.3: all tiles grow alike.",
    ),
)
