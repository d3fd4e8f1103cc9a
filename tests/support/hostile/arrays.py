"""Hostile .npz and .npy files: each entry of NPZ and NPY writes one to a path."""

from __future__ import annotations

import io
import os
import pickle
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

NAMES: Final = ("x_train", "y_train", "x_test", "y_test")
"""The arrays of a data source. They are the inputs of the model `adder` too, so that every reader looks at each."""

Write = Callable[[Path], object]


class Payload:
    """Creates the file `canary` in the current folder when it is unpickled."""

    def __reduce__(self) -> tuple[Any, tuple[str, str]]:
        return os.mkdir, ("canary",)


def npy(array: Any = None, **header: Any) -> bytes:
    """The bytes of a .npy file. `header` replaces entries of its header: descr, fortran_order, shape."""
    array = np.ones((4, 2), np.float32) if array is None else array
    stream = io.BytesIO()
    np.save(stream, array)
    if not header:
        return stream.getvalue()
    said = {"descr": array.dtype.str, "fortran_order": False, "shape": array.shape} | header
    return raw_npy(repr(said).encode(), array.tobytes())


def raw_npy(header: bytes, content: bytes = b"\0" * 32, version: bytes = b"\1\0", length: int | None = None) -> bytes:
    """A .npy file with any header."""
    size = len(header) + 1 if length is None else length
    return b"\x93NUMPY" + version + struct.pack("<H", size) + header + b"\n" + content


def entries(path: Path, parts: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> None:
    """Writes a zip archive."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def same(content: bytes, method: int = zipfile.ZIP_DEFLATED) -> Write:
    """An archive in which each array is `content`."""
    return lambda path: entries(path, {f"{name}.npy": content for name in NAMES}, method)


def good(method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive that every reader takes."""
    path = io.BytesIO()
    entries(path, {f"{name}.npy": npy() for name in NAMES}, method)  # type: ignore[arg-type]
    return path.getvalue()


def patched(change: Callable[[bytearray], object], method: int = zipfile.ZIP_DEFLATED) -> Write:
    """The good archive with some bytes changed."""

    def write(path: Path) -> None:
        content = bytearray(good(method))
        change(content)
        path.write_bytes(content)

    return write


def _every(content: bytearray, magic: bytes, offset: int, value: bytes) -> None:
    at = content.find(magic)
    while at >= 0:
        content[at + offset : at + offset + len(value)] = value
        at = content.find(magic, at + 4)


_LOCAL: Final = b"PK\x03\x04"
_CENTRAL: Final = b"PK\x01\x02"
_END: Final = b"PK\x05\x06"


def _both(local: int, central: int, value: bytes) -> Callable[[bytearray], None]:
    """Writes `value` into each local and each central header."""

    def change(content: bytearray) -> None:
        _every(content, _LOCAL, local, value)
        _every(content, _CENTRAL, central, value)

    return change


def _damage_data(content: bytearray) -> None:
    at = content.find(_LOCAL) + 30 + len("x_train.npy")
    content[at : at + 60] = b"\xff" * 60


def _duplicates(path: Path) -> None:
    content = good(zipfile.ZIP_STORED).replace(b"y_train.npy", b"x_train.npy")
    path.write_bytes(content)


def _many(path: Path) -> None:
    fixed = (20, 0, 0, 0, 0, 0, 0, 0, 9, 0)
    listed = b"".join(
        struct.pack("<4sHHHHHHIIIHHHHHII", _CENTRAL, 20, *fixed, 0, 0, 0, 0, 0) + b"%05d.npy" % number
        for number in range(100_000)
    )
    start = struct.pack("<4sHHHHHIIIHH", _LOCAL, *fixed) + b"00000.npy"
    end64 = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 100_000, 100_000, len(listed), len(start))
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, len(start) + len(listed), 1)
    end = struct.pack("<4sHHHHIIH", _END, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    path.write_bytes(start + listed + end64 + locator + end)


def _bomb(path: Path) -> None:
    """2 GiB of zeros in each array, in 8 MB of zip."""
    block, size = 1 << 24, 1 << 31
    head = npy(np.zeros(0, np.float32), shape=(size // 4,))
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = packer.compress(head) + packer.flush(zlib.Z_FULL_FLUSH)
    zeros = packer.compress(bytes(block)) + packer.flush(zlib.Z_FULL_FLUSH)
    body += zeros * (size // block) + packer.flush()
    _write_entries(path, body, len(head) + size, 8)


def _write_entries(path: Path, body: bytes, size: int, method: int) -> None:
    """Each array with these compressed bytes, this promised size in a zip64 field, and no checksum."""
    parts, directory, offset = [], [], 0
    for name in NAMES:
        raw = f"{name}.npy".encode()
        field = struct.pack("<HHQQ", 1, 16, size, len(body))
        fixed = (45, 0, method, 0, 0, 0, 0xFFFFFFFF, 0xFFFFFFFF, len(raw), len(field))
        parts += [struct.pack("<4sHHHHHIIIHH", _LOCAL, *fixed), raw, field, body]
        head = struct.pack("<4sHHHHHHIIIHHHHHII", _CENTRAL, 45, *fixed, 0, 0, 0, 0, offset)
        directory.append(head + raw + field)
        offset = sum(map(len, parts))
    listed = b"".join(directory)
    tail = struct.pack("<4sHHHHIIH", _END, 0, 0, len(NAMES), len(NAMES), len(listed), offset, 0)
    path.write_bytes(b"".join([*parts, listed, tail]))


def _zip64_lie(path: Path) -> None:
    """A zip64 end record that places the directory 2**63 bytes into the file."""
    content = good()
    at = content.rfind(_END)
    end64 = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 6, 6, 2**63, 2**63)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, at, 1)
    end = bytearray(content[at:])
    end[8:20] = b"\xff" * 12
    path.write_bytes(content[:at] + end64 + locator + bytes(end))


def _zip64_sizes(path: Path) -> None:
    """Entries whose zip64 field says 2**62 bytes."""
    _write_entries(path, npy(), 2**62, 0)


def _pickled(path: Path) -> None:
    array = np.empty(4, object)
    array[:] = [Payload() for _ in range(4)]
    np.savez(path, allow_pickle=True, **dict.fromkeys(NAMES, array))


def fifo(path: Path) -> None:
    """A named pipe without a writer."""
    os.mkfifo(path)


def link(target: str) -> Write:
    """A symbolic link."""
    return lambda path: path.symlink_to(target)


PLACES: Final[dict[str, Write]] = {
    "a folder": lambda path: path.mkdir(),
    "a named pipe": fifo,
    "a link to a device that never ends": link("/dev/zero"),
    "a link to a device that is empty": link("/dev/null"),
    "a link to itself": lambda path: path.symlink_to(path),
    "a link to nothing": link("/nowhere/at/all"),
    "a sparse file of 1 TiB": lambda path: (path.touch(), os.truncate(path, 1 << 40)),
}
"""What may stand where a file is expected."""

NPZ: Final[dict[str, Write]] = PLACES | {
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_bytes(b"x_train,y_train\n1,2\n"),
    "a pickle": lambda path: path.write_bytes(pickle.dumps(Payload())),
    "one array": lambda path: path.write_bytes(npy()),
    "an empty archive": lambda path: entries(path, {}),
    "encrypted": patched(_both(6, 8, b"\1\0")),
    "a wrong checksum": patched(_both(14, 16, b"\1\2\3\4")),
    "damaged deflate data": patched(_damage_data),
    "unknown compression": patched(_both(8, 10, b"\x63\0")),
    "compressed with lzma": same(npy(), zipfile.ZIP_LZMA),
    "lzma with a dictionary of 4 GiB": lambda path: (
        entries(path, {f"{name}.npy": npy() for name in NAMES}, zipfile.ZIP_LZMA),
        path.write_bytes(path.read_bytes().replace(b"\x5d\0\0\x80\0", b"\x5d\xff\xff\xff\xff")),
    ),
    "damaged bzip2 data": patched(_damage_data, zipfile.ZIP_BZIP2),
    "cut after the first header": lambda path: path.write_bytes(good()[:20]),
    "cut in the middle": lambda path: path.write_bytes(good()[: len(good()) // 2]),
    "cut in the directory": lambda path: path.write_bytes(good()[:-60]),
    "cut by one byte": lambda path: path.write_bytes(good()[:-1]),
    "a directory beyond the file": lambda path: path.write_bytes(good()[:-6] + b"\xff\xff\xff\x7f\0\0"),
    "a zip64 directory at 2**63": _zip64_lie,
    "zip64 sizes of 2**62": _zip64_sizes,
    "100,000 entries": _many,
    "a zip bomb": _bomb,
    "equal names": _duplicates,
    "no arrays": lambda path: entries(path, {"x_train": b"1", "a.txt": b"hello", "b.json": b"{}"}),
    "entries with array names and no arrays": same(b"hello"),
    "entries that are empty": same(b""),
    "an entry beside the arrays": lambda path: entries(
        path, {**{f"{name}.npy": npy() for name in NAMES}, "readme.txt": b"hello"}
    ),
    "names that leave the folder": lambda path: entries(path, {"../../../tmp/x.npy": npy(), "/etc/passwd.npy": npy()}),
    "names with control characters": lambda path: entries(path, {"\x1b[31mred\n\r\x9b.npy": npy()}),
    "a name that is not UTF-8": lambda path: (
        entries(path, {"ä.npy": npy()}),
        path.write_bytes(path.read_bytes().replace("ä".encode(), b"\xff\xfe")),
    ),
    "a name of 60,000 characters": lambda path: entries(path, {"n" * 60_000 + ".npy": npy()}),
    "a folder entry": lambda path: entries(path, {**{f"{name}.npy/": b"" for name in NAMES}}),
    "pickled objects": _pickled,
    "a dtype of objects without a pickle": same(npy(descr="|O")),
    "a header with code": same(raw_npy(b"__import__('os').mkdir('canary')")),
    "a header with code as shape": same(raw_npy(b"{'descr':'<f4','fortran_order':False,'shape':exit(7)}")),
    "a header that is nested deeply": same(raw_npy(b"(" * 9_000 + b")" * 9_000)),
    "a header of minus signs": same(raw_npy(b"-" * 9_000 + b"1")),
    "a header longer than the file": same(raw_npy(b"{}", length=60_000)),
    "a header that is not text": same(raw_npy(b"\xff\xfe\0\x01")),
    "a header without a shape": same(raw_npy(b"{'descr':'<f4','fortran_order':False}")),
    "an unknown format version": same(raw_npy(b"{}", version=b"\x09\x09")),
    "a shape of 10 TiB": same(npy(shape=(10 << 38,))),
    "a shape of 2**62 by 2**62": same(npy(shape=(2**62, 2**62))),
    "a shape of 10**400": same(npy(shape=(10**400,))),
    "a negative shape": same(npy(shape=(-1, 2))),
    "two negative sizes": same(npy(shape=(-4, -2))),
    "a shape that is no tuple": same(npy(shape=8)),
    "a shape of fractions": same(npy(shape=(4.0, 2))),
    "a shape of booleans": same(npy(shape=(True,))),
    "a shape of 100 dimensions": same(npy(shape=(1,) * 100)),
    "an empty shape with a huge size": same(npy(shape=(0, 2**62, 2**62))),
    "more data than the shape": same(npy() + b"\0" * 64),
    "less data than the shape": same(npy()[:-4]),
    "elements without a size": same(npy(descr="|S0", shape=(10**18,))),
    "elements of 2 GiB": same(npy(descr=f"|S{2**31 - 1}", shape=(10**9,))),
    "a dtype that does not exist": same(npy(descr="<f7")),
    "a dtype that is a number": same(npy(descr=7)),
    "a dtype with a subarray of 2**40": same(npy(descr=("<f4", (2**40,)))),
    "a nested dtype": same(npy(descr=[("a", [("b", [("c", "<f4")])])])),
    "a structured dtype": same(npy(np.ones(4, [("a", "<f4"), ("b", "<i4")]))),
    "raw bytes": same(npy(np.ones(4, "V7"))),
    "dates": same(npy(np.zeros(4, "M8[s]"))),
    "complex numbers": same(npy(np.ones((4, 2), complex))),
    "numbers that are not finite": same(npy(np.full((4, 2), np.nan, np.float32))),
    "text that is no text": same(npy(np.full(4, 0xFFFFFFFF, np.uint32).view("<U1"))),
}

NPY: Final[dict[str, Write]] = PLACES | {
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_bytes(b"1,2,3\n"),
    "a pickle": lambda path: path.write_bytes(pickle.dumps(Payload())),
    "an archive": lambda path: path.write_bytes(good()),
    "cut in the magic": lambda path: path.write_bytes(npy()[:4]),
    "cut in the header": lambda path: path.write_bytes(npy()[:40]),
    "cut in the data": lambda path: path.write_bytes(npy()[:-1]),
    **{
        name: (lambda path, content=content: path.write_bytes(content))
        for name, content in {
            "a dtype of objects": npy(descr="|O"),
            "a header with code": raw_npy(b"__import__('os').mkdir('canary')"),
            "a header that is nested deeply": raw_npy(b"(" * 9_000 + b")" * 9_000),
            "a header of minus signs": raw_npy(b"-" * 9_000 + b"1"),
            "a header longer than the file": raw_npy(b"{}", length=60_000),
            "a shape of 10 TiB": npy(shape=(10 << 38,)),
            "a shape of 2**62 by 2**62": npy(shape=(2**62, 2**62)),
            "a shape of 10**400": npy(shape=(10**400,)),
            "a negative shape": npy(shape=(-1, 2)),
            "two negative sizes": npy(shape=(-4, -2)),
            "a shape that is no tuple": npy(shape=8),
            "a shape of fractions": npy(shape=(4.0, 2)),
            "a shape of 100 dimensions": npy(shape=(1,) * 100),
            "an empty shape with a huge size": npy(shape=(0, 2**62, 2**62)),
            "elements without a size": npy(descr="|S0", shape=(10**18,)),
            "a dtype that does not exist": npy(descr="<f7"),
            "a dtype that is a number": npy(descr=7),
            "a dtype with a subarray of 2**40": npy(descr=("<f4", (2**40,))),
            "a structured dtype": npy(np.ones(4, [("a", "<f4"), ("b", "<i4")])),
            "numbers that are not finite": npy(np.full((4, 2), np.nan, np.float32)),
        }.items()
    },
}
