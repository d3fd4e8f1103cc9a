"""Removes from a shared library what no loader reads: debug symbols, symbol tables, padding between segments.

What a loader reads is the file header, the program headers and the PT_LOAD segments they name (System V ABI, "Program
Loading"); sections are for linkers and debuggers. The segments move to the lowest offsets that the format allows. Their
addresses stay, so nothing inside them changes. `strip` does less where a wheel was repaired by patchelf, which puts new
segments behind the debug symbols, and it is not on every machine.
"""

import struct
from pathlib import Path
from typing import Final, NamedTuple

PAGE: Final = 4096
"""The smallest page of a processor. Less than one is not worth a rewrite."""

_PAGES: Final = {62: PAGE, 183: 16 * PAGE}
"""The largest page that Linux has on x86_64 and on aarch64, by e_machine. A segment's offset and address must agree
modulo p_align, which many libraries set larger."""

_MAGIC: Final = b"\x7fELF\x02\x01"  # 64 bits, little-endian
_MACHINE_AT: Final = 18
_PHOFF_AT: Final = 32
_SHOFF_AT: Final = 40
_PHNUM_AT: Final = 56
_SECTIONS_AT: Final = 60  # e_shnum, e_shstrndx
_PROGRAM_HEADER: Final = struct.Struct("<IIQQQQQQ")
_PT_LOAD: Final = 1


class _Segment(NamedTuple):
    """A program header, fields in the order of Elf64_Phdr."""

    kind: int
    flags: int
    offset: int
    vaddr: int
    paddr: int
    filesz: int
    memsz: int
    align: int


def compact_library(path: Path) -> int:
    """Rewrite a library, and return how many bytes that saves.

    Returns:
        0 where it is not a library for Lambda, or where less than 4 KiB would be saved: the file stays as it is.
    """
    raw = path.read_bytes()
    page = _PAGES.get(struct.unpack_from("<H", raw, _MACHINE_AT)[0]) if raw.startswith(_MAGIC) else None
    if page is None:
        return 0
    packed = _packed(raw, page)
    if packed is None or len(raw) - len(packed) < PAGE:
        return 0
    path.write_bytes(packed)
    return len(raw) - len(packed)


def _packed(raw: bytes, page: int) -> bytes | None:
    (table,) = struct.unpack_from("<Q", raw, _PHOFF_AT)
    (count,) = struct.unpack_from("<H", raw, _PHNUM_AT)
    size = _PROGRAM_HEADER.size
    segments = [_Segment(*_PROGRAM_HEADER.unpack_from(raw, table + number * size)) for number in range(count)]
    loads = sorted((s for s in segments if s.kind == _PT_LOAD), key=lambda s: s.offset)
    if not loads or loads[0].offset or table + count * size > loads[0].filesz:
        return None  # headers outside of the first segment: rare, and not worth the care
    out = bytearray()
    moved: dict[_Segment, int] = {}
    for load in loads:
        moved[load] = len(out) + (load.vaddr - len(out)) % page
        out += bytes(moved[load] - len(out)) + raw[load.offset : load.offset + load.filesz]
    for number, segment in enumerate(segments):
        changed = _moved(segment, moved, page)
        _PROGRAM_HEADER.pack_into(out, table + number * size, *changed)
    struct.pack_into("<Q", out, _SHOFF_AT, 0)
    struct.pack_into("<HH", out, _SECTIONS_AT, 0, 0)
    return bytes(out)


def _moved(segment: _Segment, moved: dict[_Segment, int], page: int) -> _Segment:
    """The header with its new offset: that of the loaded segment which holds it, and no alignment above a page."""
    if segment.kind == _PT_LOAD:
        return segment._replace(offset=moved[segment], align=min(segment.align, page))
    for load, offset in moved.items():
        if load.offset <= segment.offset and segment.offset + segment.filesz <= load.offset + load.filesz:
            return segment._replace(offset=segment.offset - load.offset + offset)
    return segment
