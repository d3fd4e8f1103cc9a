"""The benchmarks of parts, each a program of its own beside its own peer."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from scripts.language_weights import WeightsMissing, find_weights

GENERATION: Final = "generation"
"""The one that takes the packaged function."""
OTHERS: Final = ("sampling", "tokenizer", "embeddings", GENERATION)
_ROUNDS: Final = {"sampling": "100", "embeddings": "7", GENERATION: "3"}
_SECONDS: Final = 240


class Output(NamedTuple):
    """What a program printed; why: what went wrong, "" for nothing."""

    name: str
    text: str
    why: str


def run_others(names: Sequence[str], repository: Path, packaged: Path, say: Callable[[str], None]) -> list[Output]:
    """Runs them one after the other.

    Args:
        names: Of OTHERS.
        repository: Pilotlight's sources.
        packaged: The folder of the packaged function.
        say: Takes what is done.
    """
    found = []
    for name in names:
        say(f"benchmarks.{name}")
        try:
            command = [sys.executable, "-m", f"benchmarks.{name}", *_find_arguments(name, packaged)]
        except WeightsMissing as error:
            found.append(Output(name, "", str(error)))
            continue
        try:
            done = subprocess.run(
                command, cwd=repository, capture_output=True, text=True, timeout=_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            found.append(Output(name, "", f"was stopped after {_SECONDS} s"))
            continue
        why = f"ended with exit code {done.returncode}: {done.stderr.strip()[-300:]}" if done.returncode else ""
        found.append(Output(name, done.stdout.strip(), why))
    return found


def _find_arguments(name: str, packaged: Path) -> list[str]:
    """The model, where the program takes one, and fewer rounds than it makes by itself."""
    rounds = ["--rounds", _ROUNDS[name]] if name in _ROUNDS else []
    match name:
        case "embeddings":
            return [str(find_weights(name)), *rounds]
        case "generation":
            return [str(packaged), *rounds]
    return rounds
