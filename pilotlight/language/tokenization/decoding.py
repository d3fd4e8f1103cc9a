"""Compiles the decoder of a tokenizer.json: what each token adds to a text."""

from typing import Any, Final

from pilotlight.language.tokenization.errors import check_keys, unsupported
from pilotlight.language.tokenization.splits import flatten, read_metaspace

_WHERE: Final = "decoder"


def compile_decoder(section: dict[str, Any] | None) -> dict[str, Any]:
    """Compiles the decoder.

    Args:
        section: The section of tokenizer.json, or None.

    Returns:
        The decoder's header, see pilotlight_runtime.text.tokenization.decoders.

    Raises:
        ConversionError: There is a component that the runtime does not have, or not in this place.
    """
    kinds = flatten(section, "decoders", _WHERE)
    if not kinds:
        return {"bytes": False, "steps": [{"kind": "spaces"}]}
    if kinds[0].get("type") == "ByteLevel":
        check_keys(_WHERE, kinds[0], "add_prefix_space trim_offsets use_regex")
        others = [kind.get("type") for kind in kinds[1:] if kind.get("type") != "Fuse"]
        if others:
            raise unsupported(_WHERE, f"{others[0]} behind ByteLevel")
        return {"bytes": True}
    decoder: dict[str, Any] = {"bytes": False, "steps": []}
    fused = False
    for kind in kinds:
        fused = _add(kind, decoder, fused=fused)
    return decoder


def _add(kind: dict[str, Any], decoder: dict[str, Any], *, fused: bool) -> bool:
    """Adds a component; returns whether the tokens are one text behind it."""
    match kind.get("type"):
        case "Fuse":
            check_keys(_WHERE, kind, "")
            return True
        case "ByteFallback" if not fused:
            check_keys(_WHERE, kind, "")
            decoder["fallback"] = True
        case "Strip" if fused:
            check_keys(_WHERE, kind, "content start stop")
            if kind.get("stop") or "strip" in decoder:
                raise unsupported(_WHERE, "Strip at the end of the whole text")
            decoder["strip"], decoder["strips"] = kind["content"], kind["start"]
        case name if not fused and "fallback" not in decoder and name in _STEPS:
            decoder["steps"].append(_STEPS[name](kind))
        case name:
            raise unsupported(_WHERE, f"{name} in this place")
    return fused


def _replace(kind: dict[str, Any]) -> dict[str, Any]:
    check_keys(_WHERE, kind, "pattern content")
    match kind.get("pattern"):
        case {"String": str(text)} if text:
            return {"kind": "replace", "old": text, "new": kind["content"]}
    raise unsupported(_WHERE, f"Replace of {kind.get('pattern')!r}")


def _strip(kind: dict[str, Any]) -> dict[str, Any]:
    check_keys(_WHERE, kind, "content start stop")
    return {"kind": "strip", "strip": kind["content"], "start": kind["start"], "stop": kind["stop"]}


def _metaspace(kind: dict[str, Any]) -> dict[str, Any]:
    mark, scheme = read_metaspace(kind, _WHERE)
    return {"kind": "metaspace", "mark": mark, "prepended": scheme != "never"}


def _words(kind: dict[str, Any]) -> dict[str, Any]:
    check_keys(_WHERE, kind, "prefix cleanup")
    return {"kind": "words", "prefix": kind.get("prefix", "##"), "cleanup": bool(kind.get("cleanup", True))}


_STEPS: Final = {"Replace": _replace, "Strip": _strip, "Metaspace": _metaspace, "WordPiece": _words}
