"""Records of the runtime's own NamedTuple are what typing's would be."""

import pickle
import typing

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


def test_a_record_can_be_pickled() -> None:
    assert pickle.loads(pickle.dumps(Ours("a"))) == Ours("a")  # noqa: S301  (of this test's own making)


def test_what_stands_in_annotations_may_be_subscripted() -> None:
    assert light_typing.Final[int] is light_typing.Final  # type: ignore[misc, valid-type, comparison-overlap]  # at run time only
