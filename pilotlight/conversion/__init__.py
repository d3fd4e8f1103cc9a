"""Conversion: a framework's model becomes ONNX, and an ONNX file becomes a candidate.

    adapter.py           what a framework must provide
    adapters.py          the list of frameworks, and the adapter of a model
    convert.py           one model becomes a candidate
    convert_exported.py  several graphs and assets become a candidate
    import_onnx.py       any ONNX file becomes a candidate
    keras_adapter.py     Keras; keras_graph.py uses tf2onnx, keras_subprocess.py another process for JAX and PyTorch
    keras_loading.py     saved Keras models; keras_file.py and keras_h5_file.py check them before
    keras_preprocessing/ words, tables and counts of preprocessing layers as ONNX operators
    saved_model.py       SavedModel folders of TensorFlow
    sklearn_adapter.py   scikit-learn; sklearn_graph.py uses skl2onnx, sklearn_outputs.py has the table of outputs
    sklearn_converters/  converters for estimators that skl2onnx has none for
    boosting_adapter.py  LightGBM, XGBoost and CatBoost
    torch_adapter.py     PyTorch; torch_graph.py uses torch.onnx.export, torch_calls.py calls a module, torch_file.py
                         loads one, and torch_script.py converts TorchScript
    onnx_adapter.py      ONNX files, which need no conversion
    graph.py             ONNX files and the signature that a graph declares
    external_data.py     weights in files beside the graph
    labels.py            class names as an output of the graph; label_ties.py judges classes whose scores tie
    input_ranges.py      the values that inputs take; table_sizes.py reads those that the graph fixes
    zip_maps.py          ZipMap undone in imported files
    canonicalize.py      one order and one set of names, so that equal models have equal bytes

This package imports a framework only once it has a model of it.
"""

from pilotlight.conversion.adapter import Adapter
from pilotlight.conversion.adapters import find_adapter, find_adapter_for_file, find_model_kind
from pilotlight.conversion.convert import check_signature, convert
from pilotlight.conversion.convert_exported import convert_exported
from pilotlight.conversion.graph import read_opset, read_signature
from pilotlight.conversion.import_onnx import import_onnx
from pilotlight.conversion.keras_loading import build_in_float32
from pilotlight.conversion.label_ties import resolve_label_ties
from pilotlight.conversion.labels import add_labels, compute_labels, resolve_ties

__all__ = [
    "Adapter",
    "add_labels",
    "build_in_float32",
    "check_signature",
    "compute_labels",
    "convert",
    "convert_exported",
    "find_adapter",
    "find_adapter_for_file",
    "find_model_kind",
    "import_onnx",
    "read_opset",
    "read_signature",
    "resolve_label_ties",
    "resolve_ties",
]
