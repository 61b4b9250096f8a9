"""What a run measures: computed here from outputs and weights, kept in ``results.json``."""
