"""Side-by-side measurements: ganviz against the bare loop of the same maths, and against the usual
scripts."""
