"""Measures when the first part of an answer arrives: `python -m benchmarks.streaming`.

A function makes 100 parts in 1 second. Its process is driven by the Runtime API of this machine (pilotlight.local),
once with Pilotlight's client, which sends each part when it is made, and once with AWS's, which sends the whole. The
ratio is of the first byte behind status and headers to the whole answer, the median of the rounds, in one run.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.texts_model import write_texts_model
from pilotlight.local.http_integration import CONTENT_TYPE
from pilotlight.local.runtime_api import RuntimeApi
from pilotlight_runtime import lambda_client

PARTS: Final = 100
SECONDS: Final = 1.0
ROUNDS: Final = 9
MOST: Final = 0.05
"""The first byte must come within this share of the time of the whole answer."""
START: Final = str(Path(lambda_client.__file__).parent / "start.py")
CLIENTS: Final = {"Pilotlight's": ("-I", "-S", "-u", START), "AWS's": ("-u", "-m", "awslambdaric", "app.handler")}
"""The arguments that start each client."""
APP: Final = f"""
import time
from pilotlight_runtime import Streaming, model_handler

def prepare(model):
    def stream(inputs):
        for number in range({PARTS}):
            time.sleep({SECONDS / PARTS})
            yield {{"y": model.session.run(inputs, ("y",))[0]}}

    def predict(inputs):
        *_, last = stream(inputs)
        return last

    return Streaming(predict, stream)

handler = model_handler(__file__, prepare=prepare)
"""


class Times(NamedTuple):
    """Milliseconds from the event to the first byte of the body, and to the end."""

    first: float
    whole: float


def main(arguments: list[str]) -> int:
    """Measures, prints a table, and returns 1 where the first byte comes too late."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.streaming", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args(arguments).rounds
    found = {name: measure(client, rounds) for name, client in CLIENTS.items()}
    print(table(found))
    ratio = first_share(found["Pilotlight's"])
    return int(ratio > MOST)


def measure(client: tuple[str, ...], rounds: int) -> list[Times]:
    """Starts the function once, and has it answer; its first answer does not count."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_texts_model(folder)
        (folder / "app.py").write_text(APP)
        with _running(folder, client) as api:
            return [_ask(api) for _ in range(rounds + 1)][1:]


def first_share(times: list[Times]) -> float:
    """The median share of the first byte in the time of the whole answer."""
    return statistics.median(each.first / each.whole for each in times)


def table(found: dict[str, list[Times]]) -> str:
    """Markdown: one line a client, medians in milliseconds."""
    lines = ["| client | first byte, ms | whole answer, ms | ratio |", "|---|---|---|---|"]
    for name, times in found.items():
        first, whole = (statistics.median(column) for column in zip(*times, strict=True))
        lines.append(f"| {name} | {first:.1f} | {whole:.0f} | {first_share(times):.3f} |")
    return "\n".join(lines)


def _ask(api: RuntimeApi) -> Times:
    event = {
        "httpMethod": "POST",
        "path": "/v2/models/texts/generate_stream",
        "body": '{"x": "ein Vogel"}',
        "requestContext": {},
    }
    body = json.dumps(event).encode()
    began = time.perf_counter()
    with api.invoke(body) as response:
        parts = iter(response)
        head = response.wait_for_head()
        # An answer that is whole has its status inside; one that streams has it before eight NUL bytes.
        received = next(parts)
        while head is not None and head.content_type == CONTENT_TYPE and received.endswith(b"\0"):
            received = next(parts)
        first = time.perf_counter()
        count = received.count(b"data: ") + sum(part.count(b"data: ") for part in parts)
        ended = time.perf_counter()
    if response.fault is not None or (head is not None and head.streaming and count != PARTS):
        raise RuntimeError(f"the function gave {count} of {PARTS} parts: {response.fault}")
    return Times((first - began) * 1000, (ended - began) * 1000)


@contextmanager
def _running(folder: Path, client: tuple[str, ...]) -> Iterator[RuntimeApi]:
    """Starts the function in `folder`, and ends it with the block."""
    with RuntimeApi() as api, (folder / "log.txt").open("wb") as log:
        environ = {
            **os.environ,
            "AWS_LAMBDA_RUNTIME_API": api.address,
            "LAMBDA_TASK_ROOT": str(folder),
            "PYTHONPATH": os.pathsep.join([str(folder), *sys.path]),
            "_HANDLER": "app.handler",
        }
        command = [sys.executable, *client]
        process = subprocess.Popen(command, cwd=folder, env=environ, stdout=log, stderr=log)
        try:
            fault = api.wait_until_initialized(60)
            if fault is not None:
                raise RuntimeError(f"the function does not start: {fault}")
            yield api
        finally:
            process.kill()
            process.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
