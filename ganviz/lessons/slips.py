"""Mistakes in real training code, and how each looks from outside."""

from ganviz.lessons.lesson import DEPTH, NEXT, START, Promise, lesson
from ganviz.lessons.question import Question

GROUP = "Mistakes to recognise"

lesson(
    "no-adversary",
    "G without an adversary",
    "Trained on squared error to unrelated pictures, G draws one grey average.",
    """
A common slip: G's loss is the mean squared error between a generated picture and *some* real one
of the batch. But that picture has nothing to do with this z. So the best answer for every z is the
same: the mean of all pictures.

$argmin E (G(z) - x)² = E x$, since x does not depend on z.

The loss falls nicely, and that is the trap: it measures the wrong thing. All tiles become one
blur, and z no longer changes anything. Measured on 8 px digits, on five of five seeds: after 200
steps the samples vary less than 0.15 times as much as the real ones. D goes on learning here, to
show that it sees through every fake; nobody asks it. In a GAN there is no target picture: D's
verdict is the loss.
""",
    ("mlp-gan-mistake", "mlp-gan"),
    (
        "All tiles turn into the same blurred digit.",
        "Latent sliders: nothing moves.",
        "D(x) goes to 1 and D(G(z)) to 0, and G's loss falls all the same.",
    ),
    promises=(Promise("sample_diversity", "mlp-gan-mistake", high=0.2),),
    level=START,
    group=GROUP,
    question=Question(
        "G minimises the squared error to unrelated real pictures. How varied are its "
        "samples after half a minute, if real ones are 1?",
        ("Below 0.2: all alike", "0.2 to 0.8", "Above 0.8: as varied as the data"),
        (0.2, 0.8),
        "sample_diversity",
        "diversity {value:.2f}, real ones 1",
        "The target has nothing to do with z, so the best answer for every z is the same: "
        "the mean picture.",
        steps=500,
    ),
)

lesson(
    "fakes-labelled-real",
    "Fakes labelled real",
    'If D never hears "fake", it says "real" to everything, and G learns nothing.',
    """
D's loss has two terms, one for each kind of sample. The slip: both use the label 1.

$-E log D(x) - E log D(G(z))$ instead of $-E log D(x) - E log(1 - D(G(z)))$.

D has an easy answer: "real", always. Its loss drops to 0 within a hundred steps, which looks like
success. And G, asked to make D say "real", is done before it began: its loss is 0 as well, and so
is its gradient. Measured on five of five seeds on 8 px digits: after 150 steps D calls more than
99 % of the reals *and* of the fakes real, while the pictures stay noise.

Two losses at zero are an alarm, not a success: in a working GAN neither gets there. D's accuracy
on fakes alone shows this at once; accuracy over both kinds would still say 50 %.
""",
    ("virtual-data-mistake", "virtual-data"),
    (
        "D(x) and D(G(z)) both go to 1.",
        "Both losses go to 0 while the pictures stay noise.",
        "Output histograms: green and purple lie on the same side.",
    ),
    promises=(
        Promise("d_fake", "virtual-data-mistake", low=0.99),
        Promise("loss_d", "virtual-data-mistake", high=0.01),
    ),
    level=NEXT,
    group=GROUP,
    question=Question(
        'A slip: D is told "real" for fakes as well. What does it say of G\'s pictures after '
        "half a minute: 0 is fake, 1 is real?",
        ("Below 0.3", "0.3 to 0.8", "Above 0.8"),
        (0.3, 0.8),
        "d_fake",
        "D(G(z)) = {value:.2f}",
        'Nobody says "fake", so D says "real" to everything, and G learns nothing while '
        "both losses look perfect.",
        steps=300,
    ),
)

lesson(
    "relu-output",
    "The wrong range",
    "Data live in -1 to 1; a G that ends in ReLU cannot go below 0.",
    """
A picture's black is -1 here, and most of a digit's pixels are black. A G that ends in ReLU puts
out 0 or more: its darkest tone is mid-grey. D needs no strokes to tell fakes: any pixel below 0
means real.

Then it gets worse. D pushes the background down, the ReLU's input goes below zero, and there its
slope is 0: no gradient comes back, ever. Measured on five of five seeds on 8 px digits: after 200
steps D is right on more than 95 % of both kinds and the samples vary less than 0.05 times as much
as the real ones: one flat grey.

The mirror image is as common: data scaled to 0..1 with a G that ends in tanh. Make the range of
the data and of G's last layer the same: tanh for -1..1, sigmoid for 0..1.
""",
    ("gradient-flow-relu-mistake", "gradient-flow"),
    (
        "Tiles turn to one flat grey: a dead output.",
        "G's gradient bars drop to nothing.",
        "D's accuracy goes to 100 %.",
    ),
    promises=(
        Promise("sample_diversity", "gradient-flow-relu-mistake", high=0.05),
        Promise("d_accuracy", "gradient-flow-relu-mistake", low=0.95),
    ),
    level=NEXT,
    group=GROUP,
    question=Question(
        "The data's black is -1, and G ends in ReLU, which cannot go below 0. How varied "
        "are the samples after half a minute, if real ones are 1?",
        ("Below 0.2: all alike", "0.2 to 0.8", "Above 0.8: as varied as the data"),
        (0.2, 0.8),
        "sample_diversity",
        "diversity {value:.2f}, real ones 1",
        "D pushes the background below zero, where a ReLU has no slope: no gradient comes "
        "back, ever.",
        steps=500,
    ),
)

lesson(
    "no-probability",
    "A logarithm of no probability",
    "D returns its hidden layer, and the first step ends in NaN.",
    """
The loss takes the logarithm of D's output, so that must be a probability, or better a logit that
the loss itself turns into one. The slip: D returns its last *hidden* layer, 128 ReLU numbers from
zero to anything.

$log 0 = -∞$, and $log(1 - 2)$ is not a number at all.

The run stops at step 1 with a sentence that names the discriminator; on five of five seeds it
never gets further. A lower learning rate does not help: no step was too large, the quantity is the
wrong one. Look at what a network returns before you look at how it learns: the shape (one number a
picture), the range, the last layer. And let the loss work on logits: $-log sigmoid(a) =
softplus(-a)$ neither overflows nor takes the logarithm of zero.
""",
    ("minimax-gan-mistake", "minimax-gan"),
    (
        "The run fails at once, and says which network.",
        "The corrected preset trains with the same networks and rates.",
    ),
    promises=(Promise("failed", "minimax-gan-mistake", low=1, seconds=10),),
    level=NEXT,
    group=GROUP,
    question=Question(
        "A slip: D returns its hidden layer where the loss takes the logarithm of a "
        "probability. What will the run do?",
        ("It trains on", "It breaks down"),
        (0.5,),
        "failed",
        "",
        "The logarithm of zero is minus infinity, and of a number below zero it is no "
        "number at all.",
        seconds=10.0,
    ),
)

lesson(
    "turns-apart",
    "Turns apart",
    "All of D's steps first, then all of G's: G fools a judge that no longer answers.",
    """
A loop written as "train D for N steps, then train G for N steps" is no game. D first learns to
perfection against an untrained G. Then G climbs a landscape that stands still: it finds *some*
direction that raises D's output, which need not lead to digits.

Measured on five of five seeds on 8 px digits, 150 steps each: at the end the frozen D calls more
than 95 % of the fakes real, so the loss says triumph; a D that had kept learning against its own G
takes fewer than 5 % of them for real. Adversarial examples for one fixed network are easy; that is
exactly what alternating prevents.

Alternate: one step (or a few) of D, one of G. D's answer to G's last move is the only information
that G gets.
""",
    ("gradient-flow-mistake", "gradient-flow"),
    (
        "First half: D(G(z)) falls to 0 and the pictures stand still.",
        "Second half: D(G(z)) jumps to 1 at once; the pictures are no digits.",
        "G's loss near 0 at the end: a perfect score from a judge who has left.",
    ),
    promises=(Promise("loss_g", "gradient-flow-mistake", high=0.1),),
    level=NEXT,
    group=GROUP,
    question=Question(
        "First all of D's steps, then all of G's. What is G's loss when all are done?",
        ("Below 0.1: as if it had won", "0.1 to 1", "Above 1: it has lost"),
        (0.1, 1.0),
        "loss_g",
        "a G loss of {value:.2g}",
        "A D that no longer answers is fooled with ease, and not by digits.",
        steps=4000,
    ),
)

lesson(
    "noise-as-data",
    "Noise in place of data",
    "Feed the critic noise as real samples, and noise is what G learns.",
    """
A mix-up of variables: the critic gets `noise` where the batch of real pictures should be. Nothing
crashes, shapes and losses look normal. But G can only learn what the critic is shown as real:
uniform grey snow, with no black background and no strokes. Measured on five of five seeds on 8 px
digits: pixels that are black in practically every real digit have a mean of about 0 (mid-grey) in
the samples.

The set-up also leaves out the critic's bound, as the original did, so the losses run away as in [A
critic without a bound](#lipschitz).

The check takes a minute and saves days: draw the batch that goes *into* D, from inside the
training loop. The toggle to real samples above the grid shows you just that.
""",
    ("wgan-vs-vae-mistake", "wgan-vs-vae"),
    (
        "The grid turns into snow, although the real samples are digits.",
        "Losses grow from step to step.",
    ),
    promises=(Promise("sharpness", "wgan-vs-vae-mistake", low=1.5),),
    level=NEXT,
    group=GROUP,
    question=Question(
        "A mix-up: D gets noise where real pictures should be. How sharp are the samples "
        "after half a minute, if the data's digits are 1?",
        ("Below 0.7: blurred", "0.7 to 1.5: like digits", "Above 1.5: grainy"),
        (0.7, 1.5),
        "sharpness",
        "sharpness {value:.1f}, the digits 1",
        "G can only learn what D is shown as real, and that is snow.",
        steps=250,
    ),
)

lesson(
    "lipschitz",
    "A critic without a bound",
    "A Wasserstein critic must not be steeper than 1; left free, it only grows.",
    """
The Wasserstein distance is the best score a critic can reach *among functions of slope at most 1*:

$W = max E D(x) - E D(G(z))$ over $|∇D| ≤ 1$.

Forget the bound and the maximum is infinite: doubling all outputs doubles the score. So weights
and outputs grow, G's gradient grows with them, and the number on the chart means nothing. Measured
on 8 px digits with rates of 0.001, on five of five seeds: after 60 steps the critic's output on
real pictures is above 1,500 and the norm of its weights above 60; with a gradient penalty they
stay near 3 and 17.

Three ways to hold the slope: clip the weights (Arjovsky et al., 2017), penalise slopes other than
1 (WGAN-GP), or divide each layer by its largest singular value ([spectral norm](#spectral-norm)).
""",
    ("wgan-no-lipschitz-mistake", "wgan-vs-vae", "wgan-clip"),
    (
        "The critic's raw outputs: they run away from zero.",
        "Weight norms of D, layer by layer.",
        "The coach's warning of growing weights.",
    ),
    promises=(
        Promise("d_weights", "wgan-no-lipschitz-mistake", low=1.8),
        Promise("d_real", "wgan-no-lipschitz-mistake", low=1000),
    ),
    level=DEPTH,
    group=GROUP,
    question=Question(
        "A critic without a bound. How large is its output on real pictures after half a minute?",
        ("Below 10", "10 to 300", "Above 300"),
        (10.0, 300.0),
        "d_real",
        "D(x) = {value:,.0f}",
        "Doubling all outputs doubles its score, so nothing ever tells it to stop.",
        steps=100,
    ),
)

lesson(
    "vae-with-gan-loss",
    "A VAE with the wrong loss",
    "Judged only by D, a VAE gives back a different picture than went in.",
    """
A VAE's loss has two terms, and each holds something in place. Reconstruction ties the output to
*this* input; the KL term ties the latents to N(0, I), from which new pictures are drawn later.
Replace both by a GAN's loss, -E log D(decode(encode(x))), and neither is asked for: any picture
that pleases D will do, from latents anywhere.

Measured on five of five seeds on 8 px digits, after 150 steps: the error of a reconstruction is
larger than the variance of the data, so answering every input with the mean picture would be
better, and the KL is above 20 nats and growing, against about 2 for the honest VAE. New pictures
drawn from N(0, I) meet a decoder that never saw such z.

GAN losses do help VAEs *beside* reconstruction and KL (Larsen et al., 2016,
[VAE/GAN](https://arxiv.org/abs/1512.09300)).
""",
    ("wgan-vs-vae-vae-mistake", "wgan-vs-vae-vae"),
    ("Reconstructions beside inputs: they do not match.", "KL, in nats: it climbs without end."),
    promises=(
        Promise("reconstruction", "wgan-vs-vae-vae-mistake", low=0.1),
        Promise("kl", "wgan-vs-vae-vae-mistake", low=20),
    ),
    level=DEPTH,
    group=GROUP,
    question=Question(
        "An honest VAE spends about 2 nats of KL here. How many does one whose loss is a "
        "GAN's spend after half a minute?",
        ("Below 2", "2 to 15", "Above 15"),
        (2.0, 15.0),
        "kl",
        "{value:.0f} nats",
        "Nothing in that loss ties the latents to N(0, I), so they drift away from where "
        "new pictures are drawn.",
        steps=200,
    ),
)
