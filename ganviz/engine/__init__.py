"""Running a training: the loop, its thread, its events and its snapshots."""
