"""Optimization: the work of loading a graph is done once, before the gate, instead of at every cold start.

optimize.py  a candidate becomes an optimized candidate: the choice of a graph, and its measurements
weights.py   large tensors in one file, which ONNX Runtime maps instead of parsing and copying it
graph.py     the graph that ONNX Runtime's optimizer returns
packing.py   whether a function may pack the weights after its first answer
measure.py   the durations of loading and running
"""

from pilotlight.optimization.optimize import LIMITS, Limits, optimize

__all__ = ["LIMITS", "Limits", "optimize"]
