"""What is only about speed: kernels, second-order gradients, optimisers, CUDA graphs, compiling,
precision, and the trial that trusts none of them.

Each part is optional and computes what the plain way computes, to rounding.
"""
