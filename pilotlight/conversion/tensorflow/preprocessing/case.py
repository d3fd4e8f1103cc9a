"""tf.strings.lower and upper as StringNormalizer."""

from __future__ import annotations

from typing import Final

from pilotlight.conversion.tensorflow.preprocessing.builder import Builder

_ACTIONS: Final = {"StringLower": "LOWER", "StringUpper": "UPPER"}


def rewrite_case(builder: Builder) -> None:
    """Replace StringLower or StringUpper, which change only ASCII letters.

    StringNormalizer does the same in the locale C. In another one it would change letters such as É too.

    Raises:
        ConversionError: The layer changes letters beyond ASCII, by Unicode's rules.
    """
    if builder.node.get_attr_str("encoding"):
        builder.refuse("changes the case of letters beyond ASCII, which ONNX does by other rules")
    text = builder.node.input[0]
    action = _ACTIONS[builder.node.type]
    changed = builder.apply_to_rows(
        builder.flatten(text), "StringNormalizer", domain="", case_change_action=action, locale="C"
    )
    builder.answer(builder.reshape(changed, builder.add("Shape", text)))
