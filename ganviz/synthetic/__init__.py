"""Virtual data: a data set drawn from a trained generator, and a report on what it kept of the real
one and what it leaks."""
