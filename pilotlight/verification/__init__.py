"""The gate: the ONNX model must return the same outputs as its source, or it is not published.

metrics.py          the metrics of a model, in one table
compare_arrays.py   two sets of named arrays: names, shapes, dtypes, then values
compare_outputs.py  the outputs of a model and of its source, on held-out samples
sessions.py         named arrays through the session that Lambda uses
graphs.py           the gate for a graph that answers callers itself
function.py         the gate for a function with code of its own
quantized.py        the gate for a quantized model, and the effect of quantization
reference.py        the source model and held-out samples
golden.py           reference samples from a file, for a model without its source
"""
