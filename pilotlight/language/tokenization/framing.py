"""Compiles the post-processor and the truncation of a tokenizer.json: what stands around a text."""

from collections.abc import Mapping
from typing import Any, Final

from pilotlight.language.tokenization.errors import check_keys, refusal, unsupported
from pilotlight.language.tokenization.splits import flatten

_WHERE: Final = "post_processor"
Piece = tuple[int, int, list[int]]
"""0 or 1 for a text and -1 for fixed tokens; the type; the fixed tokens."""


def compile_framing(document: Mapping[str, Any], size: int) -> dict[str, Any]:
    """Compiles what stands around a text.

    Args:
        document: tokenizer.json.
        size: The number of ids.

    Returns:
        The header, see pilotlight_runtime.text.tokenization.framing, with "trims".

    Raises:
        ConversionError: There is a component that the runtime does not have, or an id without a token.
    """
    single: list[Piece] = [(0, 0, [])]
    pair: list[Piece] = [(0, 0, []), (1, 1, [])]
    trims: list[bool] = []
    framed = False
    for kind in flatten(document.get("post_processor"), "processors", _WHERE):
        name = kind.get("type")
        if name in ("ByteLevel", "RobertaProcessing") and kind.get("trim_offsets", True):
            trims.append(bool(kind.get("add_prefix_space", True)))
        if name == "ByteLevel":
            check_keys(_WHERE, kind, "add_prefix_space trim_offsets use_regex")
            continue
        if name not in _MAKERS:
            raise unsupported(_WHERE, name)
        if framed:
            raise unsupported(_WHERE, f"{name} behind another one")
        framed = True
        single, pair = _MAKERS[name](kind)
    for _, _, ids in (*single, *pair):
        for identity in ids:
            _check_id(identity, size)
    return {"single": single, "pair": pair, "trims": trims, **_truncation(document.get("truncation"))}


def _check_id(identity: object, size: int) -> None:
    if not isinstance(identity, int) or not 0 <= identity < size:
        raise refusal(_WHERE, f"its id {identity!r} is not one of the {size} of the vocabulary")


def _template(kind: dict[str, Any]) -> tuple[list[Piece], list[Piece]]:
    check_keys(_WHERE, kind, "single pair special_tokens")
    tokens = kind.get("special_tokens") or {}
    single, pair = ([_template_piece(piece, tokens) for piece in kind.get(name, ())] for name in ("single", "pair"))
    if [text for text, _, _ in single if text >= 0] != [0] or [text for text, _, _ in pair if text >= 0] != [0, 1]:
        raise unsupported(_WHERE, "a template that does not name each text once and in order")
    return single, pair


def _template_piece(piece: Any, tokens: Mapping[str, Any]) -> Piece:
    match piece:
        case {"Sequence": {"id": "A" | "B" as text, "type_id": int(kind)}}:
            return ("AB".index(text), kind, [])
        case {"SpecialToken": {"id": str(name), "type_id": int(kind)}} if name in tokens:
            return (-1, kind, list(tokens[name]["ids"]))
    raise refusal(_WHERE, f"{piece!r} is no piece of a template")


def _bert(kind: dict[str, Any]) -> tuple[list[Piece], list[Piece]]:
    check_keys(_WHERE, kind, "sep cls")
    begin, end = [kind["cls"][1]], [kind["sep"][1]]
    single: list[Piece] = [(-1, 0, begin), (0, 0, []), (-1, 0, end)]
    return single, [*single, (1, 1, []), (-1, 1, end)]


def _roberta(kind: dict[str, Any]) -> tuple[list[Piece], list[Piece]]:
    check_keys(_WHERE, kind, "sep cls trim_offsets add_prefix_space")
    begin, end = [kind["cls"][1]], [kind["sep"][1]]
    single: list[Piece] = [(-1, 0, begin), (0, 0, []), (-1, 0, end)]
    return single, [*single, (-1, 0, end), (1, 0, []), (-1, 0, end)]


def _truncation(section: Mapping[str, Any] | None) -> dict[str, Any]:
    """Reads the truncation. A stride says how much the parts that are cut off overlap; nobody asks for those here."""
    if section is None:
        return {"longest": None, "strategy": "LongestFirst", "left": False}
    check_keys("truncation", section, "direction max_length strategy stride")
    strategy, direction = section.get("strategy", "LongestFirst"), section.get("direction", "Right")
    if strategy not in ("LongestFirst", "OnlyFirst", "OnlySecond") or direction not in ("Left", "Right"):
        raise unsupported("truncation", f"{strategy} to the {direction}")
    return {"longest": section["max_length"], "strategy": strategy, "left": direction == "Left"}


_MAKERS: Final = {"TemplateProcessing": _template, "BertProcessing": _bert, "RobertaProcessing": _roberta}
