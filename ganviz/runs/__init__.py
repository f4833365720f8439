"""The run folder: written by one process, readable by any other from its files alone."""
