"""Compiles the normalizers of a tokenizer.json: the steps that change a text before it is cut."""

from collections.abc import Callable
from typing import Any, Final

from pilotlight.language.tokenization.character_ranges import Ranges, read_classes, read_lowercase, subtract, unite
from pilotlight.language.tokenization.errors import check_keys, refusal, unsupported
from pilotlight.language.tokenization.precompiled_charsmap import read_charsmap
from pilotlight.language.tokenization.splits import flatten, read_pattern
from pilotlight.language.tokenization.tables import Sections, character_table
from pilotlight_runtime.text.tokenization.character_classes import DELETED
from pilotlight_runtime.text.tokenization.charsmap import JOINS, PREPENDS, SEPARATES

_WHERE: Final = "normalizer"
_SPACE: Final = ord(" ")
_IDEOGRAPHS: Final = (
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B920, 0x2CEAF),
    (0x2F800, 0x2FA1F),
)
"""As BERT's normalizer in `tokenizers` has them."""
_NMT_DELETED: Final = ((0x1, 0x8), (0xB, 0xB), (0xE, 0x1F), (0x7F, 0x7F), (0x8F, 0x8F), (0x9F, 0x9F))
_NMT_SPACES: Final = (
    *((0x9, 0xA), (0xC, 0xD), (0x1680, 0x1680), (0x200B, 0x200F), (0x2028, 0x2029)),
    *((0x2581, 0x2581), (0xFEFF, 0xFEFF), (0xFFFD, 0xFFFD)),
)
Step = dict[str, Any]


def compile_normalizers(section: dict[str, Any] | None, sections: Sections) -> list[Step]:
    """Compiles the normalizers.

    Args:
        section: The section of tokenizer.json, or None.
        sections: Takes the tables of characters.

    Returns:
        The steps for the runtime.

    Raises:
        ConversionError: There is a component that the runtime does not have.
    """
    steps: list[Step] = []
    for kind in flatten(section, "normalizers", _WHERE):
        make = _MAKERS.get(kind.get("type", ""))
        if make is None:
            raise unsupported(_WHERE, kind.get("type"))
        steps += make(kind, sections)
    return steps


def _bert(kind: dict[str, Any], sections: Sections) -> list[Step]:
    check_keys(_WHERE, kind, "clean_text handle_chinese_chars strip_accents lowercase")
    classes, lowercase = read_classes(), kind.get("lowercase", True)
    accents = kind.get("strip_accents")
    steps: list[Step] = []
    if kind.get("clean_text", True):
        spaces = subtract(classes["white"], classes["control"])
        steps.append(_characters(sections, {DELETED: classes["control"], _SPACE: spaces}))
    if kind.get("handle_chinese_chars", True):
        steps.append({"kind": "padded", "table": sections.add_table(*character_table({1: _IDEOGRAPHS}, other=0))})
    if lowercase if accents is None else accents:
        steps += [_form("NFD", sections), _characters(sections, {DELETED: classes["accent"]})]
    if lowercase:
        steps.append(_lowercase(sections))
    return steps


def _characters(sections: Sections, values: dict[int, Ranges]) -> Step:
    return {"kind": "characters", "table": sections.add_table(*character_table(values))}


def _form(form: str, sections: Sections) -> Step:
    table = character_table({1: read_classes()["newer"]}, other=0)
    return {"kind": "form", "form": form, "newer": sections.add_table(*table)}


def _lowercase(sections: Sections) -> Step:
    others = {lower: ((character, character),) for character, lower in read_lowercase().items()}
    return {"kind": "lowercase", "table": sections.add_table(*character_table(others))}


def _plain_form(kind: dict[str, Any], sections: Sections) -> list[Step]:
    check_keys(_WHERE, kind, "")
    return [_form(kind["type"], sections)]


def _plain_lowercase(kind: dict[str, Any], sections: Sections) -> list[Step]:
    check_keys(_WHERE, kind, "")
    return [_lowercase(sections)]


def _strip_accents(kind: dict[str, Any], sections: Sections) -> list[Step]:
    check_keys(_WHERE, kind, "")
    return [_characters(sections, {DELETED: read_classes()["mark"]})]


def _nmt(kind: dict[str, Any], sections: Sections) -> list[Step]:
    check_keys(_WHERE, kind, "")
    return [_characters(sections, {DELETED: unite(_NMT_DELETED), _SPACE: unite(_NMT_SPACES)})]


def _strip(kind: dict[str, Any], _sections: Sections) -> list[Step]:
    check_keys(_WHERE, kind, "strip_left strip_right")
    return [{"kind": "strip", "left": bool(kind["strip_left"]), "right": bool(kind["strip_right"])}]


def _prepend(kind: dict[str, Any], _sections: Sections) -> list[Step]:
    check_keys(_WHERE, kind, "prepend")
    return [{"kind": "prepend", "prefix": kind["prepend"]}]


def _replace(kind: dict[str, Any], sections: Sections) -> list[Step]:
    check_keys(_WHERE, kind, "pattern content")
    finding = sections.pattern_step(read_pattern(kind.get("pattern"), _WHERE))
    return [{**finding, "kind": "replace", "new": kind["content"]}]


def _charsmap(kind: dict[str, Any], sections: Sections) -> list[Step]:
    check_keys(_WHERE, kind, "precompiled_charsmap")
    try:
        replacements = read_charsmap(kind["precompiled_charsmap"])
    except ValueError as error:
        raise refusal(_WHERE, f"its precompiled charsmap cannot be read ({error})") from error
    if not replacements:
        return []
    classes = read_classes()
    joins, prepends = classes["joins"], classes["prepends"]
    controls = unite(part for name in ("Cc", "Cf", "Zl", "Zp") for part in classes[name])
    separates = subtract(controls, unite([*joins, *prepends]))
    table = character_table({JOINS: joins, PREPENDS: prepends, SEPARATES: separates}, other=0)
    return [
        {
            "kind": "charsmap",
            "old": sections.add_texts(replacements),
            "new": sections.add_texts(replacements.values()),
            "kinds": sections.add_table(*table),
        }
    ]


_MAKERS: Final[dict[str, Callable[[dict[str, Any], Sections], list[Step]]]] = {
    "BertNormalizer": _bert,
    "Strip": _strip,
    "StripAccents": _strip_accents,
    "NFC": _plain_form,
    "NFD": _plain_form,
    "NFKC": _plain_form,
    "NFKD": _plain_form,
    "Lowercase": _plain_lowercase,
    "Nmt": _nmt,
    "Replace": _replace,
    "Prepend": _prepend,
    "Precompiled": _charsmap,
}
