"""Teacher's notes of the lessons about the game and its modes."""

from __future__ import annotations

from ganviz.lessons.notes import teachers_notes

teachers_notes(
    "the-game",
    (
        "Whose loss would you like to see at zero, and what would that mean for the other player?",
        "D(x) and D(G(z)) meet near 1/2: is D bad, or is G good?",
    ),
    (
        "People read G's loss as its quality; point at the pictures whenever it rises.",
        "The MLP GAN beside it takes many minutes: do not wait for it.",
    ),
    "Vote, start “digits-classic”, stop at half a minute, reveal: both verdicts near 1/2.",
    "Add the second vote after talking in pairs; then let everybody enlarge one tile and "
    "tell its story from noise to digit.",
)
teachers_notes(
    "vanishing-gradient",
    (
        "Where is log(1 - D) flat: where G wins or where it loses?",
        "Why is the fixed point the same with the other loss?",
    ),
    (
        "In joint training G often escapes before it starves: show the frozen probe in "
        "Inside, not the run.",
    ),
    "Inside, freeze G: the two curves part within seconds.",
    "Draw both losses over D(G(z)) on the board first, vote, then start both set-ups with "
    "one seed and compare them in Runs.",
)
teachers_notes(
    "d-too-strong",
    (
        "Can a teacher who is never wrong still teach?",
        "Which sign would you look for first: a loss, or the histograms?",
    ),
    ("No clean failure comes: G goes on, with fewer classes. Say so before they wait for one.",),
    "Start “mlp-gan”; show D's two histograms in Inside: they do not overlap.",
    "Let the class lower D's learning rate by proposals, one at a time, and watch G's "
    "gradient bars.",
)
teachers_notes(
    "d-too-weak",
    ("Both losses look like equilibrium: what else could be so?",),
    ("Losses alone convince; cover the pictures first, then show them.",),
    "Show the charts with the pictures hidden, vote on how varied they are, then reveal.",
    "Two groups argue from the charts alone, “it has converged” against “it has learnt "
    "nothing”; then the pictures decide.",
)
teachers_notes(
    "learning-rate",
    (
        "How far does a weight move in a step of Adam at a rate of 0.1?",
        "What breaks first: losses, weights or samples?",
    ),
    ("Tenfold rates still work on this ring: only a hundredfold fail.",),
    "Start “ring8-too-fast”, then “ring8”: one freezes, one learns.",
    "Move the rate of a running “ring8” up by tens until it breaks, then back: some runs "
    "recover, some do not. Ask why.",
)
teachers_notes(
    "oscillation",
    ("Each player follows its own gradient: why is there no valley to roll into?",),
    ("The hop is quick: scrub back slowly, or it is missed.",),
    "Start “ring8-collapse” and count, all together, how often the crowd moves.",
    "Walk it: one student is G, one is D, each reacts to where the other was; then start "
    "R1 and see the friction.",
)
teachers_notes(
    "plain-gradient-descent",
    ("One rate for all weights: for whom is it too small, for whom too large?",),
    ("Both runs need the same seed, or luck is compared.",),
    "Start both set-ups for ten seconds each and lay the two grids side by side.",
    "Read the update-to-weight ratio of each layer in Inside for both, and let groups "
    "propose a better single rate.",
)
teachers_notes(
    "label-smoothing",
    ("Why is only the real label smoothed?",),
    ("The pictures do not get better here: the point is D's certainty. Do not promise more.",),
    "Vote on D(x), run, reveal: below 0.9.",
    "Work out the best logit, ln 9, on the board; then compare the dashed lines of both set-ups.",
)
teachers_notes(
    "mode-collapse",
    (
        "Each sample looks perfect: what is wrong?",
        "Could a D that sees one sample at a time ever notice?",
    ),
    ("The high-quality share is read as success: show the count of modes beside it.",),
    "Start “ring8-collapse”, stop at half a minute, scrub back: the crowd hops.",
    "Vote, run, discuss “how could D notice?”, vote again on a remedy, then start R1 and "
    "PacGAN from the next lesson.",
)
teachers_notes(
    "keeping-the-modes",
    ("Which of the three changes D's surface, and which changes what D sees?",),
    ("On the soft ring all three work: the difference shows only in the harder sets.",),
    "Start “ring8-r1”: eight modes within half a minute.",
    "Three groups, one remedy each: explain it in two sentences, then run it in front of all.",
)
teachers_notes(
    "luck-of-the-seed",
    ("How many runs would you want to see before you believe a difference?",),
    ("Everybody looks at the last picture; the lesson is in the picture at five seconds.",),
    "Start “ring8” with seeds 0, 1 and 2, stop each after five seconds, compare.",
    "Each group bets on a seed; write all counts of modes on the board and compare their "
    "spread with a published difference.",
)
teachers_notes(
    "limits-of-a-fix",
    ("R1 saved the modes before: what has changed?",),
    ("It is taken as “R1 is bad”. It is the pace that changed, not the penalty.",),
    "Start “ring8-r1-fast-g”: R1 alone no longer holds the modes.",
    "Sort on the board: shape of D, what D sees, pace of the game. Where does each remedy "
    "so far belong?",
)
teachers_notes(
    "spectral-norm",
    ("The modes are 0.05 wide: how steep must D be to tell a sample beside one?",),
    ("It is taken as “spectral norm is useless”; on pictures it is a dependable stabiliser.",),
    "Start “ring8-spectral” and look at D's surface: one hill, no eight peaks.",
    "Estimate the slope that is needed from the width of a mode, then compare with R1's surface.",
)
teachers_notes(
    "asking-for-a-class",
    ("What would stop G from drawing a perfect 3 for every label?",),
    ("Columns are classes here: point along a column, not a row.",),
    "Start “digits-quick”: columns become digits within seconds; let people call out a digit.",
    "Explorers take one z through all ten classes: what stays (slant, thickness), what changes?",
)
teachers_notes(
    "walking-in-latent-space",
    ("How long is the point half-way between two random vectors?",),
    ("On easy runs lerp looks fine, too: look at the faint middle, or lower psi.",),
    "Set A and B, switch slerp and lerp.",
    "Throw coins: how often do 16 of them give nearly all heads? Lengths in many "
    "dimensions follow; then let everybody look for the faintest middle.",
)
teachers_notes(
    "checkerboard",
    ("Can a network that has learnt nothing have a habit?",),
    ("Enlarge a tile of step 0, or nobody sees it.",),
    "Start “digits-dcgan”, scrub to step 0, enlarge.",
    "Do a transposed convolution by hand with ones on paper: which pixels are written twice?",
)
