"""What depth does to a gradient, and what helps."""

from ganviz.lessons.lesson import DEPTH, NEXT, Promise, lesson
from ganviz.lessons.question import Question

GROUP = "Gradients"

lesson(
    "gradients-and-depth",
    "Gradients against depth",
    "Each layer multiplies the gradient; over many layers that is a power.",
    """
On its way back the gradient is multiplied, layer by layer, by the weights and by the slope of the
activation. A factor of 0.25, sigmoid's steepest slope, leaves $0.25^{16} ≈ 2·10^{-10}$ after 16
layers; a factor of 2 explodes as fast.

Measured with this page's probe, width 64, six seeds: sigmoid's first gradient over its last one is
0.03 at depth 2, 2e-7 to 3e-7 at 8 and 3e-14 to 5e-14 at 16 (1e-10 with Kaiming's weights); tanh
with weights from N(0, 1) explodes, 20,000 to 65,000 at depth 16; ReLU with N(0, 0.02) dies in every
layer, 2e-7 at depth 8. Kaiming's variance, 2 / fan-in, keeps ReLU's factor near one: 0.04 to 0.2.

Try it in the *at initialisation* probe: any depth, activation, weights and norm, answered in under
a second.

He et al., 2015, [Delving deep into rectifiers](https://arxiv.org/abs/1502.01852).
""",
    ("deep-sigmoid", "deep-tiny-weights", "gradient-flow"),
    (
        "Log bars of each layer's gradient: a slope means vanishing or exploding.",
        "The heat map over time: dark rows do not learn.",
        "The same G with batch norm: [Depth, cured](#depth-cured).",
    ),
    promises=(
        Promise("gradient_ratio", "deep-sigmoid", high=0.0001, seconds=0),
        Promise("gradient_ratio", "deep-tiny-weights", high=0.0001, seconds=0),
    ),
    level=NEXT,
    group=GROUP,
    question=Question(
        "G has eight sigmoid layers. How large is its first layer's gradient at the first "
        "step, if the last hidden one's is 1?",
        ("Below 0.001", "0.001 to 0.1", "Above 0.1"),
        (0.001, 0.1),
        "gradient_ratio",
        "{value:.0e} of the last one",
        "Each layer multiplies the gradient by at most a quarter, and over eight layers "
        "that is a power.",
        seconds=0.0,
    ),
)

lesson(
    "depth-cured",
    "Depth, cured",
    "Batch norm brings the gradient back; a skip connection helps only where the rest is sound.",
    """
Eight hidden layers of 64 in G, on the soft ring, with R1 on D. Modes reached (strictly), after
2,400 steps on two seeds and, for the last two rows, after 6,000 to 8,000 on one:

| G | modes of 8 |
|---|---|
| sigmoid | 1 (1) |
| tiny weights, N(0, 0.02) | 0 (0) |
| sigmoid + batch norm | 6 (4) |
| tiny weights + batch norm | 8 (8) |

Batch norm brings every layer's signal back to size one, and its gradient with it. Residual
connections did *not* rescue the tiny weights here, in 8,000 steps: a skip carries the gradient
past a layer, but its branch stays as small as it was. And a healthy gradient is needed, not
enough: Kaiming weights alone have one, and still lost modes.

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
    promises=(
        Promise("modes", "deep-sigmoid", high=1),
        Promise("modes", "deep-sigmoid-batch-norm", low=2),
        Promise("modes", "deep-tiny-weights", high=1),
        Promise("modes", "deep-tiny-weights-batch-norm", low=4),
    ),
    level=DEPTH,
    group=GROUP,
    question=Question(
        "G has eight sigmoid layers and no batch norm. How many of the 8 modes does it have "
        "after half a minute?",
        ("None or one", "Two to five", "Six or more"),
        (1.5, 5.5),
        "modes",
        "{value:.0f} of 8 modes",
        "The gradient dies on its way back through the sigmoids; start the set-up with "
        "batch norm and compare.",
        steps=1500,
    ),
)
