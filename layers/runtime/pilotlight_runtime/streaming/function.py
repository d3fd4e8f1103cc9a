"""What an app.py's `prepare` returns where answers come in parts, such as text that is written word by word."""

from __future__ import annotations

from pilotlight_runtime.light_typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pilotlight_runtime.tensor import Tensor
    from pilotlight_runtime.types import Prepared

    Stream = Callable[[dict[str, Tensor]], Iterator[dict[str, Tensor]]]


class Streaming:
    """Two functions of one model: one answers whole, the other in parts.

    `infer`, `predict` and `generate` call the first, `generate_stream` the second. An instance is called as its first
    function is.

    Args:
        predict: Takes the inputs by name, returns the outputs by name.
        stream: Takes the inputs by name, yields outputs by name: each time what is new, of one or more outputs. What
            callers put together of the parts is the model's own matter.

    Attributes:
        stream: The second function.
    """

    __slots__ = ("_predict", "stream")

    def __init__(self, predict: Prepared, stream: Stream) -> None:
        self._predict = predict
        self.stream = stream

    def __call__(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """Returns the whole answer: the outputs by name."""
        return self._predict(inputs)
