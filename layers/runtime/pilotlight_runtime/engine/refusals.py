"""Tells a model that refuses an input from a model that fails.

ONNX Runtime reports both alike: a kernel returns INVALID_ARGUMENT, FAIL or RUNTIME_EXCEPTION. Which of them it returns
for a wrong input depends on the operator: Gather the first, Add the second, Cast from text the third. So the input is
at fault where the kernel says so, or where the graph has answered other inputs: of this process, or of the gate before
it was published, which the manifest tells (see refused_inputs.py). It is not at fault where memory runs out, and not in
a graph that has never answered: such a graph may be broken. This module is imported when a run fails.
"""

import re

from pilotlight_runtime.engine.abi import OrtError
from pilotlight_runtime.errors import InferenceFailed
from pilotlight_runtime.light_typing import Final, Mapping
from pilotlight_runtime.tensor import Tensor

_FAILED: Final = "the model failed on this input"

FAIL: Final = 1
INVALID_ARGUMENT: Final = 2
RUNTIME_EXCEPTION: Final = 6
"""`OrtErrorCode`."""

_FROM_A_KERNEL: Final = frozenset({FAIL, RUNTIME_EXCEPTION})
_NO_NUMBER: Final = {"stod", "stof", "stoll", "stoull"}
"""All that Cast says where a text is no number that fits: the function of C++ that has thrown."""
_NO_MEMORY: Final = ("bad_alloc", "Failed to allocate memory", "Available memory")
_KERNEL: Final = re.compile(
    r"Non-zero status code returned while running (?P<operator>\w+) node\. Name:'.*?' Status Message: (?P<message>.*)",
    re.DOTALL,
)
_LONGEST: Final = 200
_SOURCE: Final = "/onnxruntime_src/"
"""In messages of failed assertions, which begin with a path and a function of ONNX Runtime's source."""
_ASSERTION: Final = " was false. "
"""After it, an assertion may say what is wrong."""
_PLACE: Final = re.compile(r"^\w+\.(?:cc|h):\d+ \S+ ")
"""The file, line and function before other messages."""


def explain_failure(error: OrtError, inputs: Mapping[str, Tensor], *, answered: bool) -> InferenceFailed:
    """Makes the error of a run that failed.

    Args:
        error: What ONNX Runtime reports.
        inputs: What the graph got.
        answered: Whether the graph has ever answered in this process.

    Returns:
        The error, with an explanation where the input is at fault, or is where the graph is known to be sound.
    """
    operator, message = _read(str(error))
    if any(sign in str(error) for sign in _NO_MEMORY):
        return InferenceFailed(_FAILED)
    known = error.code == INVALID_ARGUMENT or message in _NO_NUMBER
    if not known and not (operator and error.code in _FROM_A_KERNEL):
        return InferenceFailed(_FAILED)
    where = f" in its operator {operator}" if operator else ""
    detail = "a text is no number that fits" if message in _NO_NUMBER else _shorten(message)
    explanation = f"the model refuses this input{where}" + (f": {detail}" if detail else "")
    doubtful = not (known or answered)
    return InferenceFailed(_FAILED, explanation=explanation, tensors=tuple(inputs.values()), doubtful=doubtful)


def _read(message: str) -> tuple[str, str]:
    """The operator and the message of the innermost kernel; the operator is "" where no kernel failed."""
    operator = ""
    while found := _KERNEL.match(message):
        operator, message = found["operator"], found["message"]
    return operator, message


def _shorten(message: str) -> str:
    """What a kernel says, for a caller: one line of printable ASCII; "" where it says nothing that helps."""
    if _SOURCE in message:
        if "overflow" in message:
            return "a size is too large"
        message = message.rpartition(_ASSERTION)[2] if _ASSERTION in message else ""
    text = " ".join(_PLACE.sub("", message).split())
    if not (text.isascii() and text.isprintable()):
        return ""
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."
