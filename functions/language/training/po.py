"""Translation catalogues of GNU gettext as text.

Source of the format: GNU gettext manual, "The Format of PO Files".
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import NamedTuple

from pilotlight import DataError


class Message(NamedTuple):
    """A translated message.

    Attributes:
        id: The message in the source language.
        texts: Its translations, one for each plural form that has one.
    """

    id: str
    texts: tuple[str, ...]


def read_po(path: Path) -> list[Message]:
    """Reads the translated messages of a catalogue, without its header and without fuzzy and obsolete ones.

    Raises:
        DataError: A line is malformed; the message names it.
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
            raise DataError(
                f"{path}:{number}", "is not a line of a gettext catalogue", "Install the package again."
            ) from error
    return messages + _message(fields, fuzzy=fuzzy)


def _message(fields: dict[str, str], *, fuzzy: bool) -> list[Message]:
    texts = tuple(text for key, text in fields.items() if key.startswith("msgstr") and text)
    return [Message(fields["msgid"], texts)] if fields.get("msgid") and texts and not fuzzy else []
