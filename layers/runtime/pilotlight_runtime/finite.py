"""For models that take measured numbers: refuses NaN and infinity, which binary tensors can carry and JSON cannot.

A decision tree would send a NaN down one branch and answer as if nothing were wrong.
"""

from __future__ import annotations

import math
import struct

from pilotlight_runtime.messages import summarize
from pilotlight_runtime.session import Session
from pilotlight_runtime.tensor import Tensor


def predict_finite(session: Session, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
    """Runs the session on finite numbers; give it to model_handler as `predict`.

    Args:
        session: The opened graph.
        inputs: The input tensors by name.

    Returns:
        Every output of the session by name.

    Raises:
        InvalidRequest: An input holds NaN or infinity; the message names the first such element.
    """
    for name, tensor in inputs.items():
        check_finite(name, tensor)
    names = [spec.name for spec in session.signature.outputs]
    return dict(zip(names, session.run(inputs, names), strict=True))


def check_finite(name: str, tensor: Tensor) -> None:
    """Raises InvalidRequest where the input `name` is FP16, FP32 or FP64 and holds NaN or infinity."""
    if tensor.datatype.format not in tuple("efd"):
        return
    values = struct.unpack(f"<{tensor.count}{tensor.datatype.format}", tensor.buffer)
    if math.isfinite(sum(values)):
        return
    for index, value in enumerate(values):  # the sum of finite numbers may overflow
        if not math.isfinite(value):
            from pilotlight_runtime.wrong_elements import Element, WrongElements  # only refusals need it

            place = Element(f"input {summarize(name)}", index)
            raise WrongElements(place, f" is {value}; this model takes finite numbers only")
