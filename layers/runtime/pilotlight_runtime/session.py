"""The interface to an inference engine, so that the engine behind it can change."""

from pilotlight_runtime.light_typing import Callable, Mapping, Protocol, Sequence
from pilotlight_runtime.paths import StrPath
from pilotlight_runtime.signature import Signature
from pilotlight_runtime.tensor import Tensor


class Session(Protocol):
    """An opened graph."""

    @property
    def signature(self) -> Signature:
        """Names, datatypes and shapes as the graph declares them, -1 for symbolic or unknown dimensions."""

    def run(self, inputs: Mapping[str, Tensor], outputs: Sequence[str]) -> list[Tensor]:
        """Runs the graph once.

        Args:
            inputs: Tensors by name, of datatypes and shapes that the signature allows.
            outputs: The names of the wanted outputs.

        Returns:
            The outputs in the order of their names.

        Raises:
            InferenceFailed: The graph fails, with an explanation where it cannot take these tensors. The cause is the
                engine's own error.
        """

    def bind(self, inputs: Mapping[str, Tensor], outputs: Mapping[str, Tensor]) -> Callable[[], None]:
        """Prepares runs on memory that stays where it is.

        Args:
            inputs: Tensors of fixed-size datatypes by name, for all inputs of the signature. Their memory is read at
                each run, so that it may be filled anew before it.
            outputs: Tensors over writable memory by name, of exactly the shapes that the graph gives them. Their memory
                may be that of an input where the graph's operators allow it.

        Returns:
            Runs the graph once, from the inputs' memory into the outputs'. It allocates nothing in Python, and raises
            InferenceFailed where the graph fails. One thread at a time may call it.

        Raises:
            InferenceFailed: A tensor does not fit the signature, or an output's memory is read-only.
        """

    def close(self, reason: str = "the session is closed") -> None:
        """Ends the session for good, and frees the graph once no run uses it any more.

        Args:
            reason: What later runs raise InferenceFailed with.
        """


OpenSession = Callable[[StrPath, int], Session]
"""Opens the graph at a path with that many threads; raises SessionError saying why it cannot."""
