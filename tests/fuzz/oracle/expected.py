"""What the oracle expects of an answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fuzz.arrays import Arrays

MALFORMED = frozenset({400})
TOO_LARGE = frozenset({400, 413})
"""Where a request is too large in two ways, either status is right."""

OIP, DIRECT, ROWS, COLUMNS = "oip", "direct", "rows", "columns"
"""How an answer is written."""


class Invalid(Exception):
    """The request must be refused with one of `statuses`.

    by_model: Whether it is well formed, and only the model cannot take it. elements: What the model may make before.
    """

    def __init__(
        self, reason: str, statuses: frozenset[int] = MALFORMED, *, by_model: bool = False, elements: int = 0
    ) -> None:
        super().__init__(reason)
        self.statuses = statuses
        self.by_model = by_model
        self.elements = elements


@dataclass(frozen=True)
class Request:
    """A decoded inference request.

    Attributes:
        inputs: The inputs by name.
        datatypes: Their datatypes by name: arrays of UINT16 and BF16 look alike.
        form: How the answer is written.
        outputs: The wanted outputs in order; empty for all.
        binary: Whether each output that the request names is wanted in binary.
        binary_default: Whether the others are.
        id: What the answer repeats; None where there is none.
        rows: The number of instances in TensorFlow Serving's row format.
    """

    inputs: Arrays
    datatypes: dict[str, str]
    form: str
    outputs: tuple[str, ...] = ()
    binary: dict[str, bool] = field(default_factory=dict)
    binary_default: bool = False
    id: str | None = None
    rows: int = 0


@dataclass(frozen=True)
class Expected:
    """What an answer must be: a refusal with one of `statuses`, or 200 with these outputs or this document.

    Attributes:
        statuses: The right statuses of a refusal; empty where the request is valid.
        reason: Why the request is refused.
        by_model: Whether it is refused although it fits the signature: it may have reached the engine.
        elements: How many elements the model makes: time and memory for them are its own.
        request: The valid request, where it asks for outputs.
        outputs: Its outputs by name. One that is missing here may be anything.
        document: The JSON of an answer without outputs.
        proxy: Whether the answer has API Gateway's shape.
        lenient: Whether a refusal is right too: the protocols leave it open.
        unknown: Whether any answer but status 500 is right.
    """

    statuses: frozenset[int] = frozenset()
    reason: str = ""
    by_model: bool = False
    elements: int = 0
    request: Request | None = None
    outputs: Arrays | None = None
    document: Any = None
    proxy: bool = True
    lenient: bool = False
    unknown: bool = False
