"""What is known of one request when it is over, and who is told.

Never the payload: no value, no text of a request and no message that could quote one.
"""

from __future__ import annotations

from collections.abc import Callable

from pilotlight_runtime.light_typing import NamedTuple, Protocol


class Trace:
    """Notes of one request while it is answered; a request has one of its own.

    operation: what was asked for, "" where the path said nothing known. shapes: of the inputs, by name. phases:
    milliseconds of each part, by name; together they are the whole, and the first is "event". clock: seconds,
    monotonic.
    """

    __slots__ = ("_began", "_clock", "_phase", "operation", "phases", "shapes")

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._phase = "event"
        self._began = clock()
        self.operation = ""
        self.shapes: dict[str, tuple[int, ...]] = {}
        self.phases: dict[str, float] = {}

    def begin(self, phase: str) -> None:
        """The part `phase` begins, which ends the one before it. Blocks, which `with` has, take four times as long."""
        now = self._clock()
        self.phases[self._phase] = (now - self._began) * 1000
        self._phase = phase
        self._began = now

    def end(self) -> None:
        """The last part is over, by an answer or an error."""
        self.phases[self._phase] = (self._clock() - self._began) * 1000


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
