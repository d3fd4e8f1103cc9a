"""Translation catalogues of GNU gettext as text.

Source of the format: GNU gettext manual, "The Format of PO Files".
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import NamedTuple

from pilotlight.core.errors import DataError


class Message(NamedTuple):
    """id: the message in the source language. texts: its translations, one a plural form; empty ones are left out."""

    id: str
    texts: tuple[str, ...]


def read_po(path: Path) -> list[Message]:
    """The messages of the catalogue at `path` that are translated; its header, doubtful and retired ones left out.

    DataError names the line that is wrong.
    """
    messages: list[Message] = []
    fields: dict[str, str] = {}
    key, fuzzy = "", False
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            if not line:
                messages += _message(fields, fuzzy=fuzzy)
                fields, key, fuzzy = {}, "", False
            fuzzy = fuzzy or (line.startswith("#,") and "fuzzy" in line)
            continue
        if not line.startswith('"'):
            key, _, line = line.partition(" ")
            fields[key] = ""
        try:
            fields[key] += ast.literal_eval(line.strip())
        except (SyntaxError, ValueError, KeyError, TypeError) as error:
            raise DataError(f"{path}:{number}", "is no line of a gettext catalogue", "Install it anew.") from error
    return messages + _message(fields, fuzzy=fuzzy)


def _message(fields: dict[str, str], *, fuzzy: bool) -> list[Message]:
    texts = tuple(text for key, text in fields.items() if key.startswith("msgstr") and text)
    return [Message(fields["msgid"], texts)] if fields.get("msgid") and texts and not fuzzy else []
