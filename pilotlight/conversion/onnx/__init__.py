"""ONNX files from elsewhere.

import_onnx.py       any ONNX file becomes a candidate
adapter.py           ONNX files that a train.py returns
zip_maps.py          ZipMap undone
lower_versions.py    a file that is too new, converted down; engine_support.py says what ONNX Runtime reads
"""
