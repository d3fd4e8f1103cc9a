"""One round of each contender: a fresh process, its first token, then its speed of decoding."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks.llm.functions import SECONDS, Function, start_function
from benchmarks.llm.requests import TOKENS, chat_event
from benchmarks.llm.stream import read_stream

CONTEXT: Final = 2048
SECONDS_TO_DECODE: Final = 5.0
"""Where a machine is too busy for TOKENS in this time, the speed is that of the tokens until then."""


class Round(NamedTuple):
    """One fresh process.

    Attributes:
        first_ms: Milliseconds from the start of the process to the first token.
        speed: Tokens a second behind the first.
        rss: The most resident bytes; 0 where they are not measured.
        text: What it wrote, or its tokens.
        own_ms: Milliseconds from the start of loading to the first token, without the process's own start; 0 where
            they are not measured.
    """

    first_ms: float
    speed: float
    rss: int
    text: str
    own_ms: float = 0.0


class Contender(NamedTuple):
    """name: on the command line. title: for people. measure: one round with so many threads."""

    name: str
    title: str
    measure: Callable[[int], Round]


def measure_ours(function: Function, threads: int) -> Round:
    """Pilotlight's function under its own client: the first token as it is streamed, then a later answer's speed.

    The answer between is short: behind the first one the function checks its weights, which no later one pays for.
    """
    with start_function(function, threads) as running:
        cold = read_stream(running.invoke(chat_event(TOKENS)))
        read_stream(running.invoke(chat_event(2)))
        warm = read_stream(running.invoke(chat_event(TOKENS)))
        return Round((cold.first - running.began) * 1000, warm.speed, running.rss(), warm.text)


def measure_handler(function: Function, prompt: str, threads: int) -> Round:
    """A Python handler under AWS's client, which cannot stream: an answer of one token, then one of TOKENS."""
    with start_function(function, threads) as running:

        def ask(tokens: int) -> dict[str, Any]:
            answer = b"".join(running.invoke({"prompt": prompt, "tokens": tokens, "seconds": SECONDS_TO_DECODE}))
            document: dict[str, Any] = json.loads(answer)
            if "tokens" not in document:
                raise RuntimeError(answer.decode())
            return document

        ask(1)
        first = (time.perf_counter() - running.began) * 1000
        warm = ask(TOKENS)
        speed = (len(warm["tokens"]) - 1) / warm["seconds"]
        return Round(first, speed, running.rss(), warm["text"])


def measure_llama(folder: Path, model: Path, prompt: str, threads: int) -> Round:
    """llama.cpp in node, which measures itself."""
    command = ["node", "measure.mjs", str(model), str(threads), str(TOKENS), str(CONTEXT), str(SECONDS_TO_DECODE)]
    done = subprocess.run(
        command, cwd=folder, input=prompt, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    if done.returncode or not done.stdout.startswith("{"):
        raise RuntimeError(f"llama.cpp failed: {done.stderr[-500:]}")
    found = json.loads(done.stdout)
    speed = (len(found["tokens"]) - 1) / found["seconds"]
    return Round(found["start_ms"] + found["load_ms"], speed, found["rss"], found["text"], found["load_ms"])
