"""Keras models and SavedModel folders, through TensorFlow and tf2onnx.

keras_adapter.py     Keras; keras_graph.py uses tf2onnx, keras_subprocess.py another process for JAX and PyTorch
keras_loading.py     saved Keras models; keras_file.py and keras_h5_file.py check them before
saved_model.py       SavedModel folders, behind saved_model_adapter.py
ops/                 operations that tf2onnx lacks or converts wrongly
preprocessing/       words, tables and counts of preprocessing layers as ONNX operators
failures.py          what a refusal says of an operation and its layer
"""
