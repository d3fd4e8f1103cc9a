"""Renders conversations with a model's chat template, in a process that may take little time and memory.

Jinja's sandbox keeps a template from Python's internals, but not from loops that do not end or texts that fill the
memory. The limits of the process do that.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final, NamedTuple

from pilotlight.core.errors import ConversionError
from pilotlight.language import chat_renderer

LONGEST_TEMPLATE: Final = 200_000
"""Characters. The longest templates that are known, with tools and all, have 20,000."""

MOST_SECONDS: Final = 10
MOST_BYTES: Final = 1024 * 1024 * 1024

WHERE: Final = "the chat template"
HINT: Final = (
    "Import it as a base model: write functions/NAME/model.toml with the lines "
    """kind = "onnx", stream = true, and chat = "none" under [generation], and import it again."""
)


class Template(NamedTuple):
    """A model's chat template.

    Attributes:
        source: Jinja's text.
        bos: The text of the token that begins a sequence; "" without one.
        eos: The text of the token that ends one; "" without one.
    """

    source: str
    bos: str
    eos: str


class Conversation(NamedTuple):
    """What is rendered.

    Attributes:
        messages: Role and content of each message.
        generate: Whether the beginning of the answer is added.
    """

    messages: Sequence[tuple[str, str]]
    generate: bool = True


def render(template: Template, conversations: Sequence[Conversation]) -> list[str | None]:
    """Render conversations with a template.

    Args:
        template: The template. It may come from anybody.
        conversations: What is rendered.

    Returns:
        The text of each conversation; None where the template refuses it.

    Raises:
        ConversionError: The template is no template, too long, or it does what a template should not do.
    """
    if len(template.source) > LONGEST_TEMPLATE:
        raise ConversionError(WHERE, f"has {len(template.source)} characters; the most is {LONGEST_TEMPLATE}", HINT)
    if find_spec("jinja2") is None:
        raise ConversionError(WHERE, "needs jinja2, which is not installed", "Run `pip install 'pilotlight[llm]'`.")
    job = {
        "template": template.source,
        "bos": template.bos,
        "eos": template.eos,
        "conversations": [
            {"messages": [{"role": role, "content": text} for role, text in messages], "generate": generate}
            for messages, generate in conversations
        ],
    }
    texts: list[str | None] = []
    for result in _run(json.dumps(job)):
        kind = result.get("error")
        if kind == chat_renderer.INVALID:
            raise ConversionError(WHERE, f"is no valid template: {result['message']}", HINT)
        if kind == chat_renderer.FORBIDDEN:
            raise ConversionError(WHERE, f"does what a chat template should not do: {result['message']}", HINT)
        texts.append(result.get("text"))
    return texts


def _run(job: str) -> list[dict[str, str]]:
    """Run the renderer on a job within its limits."""
    command = [sys.executable, "-I", str(Path(chat_renderer.__file__))]
    try:
        done = subprocess.run(
            command,
            input=job.encode(),
            capture_output=True,
            timeout=MOST_SECONDS,
            preexec_fn=_limit,  # before the interpreter starts
            check=False,
        )
    except subprocess.TimeoutExpired:
        what = f"does not end within {MOST_SECONDS} seconds"
        raise ConversionError(WHERE, what, HINT) from None
    if done.returncode:
        what = f"ended its process with exit code {done.returncode}: it takes too much time or memory"
        raise ConversionError(WHERE, what, HINT)
    results: list[dict[str, str]] = json.loads(done.stdout)
    return results


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
