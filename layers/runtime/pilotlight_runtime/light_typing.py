"""The names of `typing` that the runtime uses, without the 3 ms that `typing` takes of every cold start.

Type checkers see `typing` itself. At run time annotations have no effect, so a placeholder stands for their names. Only
NamedTuple acts, and it acts as `typing.NamedTuple` does.
"""

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any, Final, NamedTuple, NoReturn, Protocol, TextIO
else:
    from collections import namedtuple

    class Any:
        """Stands for names of `typing` that annotate or are a base class, plain or with [...]."""

        def __class_getitem__(cls, _item: object) -> type:
            return cls

    Final = NoReturn = Protocol = TextIO = Any

    class _Record(type):
        def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, object]) -> type:
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = body.pop("__annotations__")
            defaults = [body.pop(field) for field in fields if field in body]
            record = namedtuple(name, fields, defaults=defaults, module=body["__module__"])  # noqa: PYI024  (see the module)
            record.__annotations__ = fields
            for key, value in body.items():
                setattr(record, key, value)
            return record

    class NamedTuple(metaclass=_Record):
        """Base of records, written as `typing.NamedTuple` is."""


__all__ = ["TYPE_CHECKING", "Any", "Final", "NamedTuple", "NoReturn", "Protocol", "TextIO"]
