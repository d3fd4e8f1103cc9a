"""Conversion: a framework's model becomes ONNX, an ONNX file becomes a candidate.

    adapter.py        what a framework must offer
    adapters.py       the list of them, and who takes a model
    keras_adapter.py  Keras, through tf2onnx
    sklearn_adapter.py  scikit-learn, through skl2onnx
    onnx_adapter.py   ONNX as it is
    canonical.py      one model, one sequence of bytes
    labels.py         names of classes as an output of the graph
    convert.py        model in, candidate out
    exported.py       several graphs and assets in, candidate out
    graph.py          opening ONNX files; the signature that a graph declares
    external.py       weights that lie beside the graph
    importing.py      any ONNX file in, candidate out

Nothing here imports a framework before a model of it is at hand.
"""

from pilotlight.conversion.adapter import Adapter
from pilotlight.conversion.adapters import find_adapter, find_adapter_for_file
from pilotlight.conversion.convert import check_signature, convert
from pilotlight.conversion.convert_exported import convert_exported
from pilotlight.conversion.graph import read_opset, read_signature
from pilotlight.conversion.import_onnx import import_onnx
from pilotlight.conversion.labels import add_labels, compute_labels, resolve_ties

__all__ = [
    "Adapter",
    "add_labels",
    "check_signature",
    "compute_labels",
    "convert",
    "convert_exported",
    "find_adapter",
    "find_adapter_for_file",
    "import_onnx",
    "read_opset",
    "read_signature",
    "resolve_ties",
]
