"""What a byte-level tokenizer imports until it has the tokens of an ASCII text."""

import subprocess
import sys
from pathlib import Path

import pytest
from support.small_tokenizers import byte_level

import pilotlight_runtime
from pilotlight.language.tokenization.tokenizer_json import compile_tokenizer

PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from pilotlight_runtime.text.tokenizer import open_tokenizer
tokenizer = open_tokenizer(sys.argv[2])
assert tokenizer.decode(tokenizer.encode("the answer is 42")) == "the answer is 42"
{more}
print(*sorted(sys.modules))
"""
NOT_NEEDED = {"bisect", "heapq", "json", "numpy", "typing", "unicodedata", "dataclasses", "collections.abc", "os"}


@pytest.mark.parametrize(("more", "needed"), [("", set()), ("tokenizer.encode('\u00e9')", {"bisect"})])
def test_nothing_is_imported_before_it_is_needed(more: str, needed: set[str], tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.bin"
    path.write_bytes(compile_tokenizer(byte_level()))
    layer = str(Path(pilotlight_runtime.__file__).parent.parent)
    command = [sys.executable, "-I", "-S", "-c", PROGRAM.format(more=more), layer, str(path)]
    answer = subprocess.run(command, capture_output=True, check=True, text=True)
    assert NOT_NEEDED.intersection(answer.stdout.split()) == needed
