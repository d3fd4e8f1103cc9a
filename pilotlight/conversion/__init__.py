"""Conversion: a framework's model becomes ONNX, and an ONNX file becomes a candidate.

    adapter.py           what a framework must provide
    adapters.py          the list of frameworks, and the adapter of a model
    convert.py           one model becomes a candidate
    convert_exported.py  several graphs and assets become a candidate
    tensorflow/          Keras and TensorFlow SavedModels
    sklearn/             scikit-learn, LightGBM, XGBoost and CatBoost
    torch/               PyTorch
    onnx/                ONNX files from elsewhere
    graph.py             ONNX files and the signature that a graph declares
    external_data.py     weights in files beside the graph
    labels.py            class names as an output of the graph; label_ties.py judges classes whose scores tie
    input_ranges.py      the values that inputs take; table_sizes.py reads the ranges that the graph fixes, and
                         category_tables.py the categories
    guards.py            operators that would end the process on some inputs
    canonicalize.py      one order and one set of names, so that equal models have equal bytes

This package imports a framework only once it has a model of it.
"""

from pilotlight.conversion.adapter import Adapter
from pilotlight.conversion.adapters import find_adapter, find_adapter_for_file, find_model_kind
from pilotlight.conversion.convert import check_signature, convert
from pilotlight.conversion.convert_exported import convert_exported
from pilotlight.conversion.graph import read_opset, read_signature
from pilotlight.conversion.label_ties import resolve_label_ties
from pilotlight.conversion.labels import add_labels, compute_labels, resolve_ties
from pilotlight.conversion.onnx.import_onnx import import_onnx
from pilotlight.conversion.tensorflow.keras_loading import build_in_float32

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
