"""The gate: the ONNX model must answer as its source does.

metrics.py    the metrics that a model is judged by, in one table
compare.py    two sets of named arrays: names, shapes, dtypes, then values
answers.py    a model's answers against its source's, over held-out samples: every failure, no exception
sessions.py   named arrays through the session that Lambda uses
graphs.py     the gate for a graph that answers callers itself
function.py   the gate for a function with code of its own
quantized.py  the gate for a quantised model, and what quantising changed
reference.py  the source model and held-out samples
golden.py     reference samples from a file, for a model without its source
"""
