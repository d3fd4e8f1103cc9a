"""Imports, packages and serves a small language model, and asks it one question: `make demo-chat`.

The model is examples/assistant. The project is one of its own, .pilotlight/demo-chat, so that template.yaml stays as it
is. A second run finds the version there and imports nothing.
"""

import http.client
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from scripts.language_weights import WeightsMissing, find_weights

NAME: Final = "assistant"
QUESTION: Final = "Why is the sky blue? Answer in two sentences."
ROOT: Final = Path(__file__).parents[1]
_ADDRESS: Final = "http://127.0.0.1:"
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
    project = ROOT / ".pilotlight" / "demo-chat"
    began = time.perf_counter()
    try:
        _import(weights, project)
        print(f"\n{QUESTION}\n")
        with _serving(project) as port:
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
    """Import the model into a project of its own, unless an earlier run has done so."""
    if not (project / "template.yaml").exists():
        project.parent.mkdir(parents=True, exist_ok=True)
        _pilotlight(project.parent, "init", project.name)
    folder = project / "functions" / NAME
    settings = (ROOT / "examples" / NAME / "model.toml").read_bytes()
    if (folder / "model.lock").exists() and (folder / "model.toml").read_bytes() == settings:
        return
    shutil.copytree(ROOT / "examples" / NAME, folder, dirs_exist_ok=True)
    _pilotlight(project, "import", str(weights), "--name", NAME)


def _pilotlight(folder: Path, *arguments: str) -> None:
    print(f"$ pilotlight {' '.join(arguments)}", flush=True)
    subprocess.run([sys.executable, "-m", "pilotlight", *arguments], cwd=folder, check=True)


@contextmanager
def _serving(project: Path) -> Iterator[int]:
    """The port of `pilotlight serve`, which ends with the block.

    Raises:
        RuntimeError: It does not start.
    """
    command = [sys.executable, "-m", "pilotlight", "serve", NAME, "--port", "0"]
    log = project / "serve.log"
    with log.open("w+b") as output:
        server = subprocess.Popen(command, cwd=project, stdout=output, stderr=output)
        try:
            yield _wait_for_port(server, log)
        finally:
            server.terminate()
            server.wait()


def _wait_for_port(server: subprocess.Popen[bytes], log: Path) -> int:
    ends = time.monotonic() + _SECONDS
    while time.monotonic() < ends and server.poll() is None:
        _, found, rest = log.read_text(encoding="utf-8", errors="replace").partition(_ADDRESS)
        digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
        if found and digits and len(digits) < len(rest):
            return int(digits)
        time.sleep(0.05)
    raise RuntimeError(f"pilotlight serve did not start; see {log}")


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
