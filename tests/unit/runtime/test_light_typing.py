"""Records of the runtime's own NamedTuple are what typing's would be."""

import copy
import pickle
import typing
from collections.abc import Callable
from typing import Any

import pytest

from pilotlight_runtime import light_typing


class Ours(light_typing.NamedTuple):
    """A record."""

    name: str
    size: int = 3

    @property
    def double(self) -> int:
        return 2 * self.size


class Theirs(typing.NamedTuple):
    """A record."""

    name: str
    size: int = 3

    @property
    def double(self) -> int:
        return 2 * self.size


def test_a_record_is_what_typing_would_make() -> None:
    ours, theirs = Ours("a"), Theirs("a")
    assert ours == theirs == ("a", 3)
    assert ours._asdict() == theirs._asdict()
    assert ours._replace(size=4).double == theirs._replace(size=4).double == 8
    assert repr(ours) == repr(theirs).replace("Theirs", "Ours")
    for name in ("_fields", "_field_defaults", "__doc__", "__module__", "__match_args__", "__annotations__"):
        assert getattr(Ours, name) == getattr(Theirs, name), name


def outcome(call: Callable[[Any], Any], record: Any) -> str:
    """What it returns or raises, whatever the class is called."""
    try:
        return repr(call(record)).replace("Theirs", "Ours")
    except (TypeError, ValueError) as error:
        return f"{type(error).__name__}: {error}".replace("Theirs", "Ours")


@pytest.mark.parametrize(
    "call",
    [
        lambda cls: cls(),
        lambda cls: cls("a", 4),
        lambda cls: cls("a", size=4),
        lambda cls: cls(size=4, name="a"),
        lambda cls: cls("a", 1, 2),
        lambda cls: cls("a", 1, size=2),
        lambda cls: cls("a", other=2),
        lambda cls: cls("a")._replace(other=2),
        lambda cls: cls("a")._replace(name="b"),
        lambda cls: cls._make(["a", 1]),
        lambda cls: cls._make(["a"]),
        lambda cls: cls._make("abc"),
        lambda cls: (hash(cls("a")) == hash(("a", 3)), sorted([cls("b"), cls("a")]), (*cls("a"), 1)),
        lambda cls: (cls.__bases__, cls.__slots__, hasattr(cls("a"), "__dict__"), cls.__qualname__),
        lambda cls: cls.__new__.__qualname__,
        lambda cls: (type(copy.deepcopy(cls("a"))), cls("a").__getnewargs__()),
    ],
    ids=range(16),
)
def test_calls_have_the_same_outcome(call: Callable[[Any], Any]) -> None:
    assert outcome(call, Ours) == outcome(call, Theirs)


def test_a_field_cannot_be_set() -> None:
    with pytest.raises(AttributeError):
        Ours("a").name = "b"  # type: ignore[misc]


def test_a_record_can_be_pickled() -> None:
    assert pickle.loads(pickle.dumps(Ours("a"))) == Ours("a")  # noqa: S301  (of this test's own making)


def test_what_stands_in_annotations_may_be_subscripted() -> None:
    assert light_typing.Final[int] is light_typing.Final  # type: ignore[misc, valid-type, comparison-overlap]  # at run time only
