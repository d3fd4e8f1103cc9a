"""tf.strings.regex_replace, for patterns that cut a text without ambiguity.

ONNX Runtime's Tokenizer finds the pieces of a text by a regular expression of the same library (RE2), StringSplit cuts
at a fixed text, and the pieces are joined again. This is exact for one class of characters, repeated or not, and for
a fixed text. The punctuation of TextVectorization is such a class.
"""

from __future__ import annotations

import re
from typing import Final

from pilotlight.conversion.tensorflow.preprocessing.builder import CONTRIB, Builder
from pilotlight.conversion.tensorflow.preprocessing.join import join_pieces

_CLASS: Final = re.compile(r"(\[(?:\[:\^?\w+:\]|\\.|[^\]\\\[])+\]|\\[sSdDwW])(\+?)", re.DOTALL)
_FIXED: Final = re.compile(r"(?:\\[^\w\s]|[^\\.^$*+?()\[\]{}|])+", re.DOTALL)


def rewrite_replace(builder: Builder) -> None:
    """Replace StaticRegexReplace.

    Raises:
        ConversionError: The pattern is neither a class of characters nor a fixed text.
    """
    node = builder.node
    pattern, rewrite = node.get_attr_str("pattern"), node.get_attr_str("rewrite")
    if not node.get_attr_value("replace_global", 1):
        builder.refuse(f"replaces only the first match of {pattern!r}, which ONNX cannot")
    text = node.input[0]
    rows = builder.flatten(text)
    if "\\" in rewrite:
        builder.refuse(f"replaces {pattern!r} by parts of the match, which ONNX cannot")
    if found := _CLASS.fullmatch(pattern):
        pieces = _cut_at_class(builder, rows, found[1], found[2], rewrite)
    elif _FIXED.fullmatch(pattern):
        pieces = _cut_at_text(builder, rows, re.sub(r"\\(.)", r"\1", pattern), rewrite)
    else:
        builder.refuse(f"replaces matches of {pattern!r}, which ONNX can for one class of characters or a fixed text")
    builder.answer(builder.reshape(join_pieces(builder, pieces), builder.add("Shape", text)))


def _cut_at_class(builder: Builder, rows: str, characters: str, repeated: str, rewrite: str) -> str:
    """Return the pieces between characters of a class, with `rewrite` in the place of matches."""
    others = _negate(characters)
    expression = f"{characters}{repeated}|{others}+" if rewrite else f"{others}+"
    pieces = builder.apply_to_rows(
        rows, "Tokenizer", domain=CONTRIB, mark=0, mincharnum=1, pad_value="", tokenexp=expression
    )
    if not rewrite:
        return pieces
    matches = builder.add("RegexFullMatch", pieces, pattern=f"{characters}+")
    return builder.add("Where", matches, builder.words(rewrite), pieces)


def _negate(characters: str) -> str:
    if characters.startswith("[^"):
        return f"[{characters[2:]}"
    return f"[^{characters[1:]}" if characters.startswith("[") else f"[^{characters}]"


def _cut_at_text(builder: Builder, rows: str, fixed: str, rewrite: str) -> str:
    """Return the pieces between a fixed text, with `rewrite` before each but the first."""
    pieces, counts = builder.add_many("StringSplit", [rows], 2, delimiter=fixed)
    if not rewrite:
        return pieces
    columns = builder.add(
        "Range", builder.scalar(0), builder.add("Squeeze", builder.size(pieces, 1)), builder.scalar(1)
    )
    inside = builder.add("Less", columns, builder.add("Unsqueeze", counts, builder.ints(1)))
    later = builder.add("And", inside, builder.add("Greater", columns, builder.scalar(0)))
    before = builder.add("Where", later, builder.words(rewrite), builder.words(""))
    return builder.add("StringConcat", before, pieces)
