"""What the runtime records of a request, and the interface that receives it.

A record never holds the payload: no value, no text of a request and no message that could quote one.
"""

from __future__ import annotations

from pilotlight_runtime.light_typing import TYPE_CHECKING, Callable, Mapping, NamedTuple, Protocol, Sequence

if TYPE_CHECKING:
    from pilotlight_runtime.manifest import Manifest
    from pilotlight_runtime.tensor import Tensor


class Tally(Protocol):
    """Counts what one request takes, where requests are metered."""

    def add(self, name: str, count: int) -> None:
        """Counts `count` more of what `name` says."""

    def add_inputs(self, inputs: Mapping[str, Tensor], manifest: Manifest) -> None:
        """Counts what the tensors of a request have; a RequestError says that it is more than is allowed."""

    def add_texts(self, texts: Sequence[str | list[int]], decode: Callable[[list[int]], str] | None = None) -> None:
        """Counts texts and their characters. decode: makes the text of tokens, where some are given as tokens."""

    def add_tokens(self, count: int) -> None:
        """Counts the tokens of texts; a RequestError says that they are more than is allowed."""

    def reserve(self, more: Mapping[str, int]) -> object:
        """Takes what is counted, and the most that may come; a RequestError says that it is not allowed."""


class Trace:
    """Collects what the record of one request needs while it is answered.

    operation: the route's operation, "" for an unknown path. shapes: of the inputs, by name. phases: milliseconds of
    each phase, by name; the first is "event", and together they are the whole. clock: seconds, monotonic.
    tally: counts what the request takes; None where nothing is metered.
    capture: finishes the capture of the request, by the status of the answer; None where it is not captured.
    """

    __slots__ = ("_began", "_clock", "_phase", "capture", "operation", "phases", "shapes", "tally")

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._phase = "event"
        self._began = clock()
        self.operation = ""
        self.shapes: dict[str, tuple[int, ...]] = {}
        self.phases: dict[str, float] = {}
        self.tally: Tally | None = None
        self.capture: Callable[[int], None] | None = None

    def begin(self, phase: str) -> None:
        """Ends the phase before and begins `phase`. A context manager would take four times as long."""
        now = self._clock()
        self.phases[self._phase] = (now - self._began) * 1000
        self._phase = phase
        self._began = now

    def end(self) -> None:
        """Ends the last phase, by an answer or an error."""
        self.phases[self._phase] = (self._clock() - self._began) * 1000


class Record(NamedTuple):
    """What happened to one request.

    Attributes:
        request_id: Lambda's id of the invocation.
        gateway_id: API Gateway's id of the request, "" elsewhere.
        operation: The operation of the route, such as "infer"; "" for an unknown path.
        status: The HTTP status of the answer.
        cold: Whether it is the first request of its execution environment.
        shapes: The shapes of the known inputs, by name.
        phases: Milliseconds of each phase, by name.
        total: Milliseconds from the event to the answer.
        fault: The cause of a status of 500, else None.
    """

    request_id: str
    gateway_id: str
    operation: str
    status: int
    cold: bool
    shapes: dict[str, tuple[int, ...]]
    phases: dict[str, float]
    total: float
    fault: BaseException | None


class Observer(Protocol):
    """Receives a record of each request, and warnings about a start."""

    def request(self, record: Record) -> None:
        """Records a request whose answer is ready.

        Args:
            record: What happened to it.
        """

    def warning(self, message: str, cause: BaseException | None) -> None:
        """Records that the function starts, but not as it should.

        Args:
            message: What is wrong.
            cause: The exception behind it, if any.
        """
