"""The estimate of a document's memory is never below what the parsers take, and close to it for what people send."""

import subprocess
import sys

import pytest

from pilotlight_runtime.limits import MOST_MEMORY
from pilotlight_runtime.protocol.json_codec import MAX_JSON_BYTES, MOST_TIMES
from pilotlight_runtime.protocol.json_memory import estimate_memory

LENGTH = 6_000_000
CHILD = """
import json, sys
from pathlib import Path
import orjson

def peak():
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) * 1024

raw = sys.stdin.buffer.read()
parse = orjson.loads if sys.argv[1] == "orjson" else lambda raw: json.loads(str(raw, "utf-8"))
parse(b"[1]")
Path("/proc/self/clear_refs").write_text("5")
before = peak()
document = parse(raw)
print(peak() - before)
"""
UNITS = {
    "short numbers": b"0,",
    "short negative numbers": b"-9,",
    "floats": b"1.5,",
    "whole numbers": b"300,",
    "long floats": b"0.12345678,",
    "empty lists": b"[],",
    "lists of one": b"[0],",
    "lists in lists": b"[[[[]]]],",
    "rows": b"[0.5,0.25,0.125],",
    "empty objects": b"{},",
    "objects of one": b'{"a":1},',
    "objects of six": b'{"a":1.5,"b":1.5,"c":1.5,"d":1.5,"e":1.5,"f":1.5},',
    "objects of lists": b'{"":[]},',
    "short texts": b'"ab",',
    "texts": b'"a text of some length",',
    "wide texts": '"\U0001f600 text",'.encode(),
    "escapes": b'"\\u00e9\\u1234",',
    "constants": b"true,null,",
    "white space": b" ",
}


def documents() -> dict[str, bytes]:
    found = {name: b"[" + unit * (LENGTH // len(unit)) + b"1]" for name, unit in UNITS.items()}
    found["names"] = b"{" + b",".join(b'"%x":0' % number for number in range(500_000)) + b"}"
    found["long names"] = (
        b"{" + b",".join(b'"a name of some length %x":0.5' % number for number in range(150_000)) + b"}"
    )
    found["one text"] = b'["' + b"a" * LENGTH + b'"]'
    found["one wide text"] = b'["' + b"a" * LENGTH + "\U0001f600".encode() + b'"]'
    return found


DOCUMENTS = documents()


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells the peak memory on Linux alone")
@pytest.mark.parametrize("parser", ["json", "orjson"])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_parser_takes_more(name: str, parser: str) -> None:
    raw = DOCUMENTS[name]
    done = subprocess.run([sys.executable, "-c", CHILD, parser], input=raw, check=True, stdout=subprocess.PIPE)
    taken = int(done.stdout)
    assert taken <= estimate_memory(raw) + 1_000_000
    assert taken <= MOST_TIMES * len(raw)  # so that shorter documents need no estimate


@pytest.mark.parametrize(
    ("unit", "length"),
    [
        (b"1.5,", MAX_JSON_BYTES),
        (b"0,", MAX_JSON_BYTES),
        (b"300,", MAX_JSON_BYTES),
        (b"-9,", 12_000_000),
        (b"-0.12345678,", MAX_JSON_BYTES),
        (b"0.12345678,", MAX_JSON_BYTES),
        (b"[0.5],", 6_291_456),
        (b"[0.1,0.2,0.3],", 12_000_000),
        (b'{"x":0.5},', 6_291_456),
        (b'{"x":[0.1,0.2,0.3]},', 8_000_000),
        (b'"a text of some length",', MAX_JSON_BYTES),
    ],
)
def test_what_people_send_fits(unit: bytes, length: int) -> None:
    head = b'{"inputs":[{"name":"x","datatype":"FP32","shape":[-1],"data":['
    raw = head + unit * ((length - 200) // len(unit)) + b"1]}]}"
    assert estimate_memory(raw) <= MOST_MEMORY
