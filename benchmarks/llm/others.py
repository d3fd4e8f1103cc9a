"""The benchmarks of parts, each a program of its own beside its own peer."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

OTHERS: Final = ("sampling", "tokenizer", "embeddings", "generation")
_SECONDS: Final = 180


class Output(NamedTuple):
    """What a program printed; why: what went wrong, "" for nothing."""

    name: str
    text: str
    why: str


def run_others(names: Sequence[str], repository: Path, say: Callable[[str], None]) -> list[Output]:
    """Runs them one after the other."""
    found = []
    for name in names:
        say(f"benchmarks.{name}")
        command = [sys.executable, "-m", f"benchmarks.{name}"]
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
