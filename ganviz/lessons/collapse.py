"""What points in the plane show at a glance: which modes G has, and which it loses.

Figures: modes with at least 20 of 2,500 samples ("strict"), and the share of high quality, within
three standard deviations of a mode.
"""

from ganviz.lessons.lesson import DEPTH, NEXT, START, Promise, lesson
from ganviz.lessons.question import Question

GROUP = "Modes"

lesson(
    "mode-collapse",
    "Mode collapse",
    "G finds one spot that D likes, and puts everything there.",
    """
Eight clouds on a ring. G may place all its samples on one of them: each single sample looks
perfect, and D has no way to say "but where are the others?", since it judges one sample at a time.
When D has learnt to distrust that spot, G hops to the next.

Make it happen: five G steps for each D step, so that G finds the best spot before D answers.
Measured, three seeds, 3,000 steps: whenever we looked, 0 or 1 modes had strict support, and over
the run the crowd had sat on 7 or 8 different ones.

High quality alone hides it: one mode at 98 % is a collapsed generator. So does counting a mode as
captured with *one* sample, which flatters a blur; the strict count asks for 20 of 2,500.

Goodfellow, 2016, [tutorial](https://arxiv.org/abs/1701.00160), section 5.1; what helps: [keeping
the modes](#keeping-the-modes).
""",
    ("ring8-collapse", "ring8-r1"),
    (
        "The purple cloud on one mode, and its hop to another.",
        "Strict modes over time: up and down, never to 8.",
        "D's surface: a hill where the fakes just were not.",
    ),
    promises=(Promise("modes", "ring8-collapse", high=2), Promise("modes", "ring8-r1", low=8)),
    level=START,
    group=GROUP,
    question=Question(
        "G takes five steps for each of D's. How many of the 8 modes does it have after "
        "half a minute?",
        ("At most two", "Three to six", "Seven or eight"),
        (2.5, 6.5),
        "modes",
        "{value:.0f} of 8 modes",
        "D judges one sample at a time and cannot say that others are missing; G finds its "
        "best spot before D answers.",
        steps=1500,
    ),
)

lesson(
    "keeping-the-modes",
    "Keeping the modes",
    "Calm D at the data, or let it see several samples at once.",
    """
Three remedies for [mode collapse](#mode-collapse):

- **R1** punishes D's slope at real samples, $(gamma/2) E |∇D(x)|²$: D cannot keep rearing up where
  G has arrived (Mescheder et al., 2018).
- **PacGAN** shows D two samples at a time: two draws from one spot give G away (Lin et al., 2018).
- **Relativistic + R1 + R2** asks which of a *pair* is real, so a fake is judged beside some real
  mode (Huang et al., 2024).

On the soft ring R1 and PacGAN have all eight modes within ten seconds.

The best recipe adds a falling learning rate and an averaged G. Sharp ring (sigma 0.01), six seeds
that were not chosen: 8.0 modes, 96.2 % high quality. By quality alone PacGAN's plain GAN leads,
98.2 % on 6.3 modes. Our good samples spread 0.55 to 0.74 of a mode's width, real ones 0.97.
""",
    ("ring8-r1", "ring8-pac", "ring8-best", "grid25-best"),
    (
        "All eight modes within half a minute.",
        "D's surface under R1: flat at the green points.",
        "High quality while the learning rate falls.",
    ),
    promises=(Promise("modes", "ring8-r1", low=8), Promise("modes", "ring8-pac", low=8)),
    level=START,
    group=GROUP,
    question=Question(
        "R1 punishes D's slope at real samples. How many of the 8 modes does G have after "
        "half a minute?",
        ("At most four", "Five to seven", "All eight"),
        (4.5, 7.5),
        "modes",
        "{value:.0f} of 8 modes",
        "D stays calm at the data, so it cannot rear up where G has arrived and drive it away.",
        steps=1500,
    ),
)

lesson(
    "luck-of-the-seed",
    "Luck of the seed",
    "The same settings with another seed can look like another method.",
    """
A GAN's path depends on its first weights and batches. On the soft ring, with settings that are
fine in the end, three seeds had reached 4, 8 and 2 modes after 1,000 steps, and all eight after
3,000. Anyone who had stopped at 1,000 steps and compared one run with another would have "found" a
difference between methods.

So compare over several seeds, and say how many. Published baselines differ for this reason among
others: the plain GAN on this ring is given 1 mode of 8 in one paper (VEEGAN) and 6.3 in another
(PacGAN), with other networks and another sigma. A figure without its architecture, sigma, sample
count and seeds is an anecdote.

ganviz keeps the seed with the run: the same seed and settings give the same run again, bit for bit
on a CPU with the same number of threads.
""",
    ("ring8",),
    (
        "Start the preset with seeds 0, 1 and 2: modes at step 1,000 and at 3,000.",
        "The compare view, with the runs side by side.",
    ),
    promises=(Promise("modes", "ring8", low=3, seconds=5, over="range"),),
    level=NEXT,
    group=GROUP,
    question=Question(
        "A GAN with sound settings: how many of the 8 modes does it have after five seconds?",
        ("At most four", "Five to seven", "All eight"),
        (4.5, 7.5),
        "modes",
        "{value:.0f} of 8 modes",
        "Another seed may answer otherwise: after five seconds this is luck, and after a "
        "minute it is not.",
        seconds=5.0,
        steps=500,
    ),
)

lesson(
    "limits-of-a-fix",
    "A fix has limits",
    "What cures a mild case need not cure a hard one.",
    """
R1 keeps all eight modes when D and G move in turn. Give G five steps for each of D's, and R1 no
longer saves it: after 1,800 steps 1, 2 and 1 modes on three seeds, or none while it hops. PacGAN
with four samples, the same five G steps and no penalty, recovers all eight, at 40 % high quality.

The penalty keeps D's surface calm, but a calm surface still has a highest point, and with five
moves G gets there before D can answer. PacGAN changes *what D sees*: four samples at once, all
from one mode, are a giveaway at any speed.

Before you add a term to the loss, ask what is wrong: the shape of D's surface (penalise it), what
D is shown (pack samples), or the pace of the game (change steps and learning rates).
""",
    ("ring8-r1-fast-g", "ring8-pac-fast-g", "ring8-r1"),
    ("R1 with five G steps: a mode or two at a time.", "PacGAN with the same five: all eight."),
    promises=(
        Promise("modes", "ring8-r1-fast-g", high=3),
        Promise("modes", "ring8-pac-fast-g", low=6),
    ),
    level=DEPTH,
    group=GROUP,
    question=Question(
        "R1 kept all eight modes. Now G takes five steps for each of D's: how many are left "
        "after half a minute?",
        ("At most three", "Four to seven", "All eight"),
        (3.5, 7.5),
        "modes",
        "{value:.0f} of 8 modes",
        "A calm surface still has a highest point, and with five moves G is there before D "
        "can answer.",
        steps=1000,
    ),
)

lesson(
    "spectral-norm",
    "Spectral norm is no cure-all",
    "It bounds D everywhere; where the data need a steep D, that is too much.",
    """
Spectral norm divides each layer's weights by their largest singular value. Where layers are linear,
as here, D's slope is then at most 1 *everywhere*. (It takes a convolution's kernel for a matrix, so
those keep norms of 1.75 to 2.5, measured on ours.) On pictures that is a dependable stabiliser
(SNGAN). On this ring it fails: 2 modes after half a minute, with 11 to 18 % high quality.

Why: the modes are 0.05 wide and 0.77 apart. To tell a sample *on* a mode from one beside it, D's
output must change within a few hundredths; with slope 1 it can change by a few hundredths only. On
pictures 784 pixels add up: small changes in each make a large distance.

A record on one kind of data says little about another. R1 bounds the slope only at real
data, and works.

Miyato et al., 2018, [Spectral normalization](https://arxiv.org/abs/1802.05957).
""",
    ("ring8-spectral", "ring8-r1", "sngan"),
    ("D's surface: one smooth hill, no eight peaks.", "High quality stays near zero."),
    promises=(
        Promise("quality", "ring8-spectral", high=0.4),
        Promise("quality", "ring8-r1", low=0.7),
    ),
    level=DEPTH,
    group=GROUP,
    question=Question(
        "Spectral norm bounds D's slope everywhere. What share of the samples is of high "
        "quality, right on a mode, after half a minute?",
        ("Below 40 %", "40 to 80 %", "Above 80 %"),
        (0.4, 0.8),
        "quality",
        "{value:.0%} of high quality",
        "With a slope of at most 1, D cannot tell a sample on a narrow mode from one beside it.",
        steps=1500,
    ),
)
