"""tf.strings.unicode_split: the characters of each text.

TensorFlow decodes the text to code points and encodes each of them again. ONNX has no code points. So the strings of
the characters take their place, and the encoding keeps them.
"""

from __future__ import annotations

from typing import Any, Final

from pilotlight.conversion.tensorflow.preprocessing.builder import Builder
from pilotlight.conversion.tensorflow.preprocessing.rows import read_row_splits
from pilotlight.conversion.tensorflow.preprocessing.split import tokenize

_CHARACTER: Final = "(?s:.)"
_MOVES: Final = ("Reshape", "ExpandDims", "Identity", "Squeeze")
"""Operations that move code points and do not look at them."""
_COUNTS: Final = ("Shape", "Size")


def rewrite_characters(builder: Builder) -> None:
    """Replace UnicodeDecode and the UnicodeEncode that follows it.

    Raises:
        ConversionError: The code points are used in another way.
    """
    graph, node = builder.graph, builder.node
    ends = list(_find_encodings(builder, node.output[1]))
    text = node.input[0]
    characters = tokenize(builder, text, _CHARACTER)
    inside = builder.add("Not", builder.add("Equal", characters, builder.words("")))
    values = builder.add("Compress", builder.flatten(characters), builder.flatten(inside))
    counts = builder.add("ReduceSum", builder.cast(inside, 7), builder.ints(1), keepdims=0)
    splits = builder.cast(read_row_splits(builder, counts), graph.get_dtype(node.output[0]))
    for end in ends:
        builder.at(end).answer(values)
    builder.answer(splits, values)


def _find_encodings(builder: Builder, points: str) -> list[Any]:
    """Return the UnicodeEncode nodes that encode each code point alone."""
    found, waiting = [], [points]
    while waiting:
        name = waiting.pop()
        for node in builder.graph.find_output_consumers(name):
            if node.type in _MOVES:
                waiting += node.output
            elif node.type == "UnicodeEncode" and _is_range(builder, node.input[1]):
                found.append(node)
            elif node.type not in _COUNTS:
                builder.refuse("computes with the code points of characters, which ONNX cannot")
    return found


def _is_range(builder: Builder, splits: str) -> bool:
    """Return whether rows have one element each: the splits are 0, 1, 2 and so on."""
    node = builder.graph.get_node_by_output(splits)
    while node is not None and node.type in {"Mul", "Identity", "Cast"}:
        if node.type == "Mul" and builder.read_constant(node.input[1]) != 1:
            return False
        node = builder.graph.get_node_by_output(node.input[0])
    if node is None or node.type != "Range":
        return False
    return bool(builder.read_constant(node.input[0]) == 0 and builder.read_constant(node.input[2]) == 1)
