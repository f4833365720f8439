"""Questions that are asked of a set-up apart from a run: gradients at initialisation, a frozen
generator, mode coverage, several seeds at once."""
