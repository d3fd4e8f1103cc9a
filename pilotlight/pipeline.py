"""The way of a model, stage by stage: each takes a value and returns a value; the command line only starts it."""
