"""Text vectorizers of scikit-learn: the tokens and lower case of ONNX Runtime made equal to Python's."""

from __future__ import annotations

from typing import Any, Final

import onnx

from pilotlight.conversion.sklearn.walk import walk_steps
from pilotlight.core.errors import ConversionError

_VECTORIZERS: Final = ("CountVectorizer", "TfidfVectorizer")
_TOKENS: Final = r"(?u)\b\w\w+\b"
_SAME_TOKENS: Final = r"[\p{L}\p{N}_]{2,}"
"""The default pattern of scikit-learn for ONNX Runtime, whose \\w has ASCII letters alone."""
_LOCALE: Final = b"C.UTF-8"
"""Lambda's image and every current Linux have it. skl2onnx names en_US, which Lambda's image lacks."""


def list_text_options(model: Any) -> dict[int, dict[str, Any]]:
    """Return skl2onnx's options for the text vectorizers in a model.

    Args:
        model: A fitted model.

    Raises:
        ConversionError: A vectorizer has a setting whose graph would answer differently.
    """
    options = {}
    for step in walk_steps(model):
        if type(step).__name__ in _VECTORIZERS:
            _check(step)
            if step.analyzer == "word" and step.token_pattern == _TOKENS:
                options[id(step)] = {"tokenexp": _SAME_TOKENS}
    return options


def set_locale(model: onnx.ModelProto) -> None:
    """Give the string normalizers of a graph a locale that exists where the graph is served, in place."""
    for node in model.graph.node:
        if node.op_type == "StringNormalizer":
            kept = [attribute for attribute in node.attribute if attribute.name != "locale"]
            del node.attribute[:]
            node.attribute.extend([*kept, onnx.helper.make_attribute("locale", _LOCALE)])


def _check(step: Any) -> None:
    known = {
        "sublinear_tf=True": getattr(step, "sublinear_tf", False),
        "stop_words with ngram_range above (1, 1)": step.stop_words is not None and step.ngram_range != (1, 1),
        f"analyzer={step.analyzer!r}": step.analyzer not in ("word", "char"),
        "tokenizer": step.tokenizer is not None,
        "preprocessor": step.preprocessor is not None,
        f"strip_accents={step.strip_accents!r}": step.strip_accents is not None,
    }
    wrong = [name for name, given in known.items() if given]
    if wrong:
        raise ConversionError(
            f"the {type(step).__name__} in train.py",
            f"has {', '.join(wrong)}, for which ONNX has no equal operators",
            "Leave the setting out, or prepare the texts in load() of train.py and in app.py.",
        )
