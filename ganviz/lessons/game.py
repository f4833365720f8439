"""What the two networks do to each other."""

from ganviz.lessons.lesson import DEPTH, NEXT, START, Promise, lesson
from ganviz.lessons.question import Question

GROUP = "The game"

lesson(
    "the-game",
    "The game",
    "Two networks with opposite aims: neither loss is meant to reach zero.",
    """
The generator G turns random numbers z into pictures; the discriminator D says how likely a picture
is real. D learns to tell the two apart, and G learns from D's gradient alone: it never sees a real
picture.

$D: -E log D(x) - E log(1 - D(G(z)))$, and $G: -E log D(G(z))$.

"The loss goes up, is it broken?" No: each player's loss depends on how good the other one is. A
rising G loss may only mean that D got better. If G matched the data, D could do no better than
guess, D(x) = 1/2, and the losses would lie on the dashed lines: 2 ln 2 ≈ 1.39 for D, ln 2 ≈ 0.69
for G. Pictures, D's verdicts and the diversity of the samples say more than a loss does.

Goodfellow et al., 2014, [Generative adversarial nets](https://arxiv.org/abs/1406.2661).
""",
    ("digits-classic", "mlp-gan"),
    (
        "The loss chart: both curves settle near the dashed lines, never at zero.",
        "D(x) and D(G(z)): they start apart and meet near 1/2 as G improves, within half a minute.",
        "The picture grid keeps its z: each tile changes, but stays the same draw.",
        "The MLP GAN beside it: there D stays ahead for many minutes.",
    ),
    promises=(
        Promise("d_real", "digits-classic", low=0.4, high=0.6),
        Promise("d_fake", "digits-classic", low=0.4, high=0.6),
        Promise("loss_g", "digits-classic", low=0.6, high=0.85),
        Promise("agreement", "digits-classic", low=0.9),
    ),
    level=START,
    group=GROUP,
    question=Question(
        "D says how real a picture looks to it, from 0 to 1. What will it say of G's "
        "pictures, on average, after half a minute?",
        ("Below 0.35: it sees through them", "About 0.5: it cannot tell", "Above 0.65: G has won"),
        (0.35, 0.65),
        "d_fake",
        "D(G(z)) = {value:.2f}",
        "Each player's gain is the other's loss, so they meet near 1/2 and neither loss "
        "goes to zero.",
        steps=500,
    ),
)

lesson(
    "vanishing-gradient",
    "The loss that starves G",
    "The minimax value is right on paper, and its gradient dies while D is winning.",
    """
The 2014 paper writes one value that D raises and G lowers:

$V = E log D(x) + E log(1 - D(G(z)))$.

Early on D sees through every fake, D(G(z)) ≈ 0. There $log(1 - D)$ is flat, so G gets hardly any
gradient just when it needs one most. The paper's own remedy is the non-saturating loss $-log
D(G(z))$: same fixed point, steep where G is losing.

In joint training G often escapes before it starves, so look with the *frozen probe*: it trains D
alone against a G that does not move, and plots the gradient that each loss would give. Measured on
three seeds, on points and on 8 px digits: by D's step 1,000 the saturating gradient has fallen 100
to 1,000 times from its peak, while the non-saturating one has grown.
""",
    ("minimax-gan", "minimax-gan-cured"),
    (
        "Inside view, frozen probe: two curves part, on a logarithmic axis.",
        "G's gradient bars while D(G(z)) is close to 0.",
        "The same seed with both losses, side by side.",
    ),
    promises=(
        Promise("starved", "minimax-gan", low=10, seconds=0),
        Promise("sample_diversity", "minimax-gan", high=0.3),
    ),
    level=NEXT,
    group=GROUP,
    question=Question(
        "G minimises log(1 - D(G(z))), as in the paper. How varied will its samples be "
        "after half a minute, if real ones are 1?",
        ("Below 0.3: it hardly learns", "0.3 to 0.7", "Above 0.7: as varied as the data"),
        (0.3, 0.7),
        "sample_diversity",
        "diversity {value:.2f}, real ones 1",
        "D saw through every fake early on, where this loss is flat: G got hardly any gradient.",
        steps=80,
    ),
)

lesson(
    "d-too-strong",
    "D too strong",
    "A D that is never wrong has nothing to teach.",
    """
When D is sure of everything, the saturating loss leaves G no gradient ([the loss that starves
G](#vanishing-gradient)); under the non-saturating loss it stays large, but points to whatever flaw
D still sees.

Measured on 8 px digits with the non-saturating loss: D at ten times G's rate did *not* stop G, but
after 1,500 steps 8 and 5 classes were drawn on two seeds, against 7 and 10 at equal rates. Do not
expect a clean failure.

Signs: D's accuracy stays above 95 %, D(G(z)) near 0, no progress in the grid. That D leads a
little is normal: it must know more than G to teach it.

Ways to hold it: a smaller rate for D, R1, instance noise that fades, one-sided label smoothing,
less width. Two rates are a legitimate choice: Heusel et al., 2017,
[TTUR](https://arxiv.org/abs/1706.08500).
""",
    ("mlp-gan", "minimax-gan"),
    (
        "D's accuracy and its two histograms: no overlap.",
        "G's gradient bars.",
        "Raise D's learning rate while it trains, then lower it again.",
    ),
    promises=(Promise("d_real", "mlp-gan", low=0.85), Promise("d_fake", "mlp-gan", high=0.15)),
    level=NEXT,
    group=GROUP,
    question=Question(
        "D has a free hand. What will it say of G's pictures after half a minute: 0 is "
        "fake, 1 is real?",
        ("Below 0.3", "0.3 to 0.7", "Above 0.7"),
        (0.3, 0.7),
        "d_fake",
        "D(G(z)) = {value:.2f}",
        "A D that is never wrong has little to teach, and its lead lasts for many minutes here.",
        steps=600,
    ),
)

lesson(
    "d-too-weak",
    "D too weak",
    "A D that cannot tell gives no direction.",
    """
If D answers 1/2 to everything, that is the equilibrium, *or* a D that has learnt nothing; its
loss, 2 ln 2, is the same.

Measured with D at a hundredth of G's rate, after half a minute: D(x) 0.61, D(G(z)) 0.64, D right on
one picture of two: nearly an equilibrium to look at. The samples vary 0.06 times as much as the
real ones: G follows the lean of a near-random surface, and D does not notice.

Signs: D's accuracy near 50 % while the pictures are plainly bad. What helps: a higher rate for D,
more D steps, more width. And check the labels first: a D that is told "real" for fakes as well
([fakes labelled real](#fakes-labelled-real)) passes everything, too.
""",
    ("mlp-gan-weak-d", "mlp-gan", "virtual-data-mistake"),
    (
        "With D at a hundredth of G's rate the losses look like equilibrium, the pictures do not.",
        "Output histograms on top of each other, next to a bad grid.",
    ),
    promises=(
        Promise("d_accuracy", "mlp-gan-weak-d", low=0.4, high=0.6),
        Promise("sample_diversity", "mlp-gan-weak-d", high=0.2),
    ),
    level=NEXT,
    group=GROUP,
    question=Question(
        "D learns a hundred times slower than G and can tell nothing. How varied are the "
        "samples after half a minute, if real ones are 1?",
        ("Below 0.3: nearly all alike", "0.3 to 0.7", "Above 0.7: as varied as the data"),
        (0.3, 0.7),
        "sample_diversity",
        "diversity {value:.2f}, real ones 1",
        "G follows the lean of a D that has learnt nothing, and no loss shows it: both look "
        "like an equilibrium.",
        steps=600,
    ),
)

lesson(
    "learning-rate",
    "Too large a step",
    "Weights that grow and losses that jump: the step is too large, or nothing holds D back.",
    """
A learning rate is the length of a step. Too long, and each update overshoots what the gradient
promised; weights grow, logits grow with them, and at the end a loss is infinite or not a number.
With Adam every weight moves by about the rate itself at each step, whatever the gradient's size,
so 0.01 means a hundredth per step for *every* weight.

Signs in this order: jagged losses; the update-to-weight ratio of a layer above one in a hundred;
weight norms several times their first size; samples far outside the data. The coach warns at the
third.

What to do: a tenth of both rates; clip the gradient's norm; a gradient penalty, when it is D that
grows. If the loss has *no bound at all* (Wasserstein without a constraint), no rate is small
enough: see [A critic without a bound](#lipschitz).
""",
    ("ring8-too-fast", "ring8", "wgan-no-lipschitz-mistake"),
    (
        "Rates of 0.1: D's weights grow ninefold, all samples leave the data, the losses freeze.",
        "The same with the usual rates of 0.001; tenfold rates still work on this ring.",
        "Weight norms, layer by layer.",
    ),
    promises=(
        Promise("modes", "ring8-too-fast", high=1),
        Promise("d_weights", "ring8-too-fast", low=4),
    ),
    level=NEXT,
    group=GROUP,
    question=Question(
        "Both learning rates are a hundred times the usual. How many of the 8 modes does G "
        "have after half a minute?",
        ("None or one", "Two to six", "Seven or eight"),
        (1.5, 6.5),
        "modes",
        "{value:.0f} of 8 modes",
        "Each step overshoots what the gradient promised; weights grow, and the samples "
        "leave the data.",
        steps=500,
    ),
)

lesson(
    "oscillation",
    "Going round in circles",
    "Two players who each follow their own gradient may circle the solution for ever.",
    """
Take the smallest GAN there is, Dirac-GAN: the data are one point at 0, G's whole weight is a point
θ, and D is $D(x) = ψ x$. G follows D's slope ψ, D's slope follows θ: each chases where the other
was. The way out is no downhill path for both at once; the vector field turns. Measured with a
learning rate of 0.2 over 500 simultaneous steps: without a penalty, and with the Wasserstein loss,
the pair circles or spirals outwards; with R1 it spirals in.

In large GANs this shows as hopping modes, and as pictures that change for ever without getting
better. What helps is friction: R1, a falling learning rate, less momentum (Adam's beta 1 of 0.5 or
0), and an average of G's weights for the pictures, which sits in the middle of the circle.

Mescheder et al., 2018, [Which training methods do converge?](https://arxiv.org/abs/1801.04406)
""",
    ("ring8-collapse", "ring8-r1"),
    (
        "Samples that wander from mode to mode and back.",
        "Raise the EMA decay while it trains: the average stands still sooner.",
    ),
    promises=(Promise("visited", "ring8-collapse", low=4), Promise("modes", "ring8-r1", low=8)),
    level=DEPTH,
    group=GROUP,
    question=Question(
        "G sits on one mode, and D learns to distrust it. On how many different modes will "
        "the crowd have sat within half a minute?",
        ("One: it stays", "Two or three", "Four or more"),
        (1.5, 3.5),
        "visited",
        "modes visited: {value:.0f}",
        "G chases where D was and D where G was: they circle instead of settling.",
        steps=1500,
    ),
)

lesson(
    "plain-gradient-descent",
    "Plain gradient descent",
    "Without Adam's scaling, one learning rate must fit every weight.",
    """
The textbook rule moves each weight by its gradient times a fixed number:

$θ ← θ - rate · ∂L/∂θ$.

In a GAN the gradients of G and D differ by orders of magnitude, between layers and over time: G's
are tiny while D is winning. One rate cannot suit all. Adam divides each weight's step by the
recent size of its own gradient, so a starved layer still moves at the full rate. Compare both
presets with the same seed: they differ in nothing but the optimiser and its rates (0.05 against
0.0002; no fixed relation exists between the two). Watch the update-to-weight ratio of each layer:
about one in a thousand is healthy, and plain descent holds it in few layers at a time.

Kingma and Ba, 2015, [Adam](https://arxiv.org/abs/1412.6980).
""",
    ("minimax-gan-sgd", "minimax-gan"),
    (
        "Update-to-weight ratio, layer by layer.",
        "How many steps pass before the first strokes appear.",
    ),
    promises=(
        Promise("sample_diversity", "minimax-gan-sgd", high=0.3),
        Promise("g_gradient", "minimax-gan-sgd", high=0.01),
    ),
    level=DEPTH,
    group=GROUP,
    question=Question(
        "Plain gradient descent in place of Adam. How varied will G's samples be after half "
        "a minute, if real ones are 1?",
        ("Below 0.3: it has hardly begun", "0.3 to 0.7", "Above 0.7: as varied as the data"),
        (0.3, 0.7),
        "sample_diversity",
        "diversity {value:.2f}, real ones 1",
        "One rate must fit every weight: G's gradients are tiny while D is winning, and "
        "nothing rescales them.",
        steps=80,
    ),
)

lesson(
    "label-smoothing",
    "Label smoothing",
    "Aim D at 0.9 in place of 1 for reals, and it never grows quite sure.",
    """
With the target 1, cross-entropy is never satisfied: D can always gain by making its logits larger.
With the target 0.9 there is a best logit, ln 9 ≈ 2.2, and D stops there. Only the *real* label is
smoothed: a target above 0 for fakes would tell D to give some credit to the very spots where G
sits now, and hold it there.

$-0.9 E log D(x) - 0.1 E log(1 - D(x)) - E log(1 - D(G(z)))$.

The two set-ups differ in nothing else: after half a minute D(x) is about 0.85 instead of 0.93, and
D's loss about 0.5 instead of 0.25. The pictures are no better.

The equilibrium moves too: D's best answer to a perfect G is 0.45 instead of 0.5, and the dashed
lines with it.

Salimans et al., 2016, [Improved techniques](https://arxiv.org/abs/1606.03498), section 3.4.
""",
    ("mlp-gan-smoothed", "mlp-gan", "improved-techniques"),
    (
        "D(x): it settles below 0.9 with smoothing, and above it without.",
        "The dashed lines, and how low D's loss falls, with smoothing on and off.",
    ),
    promises=(
        Promise("d_real", "mlp-gan-smoothed", low=0.7, high=0.89),
        Promise("d_real", "mlp-gan", low=0.87),
        Promise("loss_d", "mlp-gan-smoothed", low=0.42),
        Promise("loss_d", "mlp-gan", high=0.4),
    ),
    level=DEPTH,
    group=GROUP,
    question=Question(
        "D is told 0.9 for real pictures instead of 1. How sure of them will it be, on "
        "average, after half a minute?",
        ("Below 0.4", "0.4 to 0.9", "Above 0.9"),
        (0.4, 0.9),
        "d_real",
        "D(x) = {value:.2f}",
        "With the target 0.9 there is a best logit, ln 9, and D has no reason to go beyond it.",
        steps=120,
    ),
)
