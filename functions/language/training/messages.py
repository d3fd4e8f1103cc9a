"""Messages of a web framework in many languages: the translations in Django's wheel.

Placeholders and markup are removed, since they are the same in every language. A message with all its translations is
either learned from or held out. A text that occurs in several languages ("Dashboard", "Portugal") is left out.
"""

from __future__ import annotations

import importlib.util
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple
from zlib import crc32

import numpy as np

from pilotlight import Arrays, DataError

from training.po import read_po

LANGUAGES: Final = (
    *("ar", "bg", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr", "he", "hu", "id", "it", "ja", "ko"),
    *("lt", "lv", "nb", "nl", "pl", "pt", "ro", "ru", "sk", "sl", "sv", "tr", "uk", "vi", "zh_Hans"),
)
"""The languages with nearly complete translations, by the names of Django's folders. English is the source."""

MIN_BYTES: Final = 24
"""The fewest bytes of UTF-8 in a held-out text: 24 Latin or 8 Chinese letters. Shorter texts are single words."""

_HELD_OUT: Final = 5
"""One message in so many."""
_FOREIGN: Final = re.compile(r"%\(\w+\)[-#0-9. ]*[a-zA-Z]|%[-#0-9.]*[a-zA-Z%]|\{[^{}]*\}|<[^<>]*>|&[a-z]+;")


class _Text(NamedTuple):
    id: str
    language: str
    text: str


def load_messages() -> Arrays:
    """Texts as x, numbers of languages as y: 0 for the first of LANGUAGES.

    Raises:
        DataError: Django is not installed.
    """
    texts = sorted(set(_texts(_catalogues())))
    owners = defaultdict(set)
    for each in texts:
        owners[each.text.lower()].add(each.language)
    parts: tuple[list[_Text], list[_Text]] = ([], [])
    for each in texts:
        if len(owners[each.text.lower()]) == 1:
            parts[crc32(each.id.encode()) % _HELD_OUT == 0].append(each)
    held = [each for each in parts[1] if len(each.text.encode()) >= MIN_BYTES]
    seen = {each.text.lower() for each in held}  # translators use one text for several messages
    learned = [each for each in parts[0] if each.text.lower() not in seen]
    return Arrays(*_arrays(learned), *_arrays(held))


def _arrays(texts: list[_Text]) -> tuple[np.ndarray, np.ndarray]:
    place = {language: index for index, language in enumerate(LANGUAGES)}
    pairs = dict.fromkeys((each.text, place[each.language]) for each in texts)
    return np.array([text for text, _ in pairs]), np.array([label for _, label in pairs])


def _catalogues() -> list[Path]:
    """The paths of Django's catalogues. Django is not imported."""
    spec = importlib.util.find_spec("django")
    folders = (spec.submodule_search_locations if spec else None) or []
    found = sorted(path for folder in folders for path in Path(folder).rglob("LC_MESSAGES/django.po"))
    if not found:
        raise DataError("data source 'django'", "needs Django", "Install it with `pip install django`.")
    return found


def _texts(catalogues: list[Path]) -> Iterator[_Text]:
    for path in catalogues:
        language = path.parents[1].name
        if language not in LANGUAGES or language == "en":
            continue
        for message in read_po(path):
            for kind, texts in (("en", (message.id,)), (language, message.texts)):
                for text in texts:
                    cleaned = " ".join(_FOREIGN.sub(" ", text).split())
                    if any(character.isalpha() for character in cleaned):
                        yield _Text(message.id, kind, cleaned)
