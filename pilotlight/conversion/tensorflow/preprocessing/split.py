"""tf.strings.split: the words of each text, as TensorFlow's sparse triple of positions, words and shape."""

from __future__ import annotations

from typing import Final

import numpy as np

from pilotlight.conversion.tensorflow.preprocessing.builder import CONTRIB, Builder

_WORD: Final = "[^ \t\n\v\f\r]+"
"""TensorFlow splits only at ASCII's white space."""


def rewrite_split(builder: Builder) -> None:
    """Replace StringSplitV2.

    Raises:
        ConversionError: The separator is computed, or the number of splits is limited.
    """
    text, separator = builder.node.input
    fixed = builder.read_constant(separator)
    if fixed is None:
        builder.refuse("splits at a text that it computes, which ONNX cannot")
    if builder.node.get_attr_value("maxsplit", -1) >= 0:
        builder.refuse("splits a text a limited number of times, which ONNX cannot")
    delimiter = np.asarray(fixed).reshape(-1)[0]
    delimiter = delimiter.decode() if isinstance(delimiter, bytes) else str(delimiter)
    if delimiter:
        words, inside = _split_at(builder, text, delimiter)
    else:
        words = tokenize(builder, text, _WORD)
        inside = builder.add("Not", builder.add("Equal", words, builder.words("")))
    indices = builder.add("Transpose", builder.add("NonZero", inside), perm=[1, 0])
    values = builder.add("Compress", builder.flatten(words), builder.flatten(inside))
    builder.answer(indices, values, builder.add("Shape", words))


def tokenize(builder: Builder, text: str, expression: str) -> str:
    """Return the matches of an expression in each text, of shape [texts, most matches], with blanks after the last."""
    return builder.apply_to_rows(
        text, "Tokenizer", domain=CONTRIB, mark=0, mincharnum=1, pad_value="", tokenexp=expression
    )


def _split_at(builder: Builder, text: str, delimiter: str) -> tuple[str, str]:
    """Return the parts between a delimiter, and which of them are parts. A blank text has one blank part."""
    parts, counts = builder.add_many("StringSplit", [text], 2, delimiter=delimiter)
    rows = builder.size(text, 0)
    blank = builder.add("Expand", builder.words(""), builder.add("Concat", rows, builder.ints(1), axis=0))
    wider = builder.add("Concat", parts, blank, axis=1)
    most = builder.add(
        "ReduceMax", builder.add("Concat", counts, builder.ints(1), axis=0), keepdims=1
    )  # the column that was added is needed only for blank texts
    words = builder.slice(wider, builder.ints(0), most, 1)
    counts = builder.add("Max", counts, builder.ints(1))
    columns = builder.add("Range", builder.scalar(0), builder.add("Squeeze", most), builder.scalar(1))
    return words, builder.add("Less", columns, builder.add("Unsqueeze", counts, builder.ints(1)))
