"""tf.strings.ngrams: neighbouring words, joined."""

from __future__ import annotations

from pilotlight.conversion.tensorflow.preprocessing.builder import Builder
from pilotlight.conversion.tensorflow.preprocessing.rows import (
    as_int64,
    count_rows,
    find_rows,
    number_positions,
    read_row_splits,
)


def rewrite_ngrams(builder: Builder) -> None:
    """Replace StringNGrams.

    Raises:
        ConversionError: It pads rows, or keeps rows that are shorter than an n-gram.
    """
    node = builder.node
    if node.get_attr_value("pad_width", 0) or node.get_attr_value("preserve_short_sequences", 0):
        builder.refuse("pads the rows of its n-grams, which ONNX cannot")
    widths = [int(width) for width in node.get_attr_value("ngram_widths")]
    separator = node.get_attr_str("separator")
    words, splits = node.input[0], as_int64(builder, node.input[1])
    rows = find_rows(builder, splits, words)
    most = max(widths)
    # Words that no row has stand after the last one, so that each position has `most` words.
    longer = builder.add("Concat", words, builder.words(*[""] * most), axis=0)
    row_of = builder.add("Concat", rows, builder.ints(*[-1] * most), axis=0)
    grams, valid, keys = [], [], []
    for order, width in enumerate(widths):
        grams.append(_join(builder, longer, words, width, separator))
        last = _shift(builder, row_of, words, width - 1)
        valid.append(builder.add("Equal", rows, last))
        keys.append(builder.add("Add", builder.add("Mul", rows, builder.scalar(len(widths))), builder.scalar(order)))
    inside = builder.add("Concat", *valid, axis=0)
    kept = builder.add("Compress", builder.add("Concat", *grams, axis=0), inside)
    order_keys = builder.add("Compress", builder.add("Concat", *keys, axis=0), inside)
    count = builder.add("Sub", builder.size(splits, 0), builder.ints(1))
    of_row = builder.add("Div", order_keys, builder.scalar(len(widths)))
    counts = count_rows(builder, of_row, count)
    ends = builder.cast(read_row_splits(builder, counts), builder.graph.get_dtype(node.output[1]))
    builder.answer(_sort(builder, kept, order_keys), ends)


def _shift(builder: Builder, longer: str, words: str, by: int) -> str:
    """Return the elements that lie `by` positions later."""
    return builder.slice(longer, builder.ints(by), builder.add("Add", builder.size(words, 0), builder.ints(by)))


def _join(builder: Builder, longer: str, words: str, width: int, separator: str) -> str:
    gram = words
    for by in range(1, width):
        gram = builder.add(
            "StringConcat",
            builder.add("StringConcat", gram, builder.words(separator)),
            _shift(builder, longer, words, by),
        )
    return gram


def _sort(builder: Builder, grams: str, keys: str) -> str:
    """Order n-grams by row and width, and those of one row and width by their position."""
    size = builder.size(keys, 0)
    scale = builder.add("Squeeze", builder.add("Add", size, builder.ints(1)))
    unique = builder.add("Add", builder.add("Mul", keys, scale), number_positions(builder, keys))
    _, order = builder.add_many("TopK", [unique, size], 2, axis=0, largest=0, sorted=1)
    return builder.add("Gather", grams, order)
