"""Operations on strings that ONNX lacks."""

from __future__ import annotations

from typing import Final

from pilotlight.conversion.tensorflow.preprocessing.builder import Builder

_HASH: Final = "hashes words, which ONNX cannot"

REFUSED: Final = {
    "StringToHashBucketFast": _HASH,
    "StringToHashBucketStrong": _HASH,
    "StringToHashBucket": _HASH,
    "SparseCross": _HASH,
    "SparseCrossV2": _HASH,
    "SparseCrossHashed": _HASH,
    "RegexReplace": "replaces a pattern that it computes, which ONNX cannot",
    "RegexFullMatch": "compares texts with a pattern that it computes, which ONNX cannot",
    "StaticRegexFullMatch": "compares texts with a pattern, which TensorFlow and ONNX do by different rules",
    "StringSplit": "splits texts in TensorFlow's old way, which ONNX lacks",
    "StringStrip": "strips texts, which ONNX cannot",
    "StringLength": "counts the characters of texts, which ONNX cannot",
    "StringFormat": "formats texts, which ONNX cannot",
    "Substr": "takes a part of a text, which ONNX cannot",
    "ReduceJoin": "joins the texts of an array, which ONNX cannot",
    "StringToNumber": "reads numbers from texts, which ONNX does by other rules",
    "UnicodeEncode": "makes texts of code points, which ONNX cannot",
    "UnicodeTranscode": "changes the encoding of texts, which ONNX cannot",
    "UnicodeDecodeWithOffsets": "computes with the code points of characters, which ONNX cannot",
    "DecodeBase64": "decodes base64, which ONNX cannot",
    "DecodeRaw": "reads numbers from bytes, which ONNX cannot",
    "LookupTableSizeV2": "asks for the size of a table, which ONNX cannot",
}
"""What a layer does, for the message, by TensorFlow's name of the operation."""


def refuse_operation(builder: Builder) -> None:
    """Raise ConversionError: ONNX lacks the operation."""
    builder.refuse(REFUSED[builder.node.type])
