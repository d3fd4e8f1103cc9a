"""Optimisation: what loading would do at every cold start is done once, before the gate.

weights.py   large tensors into one file that ONNX Runtime maps instead of parsing and copying it
graph.py     the graph as ONNX Runtime's own optimiser leaves it
measure.py   what loading and running take
optimize.py  candidate in, candidate out: the choice and its figures
"""

from pilotlight.optimization.optimize import LIMITS, Limits, optimize

__all__ = ["LIMITS", "Limits", "optimize"]
