"""What goes into a model and what comes out: named tensors with datatype and shape."""

from pilotlight_runtime.datatypes import Datatype
from pilotlight_runtime.light_typing import NamedTuple


class TensorSpec(NamedTuple):
    """One input or output. shape: -1 where a dimension may have any size, as the protocol writes it."""

    name: str
    datatype: Datatype
    shape: tuple[int, ...]

    def accepts(self, shape: tuple[int, ...]) -> bool:
        """Whether a tensor of `shape` fits: same rank, every fixed dimension equal, none negative."""
        if len(shape) != len(self.shape):
            return False
        for size, wanted in zip(shape, self.shape, strict=True):  # noqa: SIM110  (all() takes three times as long)
            if size < 0 or wanted not in (-1, size):
                return False
        return True


class Signature(NamedTuple):
    """The inputs and outputs of a model, in the graph's order."""

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]

    def input(self, name: str) -> TensorSpec | None:
        """The input called `name`, if there is one."""
        return next((spec for spec in self.inputs if spec.name == name), None)

    def output(self, name: str) -> TensorSpec | None:
        """The output called `name`, if there is one."""
        return next((spec for spec in self.outputs if spec.name == name), None)
