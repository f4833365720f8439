"""The smallest run that is one: 8 px digits through small plain layers, a millisecond a step."""

DIGITS = {
    "data": "digits",
    "image_size": 8,
    "generator": "mlp",
    "discriminator": "mlp",
    "g_hidden": (16,),
    "d_hidden": (16,),
    "g_norm": "none",
    "latent_dim": 4,
    "batch_size": 16,
}
# a tick after every few steps, so that a short run shows itself
OFTEN = {"tick_seconds": 0.02, "sample_seconds": 0.05}
