"""What a refusal says of an exception that TensorFlow, Keras or tf2onnx raised while a model was traced."""

from __future__ import annotations

import re
from typing import Final

from pilotlight.core.errors import ConversionError
from pilotlight.core.exception_text import kind_and_first_line

_IN_CALL: Final = re.compile(r"Exception encountered when calling (\S+\.call\(\))\.\s*\x1b\[1m(.+?)\x1b\[0m", re.DOTALL)
"""How Keras reports what the call of a layer raised."""
_LONGEST: Final = 200
_CALL_HINT: Final = (
    "It runs eagerly only: use functions of keras.ops in it that docs/what-converts.md lists as those that work."
)
_HINT: Final = "Change the layer it names, or `opset` under [conversion] in model.toml."


def explain_trace_error(error: Exception, where: str, opset: int) -> ConversionError:
    """Return the refusal of a model that raised an exception.

    Args:
        error: The exception.
        where: The name of the model in an error.
        opset: The version of ONNX's default operator set.
    """
    if found := _IN_CALL.search(str(error)):
        reason = found[2].strip().splitlines()[0].split(". ")[0][:_LONGEST]
        what = f"cannot be converted to ONNX opset {opset}: TensorFlow cannot trace {found[1]} ({reason})"
        return ConversionError(where, what, _CALL_HINT)
    what = f"cannot be converted to ONNX opset {opset} ({kind_and_first_line(error)})"
    return ConversionError(where, what, _HINT)
