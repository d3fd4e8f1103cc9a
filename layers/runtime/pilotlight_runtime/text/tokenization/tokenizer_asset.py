r"""The file of a compiled tokenizer: a header in JSON, and tables of text and numbers behind it.

The tool writes it at import, the runtime reads it. Reading executes nothing: the header is JSON, tables of texts and
of numbers are seen in place. The manifest's sha256 is checked before.

    PILOTLIGHT-TOKENIZER-1\n   the format
    4 bytes                    the header's length, little endian
    header                     {"sections": {name: [begin, end]}, …}; begin and end count from the first section
    sections                   each begins at a multiple of 8
"""

from __future__ import annotations

import sys
from itertools import accumulate, pairwise

from pilotlight_runtime.errors import ManifestError
from pilotlight_runtime.json_text import dumps, loads
from pilotlight_runtime.light_typing import Any, Final, Iterable, Mapping, NamedTuple
from pilotlight_runtime.paths import StrPath

_FORMAT: Final = b"PILOTLIGHT-TOKENIZER-1\n"


class TokenizerAsset(NamedTuple):
    """What a compiled tokenizer's file says.

    Attributes:
        header: The values of the steps.
        sections: The bytes of the tables, by their names.
    """

    header: Mapping[str, Any]
    sections: Mapping[str, memoryview]

    def numbers(self, name: str) -> memoryview[int]:
        """Sees a section as numbers of 32 bits without a sign."""
        return _little_endian(self.sections[name], 4).cast("I")

    def wide_numbers(self, name: str) -> memoryview[int]:
        """Sees a section as numbers of 64 bits without a sign."""
        return _little_endian(self.sections[name], 8).cast("Q")

    def scores(self, name: str) -> memoryview[float]:
        """Sees a section as floating-point numbers of 64 bits."""
        return _little_endian(self.sections[name], 8).cast("d")

    def texts(self, name: str) -> Texts:
        """Sees a section that join_texts made.

        Args:
            name: The section.

        Returns:
            The texts, in UTF-8 or as bytes.
        """
        section = self.sections[name]
        count = int.from_bytes(section[:4], "little")
        starts = 4 * (count + 2)
        return Texts(_little_endian(section[4:starts], 4).cast("I"), bytes(section[starts:]))


class Texts:
    """Texts that lie in one another's row; each is cut out when it is asked for.

    Args:
        starts: Where each begins, and where the last one ends.
        content: All of them.
    """

    def __init__(self, starts: memoryview[int], content: bytes) -> None:
        self._starts = starts
        self._content = content

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, place: int) -> bytes:
        return self._content[self._starts[place] : self._starts[place + 1]]

    def all(self) -> list[bytes]:
        """Cuts all of them out."""
        content = self._content
        return [content[begin:end] for begin, end in pairwise(self._starts.tolist())]


def _little_endian(section: memoryview, width: int) -> memoryview:
    """The bytes of numbers in the machine's order."""
    if sys.byteorder == "little":
        return section
    return memoryview(b"".join(section[at : at + width].tobytes()[::-1] for at in range(0, len(section), width)))


def join_texts(texts: Iterable[bytes]) -> bytes:
    """Writes texts as a section.

    Args:
        texts: The texts.

    Returns:
        The section, see TokenizerAsset.texts: their number, where each begins and the last one ends, and their bytes.
    """
    whole = list(texts)
    starts = [0, *accumulate(map(len, whole))]
    numbers = b"".join(number.to_bytes(4, "little") for number in (len(whole), *starts))
    return numbers + b"".join(whole)


def pack(header: Mapping[str, Any], sections: Mapping[str, bytes]) -> bytes:
    """Writes a compiled tokenizer.

    Args:
        header: The values of the steps, as JSON has them.
        sections: Tables by their names; numbers are little endian.

    Returns:
        The file's content; the same arguments always give the same bytes.
    """
    places, body = {}, bytearray()
    for name, section in sections.items():
        body += bytes(-len(body) % 8)
        places[name] = [len(body), len(body) + len(section)]
        body += section
    text = dumps({**header, "sections": places}).encode("ascii")
    text += b" " * (-(len(_FORMAT) + 4 + len(text)) % 8)
    return b"".join((_FORMAT, len(text).to_bytes(4, "little"), text, body))


def read_tokenizer_asset(path: StrPath) -> TokenizerAsset:
    """Reads a compiled tokenizer.

    Args:
        path: The asset.

    Returns:
        Its header and its sections.

    Raises:
        ManifestError: The file is not a compiled tokenizer of this format.
    """
    with open(path, "rb") as file:
        return unpack(file.read(), path)


def unpack(content: bytes, name: StrPath) -> TokenizerAsset:
    """Reads the content of a compiled tokenizer.

    Args:
        content: What `pack` made.
        name: What an error calls it.

    Returns:
        Its header and its sections.

    Raises:
        ManifestError: It is not a compiled tokenizer of this format.
    """
    begin = len(_FORMAT) + 4
    if not content.startswith(_FORMAT):
        raise ManifestError(f"{name} is not a compiled tokenizer of this runtime's format; import the model again")
    end = begin + int.from_bytes(content[len(_FORMAT) : begin], "little")
    try:
        header = loads(content[begin:end])
        body = memoryview(content)[end:]
        places = header["sections"].items()
        return TokenizerAsset(header, {name: body[first:last] for name, (first, last) in places})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ManifestError(f"the header of {name} cannot be read ({error}); import the model again") from error
