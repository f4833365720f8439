"""Teacher's notes of the lessons about data, slips, depth and autoencoders."""

from __future__ import annotations

from ganviz.lessons.notes import teachers_notes

teachers_notes(
    "memorisation",
    ("The samples are sharp: what would you check before you are glad?",),
    ("Copies look like success: show the nearest training picture at once.",),
    "Start “memorisation”, open Inside: nearest training pictures beside samples.",
    "Switch DiffAugment on and start again with the same seed; discuss what that means "
    "for medical pictures.",
)
teachers_notes(
    "virtual-data",
    (
        "Who may see what, if only samples are handed out?",
        "Fidelity, utility, privacy: which of them does a good-looking grid show?",
    ),
    (
        "“No attack did better than chance” is heard as a guarantee: only differential "
        "privacy gives one.",
    ),
    "Start “virtual-data”: which classes are missing?",
    "Open the report on a kept run's virtual data and let groups defend or attack its use "
    "for a hospital.",
)
teachers_notes(
    "no-adversary",
    ("For a z that knows nothing of the target, what is the best guess?",),
    ("The loss falls nicely: that is the trap, so show it first.",),
    "Start the mistake: all tiles become one blur; the sliders do nothing.",
    "Average ten digits on a transparency or by hand on a 3 by 3 grid: the mean is what G finds.",
)
teachers_notes(
    "fakes-labelled-real",
    ("Both losses are at zero: is that good?",),
    ("It happens within a hundred steps: be at the charts before you click Train.",),
    "Start the mistake, cover the pictures, vote “works or broken”, uncover.",
    "Find the slip in a printed training loop of twenty lines, in pairs; then run it.",
)
teachers_notes(
    "relu-output",
    ("What is a picture's black here, and can a ReLU say it?",),
    ("Dead means for ever: lowering the rate afterwards does not revive it.",),
    "Start the mistake: flat grey, D right on everything.",
    "Compare the ranges of data and output for five usual pairs (tanh, sigmoid, ReLU); "
    "which go together?",
)
teachers_notes(
    "no-probability",
    ("What is the logarithm of 0, and of -2?",),
    ("The run ends at once; nothing is slow or hung.",),
    "Start the mistake, read the sentence aloud, start the corrected one.",
    "Collect what a network must promise: shape, range, last layer; then each group "
    "breaks one promise on paper.",
)
teachers_notes(
    "turns-apart",
    ("A judge who has left the room: what does a perfect score mean?",),
    ("The run is in two halves: do not stop in the first.",),
    "Start the mistake; at the end G's loss is near 0 and no tile is a digit.",
    "Play it: a D who may not change the rule, and a G who finds the gap; then alternate.",
)
teachers_notes(
    "noise-as-data",
    ("Nothing crashed and no shape is wrong: how would you find it?",),
    ("People look at the losses; the answer is the toggle to real samples.",),
    "Start the mistake: the grid turns to snow, although the real samples are digits.",
    "Write down the five things to draw before any training; the batch that goes into D "
    "comes first.",
)
teachers_notes(
    "lipschitz",
    ("Doubling all outputs doubles the score: what tells the critic to stop?",),
    ("The number is read as a distance; without the bound it is none.",),
    "Start “wgan-no-lipschitz-mistake” and watch D's raw outputs run away.",
    "Three ways to hold a slope, three groups; compare weight norms after a minute.",
)
teachers_notes(
    "vae-with-gan-loss",
    ("Which term asks for *this* picture back?",),
    ("The outputs may look fine: compare each with its input.",),
    "Start the mistake: reconstructions beside inputs do not match.",
    "Strike out the terms of the ELBO one by one: what is lost each time?",
)
teachers_notes(
    "gradients-and-depth",
    ("Sigmoid's steepest slope is 1/4: what is left after eight layers?",),
    ("The axis is logarithmic: say what a step of it means.",),
    "Inside, the probe: move the depth from 2 to 16 with sigmoid.",
    "Groups look for a setting of depth 16 whose bars are level, and explain why it works.",
)
teachers_notes(
    "depth-cured",
    ("Is a healthy gradient enough?",),
    ("Residual connections do not rescue tiny weights here: do not promise it.",),
    "Start “deep-sigmoid” and then the set-up with batch norm.",
    "Fill the lesson's table together, predicting each row before it is run.",
)
teachers_notes(
    "wgan-vs-vae",
    ("Which of the two may leave a kind of picture out, and which may not?",),
    ("The pair of equal shapes takes minutes: use “vae” and “digits-quick” in class.",),
    "Start both for half a minute each and lay the grids side by side.",
    "Vote for “better” twice: as art, and as data for a classifier; then look at "
    "sharpness and coverage.",
)
teachers_notes(
    "a-vae-in-the-plane",
    ("Two clouds and a continuous z: where must the path between them lead?",),
    ("All modes are found at once, so it seems to win: show the share of high quality.",),
    "Start “ring8-vae” and “ring8-r1”: bridges against gaps.",
    "Move beta while it trains and predict each time: sharper or more pulled to the middle?",
)
teachers_notes(
    "beta-vae",
    ("If every nat costs four times as much, what would you still say?",),
    ("The ELBO on the chart is that of beta 1, whatever beta is.",),
    "Start both set-ups: 26 nats against about 10.",
    "Explorers look for sliders that do nothing any more, and count them.",
)
