"""What shows on pictures, and what the latent vector does to them."""

from ganviz.lessons.lesson import DEPTH, NEXT, START, Promise, lesson
from ganviz.lessons.question import Question

GROUP = "Pictures and latents"

lesson(
    "asking-for-a-class",
    "Asking for a 7",
    "Tell both networks the class, and you can order what you want.",
    """
A plain GAN draws what it likes. Give G the class beside z, and give D a reason to check it:

- **Concatenation**: the class joins D's input; a wrong pair is a fake (Mirza and Osindero, 2014).
- **Auxiliary classifier**: D also *names* the class, and G is paid when it is recognised (Odena et
  al., 2017).
- **Projection**: D's verdict gets the inner product of its features with a class vector (Miyato
  and Koyama, 2018).

Measured on 8 px digits with concatenation, two seeds, 1,500 steps: all ten classes (7 and 10
without), and 69 and 53 % of the samples were what was asked for: the label is learnt later than
the look.

In the explore view fix z and change the class, then fix the class and change z: one moves the
digit, the other its slant and thickness.
""",
    ("digits-quick", "acgan", "cgan"),
    (
        "Each column of the grid is one class, from 0 to 9.",
        "Same z, other class: slant and thickness stay.",
    ),
    promises=(Promise("agreement", "digits-quick", low=0.9, seconds=15),),
    level=START,
    group=GROUP,
    question=Question(
        "G and D are told the class. What share of the digits is what was asked for, within "
        "half a minute?",
        ("About one in ten: chance", "About half", "Nine of ten or more"),
        (0.3, 0.85),
        "agreement",
        "{value:.0%} are what was asked for",
        "D learns to reject a good 3 under the label 7, so G must draw what it was asked for.",
        seconds=15.0,
        steps=300,
    ),
)

lesson(
    "walking-in-latent-space",
    "Slerp, not lerp",
    "The straight way between two latents leads through a region that G never saw.",
    """
z has many independent normal numbers, so its length is almost always close to $√n$: all the draws
lie in a thin shell, and near the middle of the ball there are none. The straight line between two
draws cuts through:

$|(a + b) / 2| ≈ 0.71 |a|$ (measured 0.71 at 16, 64 and 512 dimensions).

G has hardly trained there; pictures on the way turn faint or average. Spherical interpolation goes
along the shell instead, and every step is a typical z. For the same reason a slider is an *offset*
on a random z here: an all-zero z is the least typical point of all, and draws mush.

Truncation uses the effect on purpose: scaling z by ψ below 1 draws from the middle, with less
variety and fewer failures.

White, 2016, [Sampling generative networks](https://arxiv.org/abs/1609.04468).
""",
    ("digits-quick",),
    (
        "The strip between two pictures, slerp against lerp.",
        "Psi, from 1 down to 0.3: all tiles grow alike.",
    ),
    promises=(Promise("midpoint", "digits-quick", low=0.65, high=0.77, seconds=0),),
    level=NEXT,
    group=GROUP,
    question=Question(
        "Take two of this run's z, and the point half-way on the straight line: how long is "
        "it, if a typical z has length 1?",
        ("About 0.5", "About 0.7", "About 1"),
        (0.6, 0.85),
        "midpoint",
        "{value:.2f} of the typical length",
        "Random vectors of many dimensions are nearly at right angles, so the middle lies "
        "at the square root of 1/2, where G never trained.",
        seconds=0.0,
    ),
)

lesson(
    "checkerboard",
    "Checkerboard artefacts",
    "Transposed convolutions paint a checkerboard before they have learnt anything.",
    """
A transposed convolution with stride 2 writes overlapping stamps on a grid of every second pixel.
Where the stamps overlap unevenly, or simply weigh even and odd pixels differently, a pattern of
period two appears: energy at the highest frequency a picture can hold, the Nyquist frequency.

It is there before training. Measured on the untrained generators of these set-ups, five seeds:
energy at Nyquist over the mean energy is 10 to 116 with transposed convolutions (kernel 4, stride
2; 1 to 94 in the grid, which rounds faint tones), and below 0.01 where the picture is doubled by
nearest neighbour and a convolution follows.
Training can unlearn it, and often leaves a trace in flat areas.

Look at step 0 of both presets: the first has the pattern, the second has soft blocks.

Odena et al., 2016, [Deconvolution and checkerboard
artifacts](https://distill.pub/2016/deconv-checkerboard/).
""",
    ("digits-dcgan", "digits-quick"),
    ("The grid at step 0, enlarged.", "Flat background late in training."),
    promises=(
        Promise("nyquist", "digits-dcgan", low=3, seconds=0),
        Promise("nyquist", "digits-quick", high=0.5, seconds=0),
    ),
    level=NEXT,
    group=GROUP,
    question=Question(
        "Before the first step G knows nothing. How strong is the pattern of every second "
        "pixel, if an average frequency has 1?",
        (
            "Below 0.5: weaker than others",
            "0.5 to 1.2: like any other",
            "Above 1.2: a checkerboard",
        ),
        (0.5, 1.2),
        "nyquist",
        "{value:.1f} times the average frequency",
        "Transposed convolutions with stride 2 weigh even and odd pixels differently before "
        "they have learnt anything.",
        seconds=0.0,
    ),
)

lesson(
    "memorisation",
    "Memorisation",
    "With few pictures, D learns them by heart, and G copies.",
    """
Sixteen pictures are soon known by heart. D needs no idea of a digit: it recognises these 16, and
the only way for G to pass is to reproduce them. Losses and grid look fine, and that is the
danger: the samples are sharp, because they are copies.

Measured with this set-up: 83 % of the samples are copies after ten seconds, 93 % after thirty; with
32 pictures 36 and 77 %.

How to tell: put the nearest training picture beside each sample. A copy is far nearer to its first
neighbour than to the second. And compare D's verdict on training and held-out pictures, which no
network has seen: here it tells them apart with an AUC of 0.88 after 600 steps; chance is 0.5.

What helps: more data; DiffAugment, the same random changes to reals *and* fakes (Zhao et al.,
2020, [DiffAugment](https://arxiv.org/abs/2006.10738)); stopping earlier.
""",
    ("memorisation", "mlp-gan"),
    (
        "The nearest training pictures beside the samples.",
        "Inside, Held-out pictures: how well D tells what it learned from what it never saw.",
        "Switch DiffAugment on and start again with the same seed.",
    ),
    promises=(Promise("copies", "memorisation", low=0.5, seconds=15),),
    level=NEXT,
    group=GROUP,
    question=Question(
        "There are sixteen training pictures. What share of the samples are copies of one "
        "of them, within half a minute?",
        ("Below 10 %", "10 to 50 %", "More than half"),
        (0.1, 0.5),
        "copies",
        "{value:.0%} copies",
        "D knows the sixteen by heart, and the only way to pass is to reproduce them.",
        seconds=15.0,
        steps=1000,
    ),
)

lesson(
    "virtual-data",
    "Virtual data",
    "A trained generator can stand in for a data set, if you check what it kept and what it leaks.",
    """
People may need data that they must not see: medical pictures, customers' signatures. Train a
generator once, then hand out its samples in their place. Three questions decide whether that is
worth anything:

- **Fidelity**: are single samples right? Precision, and Fréchet distance between features of reals
  and fakes.
- **Utility**: does a classifier that learned from samples alone work on real pictures? With
  *Digits, quick* the tab Inside trains one again and again, and tests it on held-out digits.
- **Privacy**: can anybody tell who was in the data? See [memorisation](#memorisation).

No single figure answers all three: a generator that copies ten training pictures is faithful,
useless and leaking. Under Runs, Export draws a data set and makes its report: each figure with its
interval, and with held-out pictures in place as a control. Only *private
training* (Privacy, in the form) gives a guarantee, and it costs utility.
""",
    ("virtual-data", "digits-quick"),
    (
        "Fidelity figures with their sample count and features.",
        "The class histogram of the samples.",
        "With Digits, quick: Inside, Held-out pictures: trained on virtual, tested on real.",
        "Runs, Export, Report on its virtual data: the verdict, and what was not tested.",
    ),
    promises=(
        Promise("sample_diversity", "virtual-data", low=0.4, high=0.95),
        Promise("copies", "virtual-data", high=0.05),
        Promise("classes", "virtual-data", low=6),
    ),
    level=DEPTH,
    group=GROUP,
    question=Question(
        "A plain GAN draws what it likes. How varied are its samples after half a minute, "
        "if real ones are 1?",
        ("Below 0.4: a few kinds", "0.4 to 0.95: much of it", "Above 0.95: all of it"),
        (0.4, 0.95),
        "sample_diversity",
        "diversity {value:.2f}, real ones 1",
        "Look at what was lost before you hand samples on: fidelity of single samples says "
        "nothing about it.",
        steps=1200,
    ),
)
