"""The names of `typing` and `collections.abc` that the runtime uses, without the 5 ms that they take of a cold start.

Type checkers see the real ones. At run time annotations have no effect, so a placeholder stands for their names. Only
NamedTuple acts, and it acts as `typing.NamedTuple` does, which compiles a function for each class.
"""

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
    from typing import Any, Final, NamedTuple, NoReturn, Protocol, TextIO
else:
    import sys
    from _collections import _tuplegetter

    class Any:
        """Stands for names that annotate or are a base class, plain or with [...]."""

        def __class_getitem__(cls, _item: object) -> type:
            return cls

    Callable = Final = Iterable = Iterator = Mapping = MutableMapping = NoReturn = Protocol = Sequence = TextIO = Any

    _new = tuple.__new__
    _TEMPLATES = (
        lambda _cls: _new(_cls, ()),
        lambda _cls, a: _new(_cls, (a,)),
        lambda _cls, a, b: _new(_cls, (a, b)),
        lambda _cls, a, b, c: _new(_cls, (a, b, c)),
        lambda _cls, a, b, c, d: _new(_cls, (a, b, c, d)),
        lambda _cls, a, b, c, d, e: _new(_cls, (a, b, c, d, e)),
        lambda _cls, a, b, c, d, e, f: _new(_cls, (a, b, c, d, e, f)),
        lambda _cls, a, b, c, d, e, f, g: _new(_cls, (a, b, c, d, e, f, g)),
        lambda _cls, a, b, c, d, e, f, g, h: _new(_cls, (a, b, c, d, e, f, g, h)),
        lambda _cls, a, b, c, d, e, f, g, h, i: _new(_cls, (a, b, c, d, e, f, g, h, i)),
        lambda _cls, a, b, c, d, e, f, g, h, i, j: _new(_cls, (a, b, c, d, e, f, g, h, i, j)),
        lambda _cls, a, b, c, d, e, f, g, h, i, j, k: _new(_cls, (a, b, c, d, e, f, g, h, i, j, k)),
        lambda _cls, a, b, c, d, e, f, g, h, i, j, k, m: _new(_cls, (a, b, c, d, e, f, g, h, i, j, k, m)),
        lambda _cls, a, b, c, d, e, f, g, h, i, j, k, m, n: _new(_cls, (a, b, c, d, e, f, g, h, i, j, k, m, n)),
    )
    """`__new__` by the number of fields. A record's own is a copy whose arguments have the names of its fields."""

    _UNEXPECTED = TypeError if sys.version_info >= (3, 13) else ValueError

    def _make(cls: type, iterable: Iterable) -> object:
        """Makes a record of the values of all fields."""
        record = _new(cls, iterable)
        if len(record) != len(cls._fields):
            raise TypeError(f"Expected {len(cls._fields)} arguments, got {len(record)}")
        return record

    def _replace(self: object, /, **values: object) -> object:
        """A record with other values of some fields."""
        record = self._make(map(values.pop, self._fields, self))
        if values:
            raise _UNEXPECTED(f"Got unexpected field names: {list(values)!r}")
        return record

    def _asdict(self: object) -> dict[str, object]:
        """The values by the names of their fields."""
        return dict(zip(self._fields, self, strict=True))

    def _repr(self: object) -> str:
        values = zip(self._fields, self, strict=True)
        return f"{self.__class__.__name__}({', '.join([f'{name}={value!r}' for name, value in values])})"

    def _getnewargs(self: object) -> tuple[object, ...]:
        return tuple(self)

    _METHODS = {
        "__slots__": (),
        "_make": classmethod(_make),
        "_replace": _replace,
        "__replace__": _replace,
        "_asdict": _asdict,
        "__repr__": _repr,
        "__getnewargs__": _getnewargs,
    }

    class _Record(type):
        def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, object]) -> type:
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = tuple(body["__annotations__"])
            defaults = {field: body[field] for field in fields if field in body}
            template = _TEMPLATES[len(fields)]
            code = template.__code__.replace(
                co_varnames=("_cls", *fields), co_name="__new__", co_qualname=f"{name}.__new__"
            )
            new = type(template)(code, globals(), "__new__", tuple(defaults.values()))
            getters = {field: _tuplegetter(index, "") for index, field in enumerate(fields)}
            own = {"__new__": new, "_fields": fields, "_field_defaults": defaults, "__match_args__": fields}
            return type(name, (tuple,), {**_METHODS, **own, **body, **getters})

    class NamedTuple(metaclass=_Record):
        """Base of records of up to thirteen fields, written as `typing.NamedTuple` is."""


__all__ = [
    "TYPE_CHECKING",
    "Any",
    "Callable",
    "Final",
    "Iterable",
    "Iterator",
    "Mapping",
    "MutableMapping",
    "NamedTuple",
    "NoReturn",
    "Protocol",
    "Sequence",
    "TextIO",
]
