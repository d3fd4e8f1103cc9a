"""The inputs and outputs of a model: named tensors with datatype and shape."""

from pilotlight_runtime.datatypes import Datatype
from pilotlight_runtime.light_typing import NamedTuple


class TensorSpec(NamedTuple):
    """One input or output.

    Attributes:
        name: The tensor's name in the graph.
        datatype: The datatype of an element.
        shape: The size of each dimension, -1 for any size.
    """

    name: str
    datatype: Datatype
    shape: tuple[int, ...]

    def accepts(self, shape: tuple[int, ...]) -> bool:
        """Tells whether a tensor of `shape` fits.

        Args:
            shape: The sizes of the dimensions.

        Returns:
            True where the rank is the same, every fixed dimension is equal and none is negative.
        """
        if len(shape) != len(self.shape):
            return False
        for size, wanted in zip(shape, self.shape, strict=True):  # noqa: SIM110  (all() takes three times as long)
            if size < 0 or wanted not in (-1, size):
                return False
        return True


class SharedDimension(NamedTuple):
    """A dimension of any size that several places of the inputs have in common.

    Attributes:
        name: The graph's symbol, such as "batch".
        places: Name of the input and index of the dimension, at least two.
    """

    name: str
    places: tuple[tuple[str, int], ...]


class Signature(NamedTuple):
    """The inputs and outputs of a model.

    Attributes:
        inputs: In the graph's order.
        outputs: In the graph's order.
        shared: Dimensions of the inputs that must be equal. Older versions have none.
    """

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    shared: tuple[SharedDimension, ...] = ()

    def input(self, name: str) -> TensorSpec | None:
        """Finds an input.

        Args:
            name: The input's name.

        Returns:
            The input, None where there is none of this name.
        """
        return next((spec for spec in self.inputs if spec.name == name), None)

    def output(self, name: str) -> TensorSpec | None:
        """Finds an output.

        Args:
            name: The output's name.

        Returns:
            The output, None where there is none of this name.
        """
        return next((spec for spec in self.outputs if spec.name == name), None)
