"""What is known of one request when it is over, and who is told.

Never the payload: no value, no text of a request and no message that could quote one.
"""

from __future__ import annotations

from collections.abc import Callable

from pilotlight_runtime.typed import NamedTuple, Protocol


class Trace:
    """Notes of one request while it is answered; a request has one of its own.

    operation: what was asked for, "" where the path said nothing known. shapes: of the inputs, by name. phases:
    milliseconds of each part, by name. clock: seconds, monotonic.
    """

    __slots__ = ("clock", "operation", "phases", "shapes")

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.operation = ""
        self.shapes: dict[str, tuple[int, ...]] = {}
        self.phases: dict[str, float] = {}

    def phase(self, name: str) -> Phase:
        """Counts the time inside, which is kept when an error leaves it."""
        return Phase(self, name)


class Phase:
    """A part of a request; contextlib's way to write this takes four times as long."""

    __slots__ = ("_began", "_name", "_trace")

    def __init__(self, trace: Trace, name: str) -> None:
        self._trace = trace
        self._name = name
        self._began = 0.0

    def __enter__(self) -> None:
        self._began = self._trace.clock()

    def __exit__(self, *_: object) -> None:
        self._trace.phases[self._name] = (self._trace.clock() - self._began) * 1000


class Record(NamedTuple):
    """One request.

    request_id: Lambda's. gateway_id: API Gateway's, "" elsewhere. cold: the first of its environment. total:
    milliseconds from event to answer. fault: the cause of a status of 500.
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
    """Is told of each request when its answer stands, and of what is odd about a start."""

    def request(self, record: Record) -> None:
        """One request is over."""

    def warning(self, message: str, cause: BaseException | None) -> None:
        """The function starts, but not as it should."""
