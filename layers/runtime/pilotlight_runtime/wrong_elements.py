"""Requests with a wrong element, in words that name its place as the protocol of the request does.

The core counts the elements of a tensor, as `data` of the Open Inference Protocol does. The service of another protocol
replaces the places: see protocol/tfserving_refusals.py. This module is imported when a request is refused.
"""

from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.light_typing import Any, Callable, NamedTuple


class Element(NamedTuple):
    """The place of an element.

    Attributes:
        where: The input, for messages.
        number: Of the element in the tensor, row-major.
    """

    where: str
    number: int

    def __str__(self) -> str:
        return f"{self.where}: data[{self.number}]"


class WrongElements(InvalidRequest):
    """Elements of the request are wrong (400). The message is made of `parts`: words, and places in the request."""

    def __init__(self, *parts: str | Element) -> None:
        self.parts = parts
        super().__init__(self.name_places(str))

    def name_places(self, name: Callable[[Element], str]) -> str:
        """Writes the message.

        Args:
            name: Writes a place.

        Returns:
            The message with each place as `name` writes it.
        """
        return "".join([part if isinstance(part, str) else name(part) for part in self.parts])


class WrongDatatype(WrongElements):
    """An element does not fit the datatype of its input.

    Attributes:
        number: Of the element in the tensor, row-major.
        value: The element, as JSON has it.
    """

    def __init__(self, where: str, number: int, says: str, value: Any) -> None:
        super().__init__(Element(where, number), says)
        self.number = number
        self.value = value
