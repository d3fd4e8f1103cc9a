"""Compiles the pre-tokenizers of a tokenizer.json: the steps that cut a text into words."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from pilotlight.language.tokenization.character_ranges import invert, read_classes, unite
from pilotlight.language.tokenization.errors import check_keys, refusal, unsupported
from pilotlight.language.tokenization.split_patterns import (
    CompiledPattern,
    compile_literal,
    compile_parts,
    compile_pattern,
)
from pilotlight.language.tokenization.tables import Sections

_WHERE: Final = "pre_tokenizer"
_GPT2: Final = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
_BEHAVIORS: Final = ("Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous")
Step = dict[str, Any]


class Splits(NamedTuple):
    """The compiled steps.

    Attributes:
        steps: The steps for the runtime.
        by_bytes: Whether the model sees bytes: the last step is ByteLevel.
    """

    steps: list[Step]
    by_bytes: bool


def compile_splits(section: dict[str, Any] | None, sections: Sections) -> Splits:
    """Compiles the pre-tokenizers.

    Args:
        section: The section of tokenizer.json, or None.
        sections: Takes the tables of characters.

    Returns:
        The steps.

    Raises:
        ConversionError: There is a component that the runtime does not have.
    """
    kinds = flatten(section, "pretokenizers", _WHERE)
    steps: list[Step] = []
    for place, kind in enumerate(kinds):
        make = _MAKERS.get(kind.get("type", ""))
        if make is None:
            raise unsupported(_WHERE, kind.get("type"))
        if kind["type"] == "ByteLevel" and place != len(kinds) - 1:
            raise unsupported(_WHERE, f"{kinds[place + 1].get('type')} behind ByteLevel")
        steps += make(kind, sections)
    return Splits(steps, bool(kinds) and kinds[-1]["type"] == "ByteLevel")


def flatten(section: dict[str, Any] | None, key: str, where: str) -> list[dict[str, Any]]:
    """Gives the components of a section in order, those of a Sequence one by one.

    Args:
        section: The section, or None.
        key: The name of a Sequence's components.
        where: The section's name.

    Returns:
        The components.
    """
    if section is None:
        return []
    if section.get("type") != "Sequence":
        return [section]
    check_keys(where, section, key)
    return [part for inner in section[key] for part in flatten(inner, key, where)]


def read_pattern(pattern: Any, where: str) -> CompiledPattern:
    """Compiles {"String": …} or {"Regex": …}.

    Args:
        pattern: The value.
        where: The section's name.

    Returns:
        The pattern.

    Raises:
        ConversionError: The expression has something that is not supported.
    """
    match pattern:
        case {"String": str(text)} if text:
            return compile_literal(text)
        case {"Regex": str(expression)}:
            try:
                return compile_pattern(expression)
            except ValueError as error:
                raise unsupported(where, f"the expression {expression!r} ({error})") from error
    raise refusal(where, f"{pattern!r} is no pattern")


def _byte_level(kind: dict[str, Any], sections: Sections) -> list[Step]:
    check_keys(_WHERE, kind, "add_prefix_space trim_offsets use_regex")
    steps: list[Step] = [{"kind": "prefix", "prefix": " "}] if kind.get("add_prefix_space", True) else []
    if kind.get("use_regex", True):
        steps.append(sections.pattern_step(compile_pattern(_GPT2), "Isolated"))
    return steps


def _split(kind: dict[str, Any], sections: Sections) -> list[Step]:
    check_keys(_WHERE, kind, "pattern behavior invert")
    pattern = read_pattern(kind.get("pattern"), _WHERE)
    return [sections.pattern_step(pattern, _behavior(kind), invert=bool(kind.get("invert")))]


def _behavior(kind: dict[str, Any]) -> str:
    behavior = kind.get("behavior", "Isolated")
    if behavior not in _BEHAVIORS:
        raise unsupported(_WHERE, f"the behavior {behavior!r}")
    return str(behavior)


def _digits(kind: dict[str, Any], sections: Sections) -> list[Step]:
    check_keys(_WHERE, kind, "individual_digits")
    behavior = "Isolated" if kind.get("individual_digits") else "Contiguous"
    return [_class_step("numeric", behavior, sections)]


def _punctuation(kind: dict[str, Any], sections: Sections) -> list[Step]:
    check_keys(_WHERE, kind, "behavior")
    return [_class_step("punctuation", _behavior(kind), sections)]


def _white_space(kind: dict[str, Any], sections: Sections) -> list[Step]:
    check_keys(_WHERE, kind, "")
    return [_class_step("white", "Removed", sections)]


def _bert(kind: dict[str, Any], sections: Sections) -> list[Step]:
    check_keys(_WHERE, kind, "")
    return [_class_step("white", "Removed", sections), _class_step("punctuation", "Isolated", sections)]


def _words(kind: dict[str, Any], sections: Sections) -> list[Step]:
    check_keys(_WHERE, kind, "")
    classes = read_classes()
    word, white = classes["cut word"], classes["white"]
    pattern = compile_parts([word, "+|", invert(unite([*word, *white])), "+"])
    return [sections.pattern_step(pattern, "Removed", invert=True)]


def _delimiter(kind: dict[str, Any], sections: Sections) -> list[Step]:
    check_keys(_WHERE, kind, "delimiter")
    return [sections.pattern_step(compile_literal(kind["delimiter"]), "Removed")]


def _metaspace(kind: dict[str, Any], sections: Sections) -> list[Step]:
    mark, scheme = read_metaspace(kind, _WHERE)
    steps: list[Step] = [{"kind": "metaspace", "mark": mark, "scheme": scheme}]
    if kind.get("split", True) is not False:
        steps.append(sections.pattern_step(compile_literal(mark), "MergedWithNext"))
    return steps


def read_metaspace(kind: dict[str, Any], where: str) -> tuple[str, str]:
    """Reads the settings of Metaspace.

    Args:
        kind: The component.
        where: The section's name.

    Returns:
        The mark that stands for a space, and when it is put in front: "always", "first" or "never".

    Raises:
        ConversionError: A setting is wrong.
    """
    check_keys(where, kind, "replacement prepend_scheme split add_prefix_space str_rep")
    scheme = kind.get("prepend_scheme", "always")
    if kind.get("add_prefix_space") is False:
        scheme = "never"
    mark = kind.get("replacement")
    if scheme not in ("always", "first", "never") or not isinstance(mark, str) or len(mark) != 1:
        raise unsupported(where, f"Metaspace with {mark!r} and the scheme {scheme!r}")
    return mark, str(scheme)


def _lengths(kind: dict[str, Any], _sections: Sections) -> list[Step]:
    check_keys(_WHERE, kind, "length")
    length = kind.get("length", 5)
    if not isinstance(length, int) or length < 1:
        raise unsupported(_WHERE, f"FixedLength of {length!r}")
    return [{"kind": "lengths", "length": length}]


def _class_step(name: str, behavior: str, sections: Sections) -> Step:
    return sections.pattern_step(compile_parts([read_classes()[name]]), behavior)


_MAKERS: Final[dict[str, Callable[[dict[str, Any], Sections], list[Step]]]] = {
    "ByteLevel": _byte_level,
    "Split": _split,
    "Digits": _digits,
    "Punctuation": _punctuation,
    "Whitespace": _words,
    "WhitespaceSplit": _white_space,
    "BertPreTokenizer": _bert,
    "CharDelimiterSplit": _delimiter,
    "Metaspace": _metaspace,
    "FixedLength": _lengths,
}
