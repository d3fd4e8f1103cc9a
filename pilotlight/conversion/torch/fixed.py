"""A PyTorch module that takes one size of a dimension only: which dimension, and which line fixes it."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from pilotlight.conversion.torch.checks import name_dimension
from pilotlight.conversion.torch.errors import list_causes
from pilotlight.core.errors import ConversionError
from pilotlight_runtime.signature import Signature

_FIXED: Final = (
    re.compile(
        r"static shape of (?P<size>\d+) for dimension inputs\['tensors'\]\[(?P<input>\d+)\]\.shape\[(?P<axis>\d+)\]"
    ),
    re.compile(
        r"L\['tensors'\]\[(?P<input>\d+)\]\.size\(\)\[(?P<axis>\d+)\] as dynamic but your code specialized it to be a "
        r"constant \((?P<size>\d+)\)"
    ),
)
"""How torch.export says that the module takes one size only."""
_GUARD: Final = re.compile(r"eval (?P<what>Eq\(.*?\)).*\[guard added\] \((?P<place>[^)]*)\)")


def refuse_fixed(
    error: Exception, whole: Any, traced: tuple[Any, Any], signature: Signature, where: str
) -> ConversionError | None:
    """Return the error for a module that takes one size of a dimension only; None where `error` says something else.

    Args:
        error: What the exporter raised.
        whole: The module that was exported.
        traced: Its example, and the open dimensions of each input.
        signature: The inputs and outputs of the model.
        where: The model in the message.
    """
    text = "\n".join(str(each) for each in list_causes(error))
    found = next((match for pattern in _FIXED if (match := pattern.search(text))), None)
    if found is None:
        return None
    name = name_dimension(signature.inputs[int(found["input"])].name, int(found["axis"]))
    place = _find_guard(whole, traced)
    return ConversionError(
        where,
        f"fixes {name} at {found['size']}, the size of the example{f' (by {place})' if place else ''}",
        "Write forward for any size, without int(…) and comparisons of sizes, or give the size in [signature].",
    )


def _find_guard(whole: Any, traced: tuple[Any, Any]) -> str:
    """Trace again, and return the line that compares a size with a number, such as train.py:12; "" for none."""
    import torch

    example, shapes = traced
    # The same error again; its messages are what is wanted.
    with _messages("torch.fx.experimental.symbolic_shapes") as messages, suppress(Exception):
        torch.export.export(whole, example, dynamic_shapes=(shapes,), strict=False)
    for message in reversed(messages):
        if (found := _GUARD.search(message)) is not None:
            place = found["place"].split(" in ")[0]
            inside_torch = (Path(torch.__file__).parent / place.rpartition(":")[0]).is_file()
            return "" if inside_torch else Path(place).name  # file:line
    return ""


@contextmanager
def _messages(name: str) -> Iterator[list[str]]:
    """Collect what a logger says. Nothing reaches its own handlers."""
    messages: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            messages.append(record.getMessage())

    logger = logging.getLogger(name)
    level, handlers, propagate = logger.level, logger.handlers, logger.propagate
    disabled = logging.root.manager.disable
    logger.setLevel(logging.INFO)
    logger.handlers, logger.propagate = [Collector()], False
    logging.disable(logging.NOTSET)
    try:
        yield messages
    finally:
        logger.setLevel(level)
        logger.handlers, logger.propagate = handlers, propagate
        logging.disable(disabled)
