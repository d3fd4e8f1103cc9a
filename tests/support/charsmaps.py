"""Tables of replacements as SentencePiece models carry them."""

import base64
import struct
from collections.abc import Mapping
from typing import Any


def build_charsmap(replacements: Mapping[str, str]) -> str:
    """Writes such a table: a trie as a double array, and the replacements."""
    root: dict[int, Any] = {}
    values = b""
    for old, new in sorted(replacements.items()):
        node = root
        for byte in old.encode():
            node = node.setdefault(byte, {})
        node[0] = len(values)
        values += new.encode() + b"\0"
    units = _place(root)
    trie = struct.pack(f"<{len(units)}I", *units)
    return base64.b64encode(struct.pack("<I", len(trie)) + trie + values).decode()


def _place(root: dict[int, Any]) -> list[int]:
    """Finds a place for each node, so that no two have the same base, and no two children the same place."""
    units, bases = {0: 0}, set()
    waiting, free = [(0, root)], 1
    while waiting:
        at, node = waiting.pop(0)
        base = free
        while base in bases or any(base ^ label in units for label in node):
            base += 1
        bases.add(base)
        free = max(free, base - 256)
        units[at] |= (at ^ base) << 10 | (0 in node) << 8
        for label, child in node.items():
            units[base ^ label] = child | 1 << 31 if label == 0 else label
            if label:
                waiting.append((base ^ label, child))
    return [units.get(at, 0) for at in range((max(units) // 256 + 2) * 256)]
