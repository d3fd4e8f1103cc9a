"""Imports, packages and serves a small language model, and asks it one question: `make demo-chat`.

The model is examples/assistant. A second run finds the version in the demo's project and imports nothing.
"""

import http.client
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Final, NamedTuple

from scripts.demo_project import ROOT, open_project, run_pilotlight, serve_model
from scripts.language_weights import WeightsMissing, find_weights

NAME: Final = "assistant"
QUESTION: Final = "Why is the sky blue? Answer in two sentences."
_SECONDS: Final = 60


class Times(NamedTuple):
    """Seconds from the request to the first token and to the end, and how many tokens there were."""

    first: float
    whole: float
    tokens: int


def main() -> int:
    """Run every stage; 1 with one line on stderr where the weights are missing or a stage fails."""
    try:
        weights = find_weights(NAME)
    except WeightsMissing as error:
        sys.stderr.write(f"make demo-chat: {error}\n")
        return 1
    began = time.perf_counter()
    try:
        project = open_project("demo-chat")
        _import(weights, project)
        print(f"\n{QUESTION}\n")
        with serve_model(project, NAME) as port:
            times = ask(port, QUESTION)
    except subprocess.CalledProcessError as error:
        return error.returncode or 1
    except (OSError, RuntimeError) as error:
        sys.stderr.write(f"make demo-chat: {error}\n")
        return 1
    speed = (times.tokens - 1) / (times.whole - times.first)
    print(f"\n\nfirst token after {times.first * 1000:.0f} ms, {times.tokens} tokens, {speed:.0f} tokens/s")
    print(f"everything took {time.perf_counter() - began:.0f} s; what to read next: docs/language-models.md")
    return 0


def _import(weights: Path, project: Path) -> None:
    """Import the model, unless an earlier run has done so."""
    folder = project / "functions" / NAME
    settings = (ROOT / "examples" / NAME / "model.toml").read_bytes()
    if (folder / "model.lock").exists() and (folder / "model.toml").read_bytes() == settings:
        return
    shutil.copytree(ROOT / "examples" / NAME, folder, dirs_exist_ok=True)
    run_pilotlight(project, "import", str(weights), "--name", NAME)


def ask(port: int, question: str) -> Times:
    """Send one question to OpenAI's chat completions, and print the answer as it arrives.

    Args:
        port: Of `pilotlight serve`.
        question: The user's message.

    Raises:
        RuntimeError: The answer's status is not 200, or it has no text.
    """
    body = {
        "model": NAME,
        "messages": [{"role": "user", "content": question}],
        "max_tokens": 80,
        "temperature": 0,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
    began = time.perf_counter()
    connection.request("POST", "/v1/chat/completions", json.dumps(body), {"Content-Type": "application/json"})
    response = connection.getresponse()
    if response.status != 200:
        raise RuntimeError(f"the model answered {response.status}: {response.read().decode(errors='replace')}")
    first, tokens = 0.0, 0
    for line in response:
        if not line.startswith(b"data: {"):
            continue
        document = json.loads(line.removeprefix(b"data: "))
        tokens = (document.get("usage") or {}).get("completion_tokens", tokens)
        text = "".join(choice["delta"].get("content") or "" for choice in document["choices"])
        if text and not first:
            first = time.perf_counter() - began
        print(text, end="", flush=True)
    whole = time.perf_counter() - began
    connection.close()
    if not first:
        raise RuntimeError("the answer has no text")
    return Times(first, whole, tokens)


if __name__ == "__main__":
    sys.exit(main())
