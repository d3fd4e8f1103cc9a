"""Keras models and SavedModel folders, through TensorFlow and tf2onnx.

keras_adapter.py     Keras; keras_graph.py uses tf2onnx, keras_subprocess.py another process for JAX and PyTorch
keras_call.py        inputs and outputs of a model; keras_trace.py, trace_conversion.py, loops.py: its graph
keras_loading.py     saved Keras models; keras_file.py and keras_h5_file.py check them before
saved_model.py       SavedModel folders, behind saved_model_adapter.py; saved_model_loading.py loads them,
                     saved_model_precision.py computes them in float32
ops/                 operations that tf2onnx lacks or converts wrongly
preprocessing/       words, tables and counts of preprocessing layers as ONNX operators
failures.py          what a refusal says of an operation and its layer; trace_errors.py: of an exception
"""
