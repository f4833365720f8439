"""The usual ways to write it, from their published recipes: the loop that a user would otherwise
start from.

Each file cites its recipe. The code is this project's own; what is kept is what makes the step:
networks, losses, data loading, optimisers, reading the losses at every step. Saving of pictures is
left out, in the peer's favour. The networks (`benchmarks.networks`) are the recipe's own, and
ganviz trains the very same ones.
"""
