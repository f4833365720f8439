"""What points in the plane show at a glance. Figures: modes captured with at least 20 of 2,500
samples ("strict"), and the share of high quality, within three standard deviations of a mode."""

from ganviz.lessons.lesson import lesson

lesson(
    "mode-collapse",
    "Mode collapse",
    "G finds one spot that D likes, and puts everything there.",
    """
Eight clouds on a ring. G may place all its samples on one of them: each single sample looks perfect, and D has no way to say
"but where are the others?", since it judges one sample at a time. When D has learnt to distrust that spot, G hops to the
next.

Make it happen: five G steps for each D step, so that G finds the best spot before D answers. Measured, three seeds, 3,000
steps: whenever we looked, 0 or 1 modes had strict support, and over the run the crowd had sat on 7 or 8 different ones.

High quality alone hides it: one mode at 98 % is a collapsed generator. So does counting a mode as captured with *one* sample,
which flatters a blur; the strict count asks for 20 of 2,500.

Goodfellow, 2016, [tutorial](https://arxiv.org/abs/1701.00160), section 5.1; what helps: [keeping the
modes](#keeping-the-modes).
""",
    ("ring8-collapse", "ring8-r1"),
    (
        "The purple cloud on one mode, and its hop to another.",
        "Strict modes over time: up and down, never to 8.",
        "D's surface: a hill where the fakes just were not.",
    ),
)

lesson(
    "luck-of-the-seed",
    "Luck of the seed",
    "The same settings with another seed can look like another method.",
    """
A GAN's path depends on its first weights and batches. On the soft ring, with settings that are fine in the end, three seeds
had reached 4, 8 and 2 modes after 1,000 steps, and all eight after 3,000. Anyone who had stopped at 1,000 steps and compared
one run with another would have "found" a difference between methods.

So compare over several seeds, and say how many. Published baselines differ for this reason among others: the plain GAN on
this ring is given 1 mode of 8 in one paper (VEEGAN) and 6.3 in another (PacGAN), with other networks and another sigma. A
figure without its architecture, sigma, sample count and seeds is an anecdote.

ganviz keeps the seed with the run: the same seed and settings give the same run again, bit for bit on a CPU.
""",
    ("ring8",),
    (
        "Start the preset with seeds 0, 1 and 2: modes at step 1,000 and at 3,000.",
        "The compare view, with the runs side by side.",
    ),
)

lesson(
    "keeping-the-modes",
    "Keeping the modes",
    "Calm D at the data, or let it see several samples at once.",
    """
Three remedies for [mode collapse](#mode-collapse):

- **R1** punishes D's slope at real samples, $(gamma/2) E |∇D(x)|²$: D cannot keep rearing up where G has arrived (Mescheder
  et al., 2018).
- **PacGAN** shows D two samples at a time: two draws from one spot give G away (Lin et al., 2018).
- **Relativistic + R1 + R2** asks which of a *pair* is real, so a fake is judged beside some real mode (Huang et al., 2024).

On the soft ring R1 and PacGAN had all eight modes after 800 steps on two of two seeds; without them it took up to 3,000.

The best recipe adds a falling learning rate and an averaged G. Of 2,500 samples, sharp ring (sigma 0.01, five seeds): 8.0
modes, 97.4 % high quality; grid (sigma 0.05, three seeds): 25.0 and 96.8 %. PacGAN's table, other networks: 7.9 and 95.6 %;
24.8 and 93.6 %.
""",
    ("ring8-r1", "ring8-pac", "ring8-best", "grid25-best"),
    (
        "All eight modes within the first thousand steps.",
        "D's surface under R1: flat at the green points.",
        "High quality while the learning rate falls.",
    ),
)

lesson(
    "limits-of-a-fix",
    "A fix has limits",
    "What cures a mild case need not cure a hard one.",
    """
R1 keeps all eight modes when D and G move in turn. Give G five steps for each of D's, and R1 no longer saves it: after 2,400
steps one mode on both seeds, or none while it hops. PacGAN with four samples, the same five G steps and no penalty, recovers
all eight, at 40 % high quality.

The penalty keeps D's surface calm, but a calm surface still has a highest point, and with five moves G gets there before D
can answer. PacGAN changes *what D sees*: four samples at once, all from one mode, are a giveaway at any speed.

Before you add a term to the loss, ask what is wrong: the shape of D's surface (penalise it), what D is shown (pack samples),
or the pace of the game (change steps and learning rates).
""",
    ("ring8-r1", "ring8-collapse", "ring8-pac"),
    ("Set G steps to 5 in the R1 preset, then pac size to 4.", "Strict modes over time."),
)

lesson(
    "spectral-norm",
    "Spectral norm is no cure-all",
    "It bounds D everywhere; where the data need a steep D, that is too much.",
    """
Spectral norm divides each layer by its largest singular value, so D's slope is at most 1 *everywhere*. On pictures that is a
dependable stabiliser (SNGAN). On this ring it fails: after 2,400 steps 2 and 4 modes on two seeds, with 2 % and 6 % high
quality.

Why: the modes are 0.05 wide and 0.77 apart. To tell a sample *on* a mode from one beside it, D's output must change within a
few hundredths; with slope 1 it can change by a few hundredths only. All the hinge loss sees is a gentle hill over the ring.
On pictures 784 pixels add up: small changes in each make a large distance, and slope 1 is enough.

A method's record on one kind of data says little about another. R1 bounds the slope only where real data lie, and works here.

Miyato et al., 2018, [Spectral normalization](https://arxiv.org/abs/1802.05957).
""",
    ("ring8-spectral", "ring8-r1", "sngan"),
    ("D's surface: one smooth hill, no eight peaks.", "High quality stays near zero."),
)

lesson(
    "depth-cured",
    "Depth, cured",
    "Batch norm brings the gradient back; a skip connection helps only where the rest is sound.",
    """
Eight hidden layers of 64 in G, on the soft ring, with R1 on D. Modes reached (strictly), after 2,400 steps on two seeds and,
for the last two rows, after 6,000 to 8,000 on one:

| G | modes of 8 |
|---|---|
| sigmoid | 1 (1) |
| tiny weights, N(0, 0.02) | 0 (0) |
| sigmoid + batch norm | 6 (4) |
| tiny weights + batch norm | 8 (8) |

Batch norm brings every layer's signal back to size one, and its gradient with it. Residual connections did *not* rescue the
tiny weights here, in 8,000 steps: a skip carries the gradient past a layer, but its branch stays as small as it was. And a
healthy gradient is needed, not enough: Kaiming weights alone have one, and still lost modes.

Ioffe and Szegedy, 2015, [batch norm](https://arxiv.org/abs/1502.03167).
""",
    (
        "deep-sigmoid",
        "deep-sigmoid-batch-norm",
        "deep-tiny-weights",
        "deep-tiny-weights-batch-norm",
    ),
    (
        "Gradient bars of G, first layer against last.",
        "Modes found, with and without the cure, same seed.",
    ),
)

lesson(
    "oscillation",
    "Going round in circles",
    "Two players who each follow their own gradient may circle the solution for ever.",
    """
Take the smallest GAN there is, Dirac-GAN: the data are one point at 0, G's whole weight is a point θ, and D is $D(x) = ψ x$.
G follows D's slope ψ, D's slope follows θ: each chases where the other was. The way out is no downhill path for both at once;
the vector field turns. Measured with a learning rate of 0.2 over 500 simultaneous steps: without a penalty, and with the
Wasserstein loss, the pair circles or spirals outwards; with R1 it spirals in.

In large GANs this shows as hopping modes, and as pictures that change for ever without getting better. What helps is
friction: R1, a falling learning rate, less momentum (Adam's beta 1 of 0.5 or 0), and an average of G's weights for the
pictures, which sits in the middle of the circle.

Mescheder et al., 2018, [Which training methods do converge?](https://arxiv.org/abs/1801.04406)
""",
    ("ring8-collapse", "ring8-r1"),
    (
        "Samples that wander from mode to mode and back.",
        "Raise the EMA decay while it trains: the average stands still sooner.",
    ),
)

lesson(
    "a-vae-in-the-plane",
    "A VAE in the plane",
    "It covers all eight modes at once, and paves the ways between them.",
    """
The same networks and points, but a VAE: its decoder must redraw every real point, so no mode can be lost. The price is
elsewhere: after 2,400 steps all eight modes on two of two seeds, but only 55 % high quality, against 87 to 91 % for the GAN
with R1.

Neighbouring z must decode to neighbouring points, and N(0, I) has no gaps; so between two modes the decoder draws a bridge,
and samples fall on it. A GAN has the same continuous z, but its D punishes each sample on the bridge, so G learns to cross
quickly; nothing in the ELBO does, since it never looks at samples drawn from the prior.

Turn beta: smaller than 1 gives sharper modes and latents that leave N(0, I); larger than 1 pulls everything to the centre.
""",
    ("ring8-vae", "ring8-r1"),
    (
        "Purple on all modes within a few hundred steps.",
        "The share of high quality, against the GAN's.",
        "KL and reconstruction while you move beta.",
    ),
)

lesson(
    "learning-rate",
    "Too large a step",
    "Weights that grow and losses that jump: the step is too large, or nothing holds D back.",
    """
A learning rate is the length of a step. Too long, and each update overshoots what the gradient promised; weights grow, logits
grow with them, and at the end a loss is infinite or not a number. With Adam every weight moves by about the rate itself at
each step, whatever the gradient's size, so 0.01 means a hundredth per step for *every* weight.

Signs in this order: jagged losses; the update-to-weight ratio of a layer above one in a hundred; weight norms several times
their first size; samples far outside the data. The coach warns at the third.

What to do: a tenth of both rates; clip the gradient's norm; a gradient penalty, when it is D that grows. If the loss has *no
bound at all* (Wasserstein without a constraint), no rate is small enough: see [A critic without a bound](#lipschitz).
""",
    ("ring8", "wgan-no-lipschitz-mistake"),
    (
        "Raise both rates tenfold while it trains, and watch the weight norms.",
        "The loss curves: from smooth to jagged.",
    ),
)
