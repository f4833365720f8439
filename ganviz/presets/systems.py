"""Five systems as courses teach them, and what goes wrong in each.

Pictures are 28 px grey; every pair differs in nothing but what its lesson is about.
"""

from ganviz.presets.preset import MISTAKES, SYSTEMS, preset
from ganviz.presets.recipes import DCGAN_ADAM, MLP, VAE, Recipe

# without an objective: that is what the minimax presets differ in
MINIMAX: Recipe = dict(
    data="glyphs",
    generator="mlp",
    discriminator="conv",
    latent_dim=100,
    g_hidden=(128, 128),
    d_width=64,
    activation="relu",
    g_norm="none",
    d_norm="none",
    batch_size=128,
    steps=6000,
    **DCGAN_ADAM,
)
VIRTUAL: Recipe = {
    **MLP,
    "g_hidden": (128, 128),
    "d_hidden": (128, 128),
    "activation": "leaky_relu",
    "batch_size": 128,
}
PAIR: Recipe = {**MLP, "latent_dim": 32, "activation": "leaky_relu"}
WGAN: Recipe = {**PAIR, "objective": "wasserstein", "d_steps": 5}
PAIRED_VAE: Recipe = {**PAIR, **VAE, "steps": 10_000}
FLOW: Recipe = {**MLP, "g_hidden": (128, 256), "d_hidden": (256, 128)}

preset(
    "mlp-gan",
    "MLP GAN",
    "The first GAN of many courses: two plain networks, binary cross-entropy, Adam.",
    SYSTEMS,
    "mlp-gan-mistake",
    **MLP,
)
preset(
    "mlp-gan-mistake",
    "MLP GAN, mistake: no adversary",
    "G copies unrelated real pictures pixel by pixel, and ends at one grey average whatever z is.",
    MISTAKES,
    "mlp-gan",
    **{**MLP, "mistake": "mean-squared", "steps": 3000},
)

preset(
    "mlp-gan-weak-d",
    "MLP GAN, D too slow",
    "D moves a hundredth as far as G at each step: the losses look like equilibrium, the pictures "
    "do not.",
    SYSTEMS,
    "mlp-gan",
    **{**MLP, "d_lr": 2e-6, "steps": 3000},
)

preset(
    "mlp-gan-smoothed",
    "MLP GAN, label smoothing",
    "D's target for real samples is 0.9 instead of 1: it never grows quite sure.",
    SYSTEMS,
    "mlp-gan",
    **{**MLP, "label_smoothing": 0.1, "steps": 3000},
)

preset(
    "minimax-gan",
    "Minimax GAN",
    "The value of the 2014 paper itself, which D raises and G lowers; G's gradient starves while "
    "D is winning.",
    SYSTEMS,
    "minimax-gan-cured",
    objective="saturating",
    **MINIMAX,
)
preset(
    "minimax-gan-cured",
    "Minimax GAN, non-saturating",
    "The same networks with the loss that the paper's authors used in practice: strong gradient "
    "where D wins.",
    SYSTEMS,
    "minimax-gan",
    objective="non-saturating",
    **MINIMAX,
)
preset(
    "minimax-gan-sgd",
    "Minimax GAN, plain gradient descent",
    "Each weight moves by its gradient times a fixed step, nothing else: see what Adam is good "
    "for.",
    SYSTEMS,
    "minimax-gan",
    **{**MINIMAX, "objective": "saturating", "optimizer": "sgd", "g_lr": 0.05, "d_lr": 0.05},
)
preset(
    "minimax-gan-mistake",
    "Minimax GAN, mistake: no probability",
    "D hands out a hidden layer in place of its verdict, and its logarithm is not a number: the "
    "run fails at once.",
    MISTAKES,
    "minimax-gan",
    objective="saturating",
    mistake="hidden-layer",
    **MINIMAX,
)

preset(
    "virtual-data",
    "Virtual data",
    "A generator to stand in for a data set: export its samples and read how faithful, useful and "
    "private they are.",
    SYSTEMS,
    "virtual-data-mistake",
    **VIRTUAL,
)
preset(
    "virtual-data-mistake",
    "Virtual data, mistake: fakes labelled real",
    "D's loss never sees a fake label: it learns to say 'real' to everything, and G learns "
    "nothing.",
    MISTAKES,
    "virtual-data",
    **{**VIRTUAL, "mistake": "always-real", "steps": 3000},
)

preset(
    "wgan-vs-vae",
    "WGAN beside VAE: the WGAN",
    "Train this and its partner on the same data: the GAN draws sharply, the VAE softly.",
    SYSTEMS,
    "wgan-vs-vae-vae",
    **{**WGAN, "penalty": "wgan-gp", "penalty_weight": 10.0, "steps": 6000},
)
preset(
    "wgan-vs-vae-vae",
    "WGAN beside VAE: the VAE",
    "Decoder and encoder have the very shapes of the WGAN's generator and critic.",
    SYSTEMS,
    "wgan-vs-vae",
    **PAIRED_VAE,
)
preset(
    "wgan-vs-vae-mistake",
    "WGAN, mistake: noise as data, no Lipschitz bound",
    "The critic is fed noise as real data and nothing bounds its slope: G learns noise, and the "
    "losses run away.",
    MISTAKES,
    "wgan-vs-vae",
    **{**WGAN, "mistake": "noise-as-data", "steps": 2000},
)
preset(
    "wgan-no-lipschitz-mistake",
    "WGAN, mistake: no Lipschitz bound",
    "Real data, but neither clipping nor a penalty: the critic can always do better by growing "
    "its weights.",
    MISTAKES,
    "wgan-vs-vae",
    **{**WGAN, "steps": 2000},
)
preset(
    "wgan-vs-vae-vae-mistake",
    "VAE, mistake: the GAN's loss",
    "A discriminator judges the VAE's pictures: what comes out is no longer what went in.",
    MISTAKES,
    "wgan-vs-vae-vae",
    **{**PAIRED_VAE, "mistake": "gan-loss", "d_lr": 1e-3},
)

preset(
    "gradient-flow",
    "Gradient flow",
    "A small GAN to watch the gradient of every layer; then change depth, activation, "
    "initialisation and norm.",
    SYSTEMS,
    "gradient-flow-mistake",
    **FLOW,
)
preset(
    "gradient-flow-mistake",
    "Gradient flow, mistake: turns apart",
    "All of D's steps come before all of G's: G learns to fool a D that no longer answers, with "
    "pictures of nothing.",
    MISTAKES,
    "gradient-flow",
    **{**FLOW, "mistake": "turns-apart", "steps": 4000},
)
preset(
    "gradient-flow-relu-mistake",
    "Gradient flow, mistake: ReLU at the end",
    "Pictures live in -1 to 1, but G ends in ReLU: it can draw no black, and D sees it at a "
    "glance.",
    MISTAKES,
    "gradient-flow",
    **{**FLOW, "generator": "mlp-relu-mistake", "steps": 6000},
)
