"""The serving function of a SavedModel, called and traced as a Keras model is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from pilotlight.conversion.tensorflow.saved_model_precision import computes_in_half, make_float32_call
from pilotlight.core.errors import ConversionError
from pilotlight.core.exception_text import kind_and_first_line

_MIXED_HINT: Final = (
    "Save the Keras model itself with model.save('NAME.keras'), and convert that file; or export it again with the "
    "policy float32."
)
_HALVES: Final = ("float16", "bfloat16")
Call: TypeAlias = Callable[..., Sequence[Any]]
"""Takes tensors, and returns tensors."""


class Port(NamedTuple):
    """An input or output of the serving function.

    Attributes:
        name: Its name.
        dtype: Its NumPy dtype; "string" for texts.
        shape: Its shape, with None for open dimensions.
    """

    name: str
    dtype: str
    shape: tuple[int | None, ...]


class SavedModel:
    """The serving function of a SavedModel, with the parts of a keras.Model that a conversion needs.

    Attributes:
        inputs: Its inputs.
        outputs: Its outputs.
        output_names: Their names.
        output: None; outputs are named by `output_names`.
    """

    output = None

    def __init__(self, loaded: Any, call: Call, inputs: Sequence[Port], outputs: Sequence[Port]) -> None:
        """Make one.

        Args:
            loaded: What owns the variables.
            call: The serving function: it takes tensors in the order of `inputs`, and returns those of `outputs`.
            inputs: The inputs.
            outputs: The outputs.
        """
        self._loaded = loaded
        self._call = call
        self.inputs, self.outputs = list(inputs), list(outputs)
        self.output_names = [port.name for port in outputs]

    def __call__(self, tensors: Any, *, training: bool = False) -> list[Any]:
        """Answer tensors: one, or one an input in the order of `inputs`. It was saved in inference mode."""
        import tensorflow as tf

        given: Sequence[Any] = tensors if isinstance(tensors, list | tuple) else [tensors]
        del training
        return list(self._call(*(tf.convert_to_tensor(each) for each in given)))

    def build_in_float32(self) -> SavedModel | None:
        """Return the model with float32 in the place of half precision; None where it computes in none.

        Raises:
            ConversionError: It cannot be built so.
        """
        import tensorflow as tf

        specs = [tf.TensorSpec(port.shape, port.dtype, name=port.name) for port in self.inputs]
        traced = tf.function(self._call, autograph=False).get_concrete_function(*specs)
        if not computes_in_half(traced):
            return None
        try:
            call = make_float32_call(traced)
        except (ValueError, tf.errors.OpError) as error:
            what = f"is of mixed precision and cannot be computed in float32 ({kind_and_first_line(error)})"
            raise ConversionError("the SavedModel", what, _MIXED_HINT) from error
        return SavedModel(self._loaded, call, *(list(map(_widen_port, each)) for each in (self.inputs, self.outputs)))


def _widen_port(port: Port) -> Port:
    return port._replace(dtype="float32") if port.dtype in _HALVES else port
