"""Renders a chat template in a process of its own, which `chat_sandbox` starts and limits.

It reads one JSON object from stdin (template, bos, eos and conversations) and writes one list to stdout: for each
conversation {"text": …}, or {"error": kind, "message": …}. It is run as a file, so it imports nothing of Pilotlight.

The environment is the one that Hugging Face's `apply_chat_template` uses: Jinja's sandbox, the loop controls, `tojson`
without HTML escapes, and `raise_exception`. `strftime_now` is not there, because a prompt must not depend on the day of
the import: templates that use it have a fixed date for this case.
"""

from __future__ import annotations

import json
import sys
from typing import Any, NoReturn

MOST_CHARACTERS = 1_000_000
"""Of one rendered conversation. A template adds a few thousand characters to what the messages have."""

REFUSED = "refused"
FORBIDDEN = "forbidden"
INVALID = "invalid"

_FAULTS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What an expression of a template may raise, also while Jinja folds constants."""


def make_template(source: str) -> Any:
    """Compile a template in the sandbox.

    Raises:
        jinja2.TemplateError: It is no template.
    """
    from jinja2 import nodes
    from jinja2.exceptions import TemplateError
    from jinja2.ext import Extension
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Generation(Extension):
        """The block {% generation %}, which marks the answer for training and changes no text."""

        def parse(self, parser: Any) -> Any:
            line = next(parser.stream).lineno
            body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
            return nodes.Scope(body).set_lineno(line)

    Generation.tags = {"generation"}

    def refuse(message: object) -> NoReturn:
        raise TemplateError(str(message))

    def write_json(value: object, indent: int | None = None, **_options: object) -> str:
        return json.dumps(value, ensure_ascii=False, indent=indent)

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, "jinja2.ext.loopcontrols"]
    )
    environment.filters["tojson"] = write_json
    environment.globals["raise_exception"] = refuse
    return environment.from_string(source)


def render(template: Any, job: dict[str, Any], conversation: dict[str, Any]) -> dict[str, str]:
    """Render one conversation.

    Args:
        template: The compiled template.
        job: Its "bos" and "eos" are the texts of the tokens.
        conversation: Its "messages", and whether the prompt for the answer follows ("generate").

    Returns:
        The text, or the kind of the error and its message.
    """
    from jinja2.exceptions import SecurityError, TemplateError

    size = 0
    parts = []
    try:
        for part in template.generate(
            messages=conversation["messages"],
            add_generation_prompt=conversation["generate"],
            bos_token=job["bos"],
            eos_token=job["eos"],
            tools=None,
            documents=None,
        ):
            size += len(part)
            if size > MOST_CHARACTERS:
                return {"error": FORBIDDEN, "message": f"it writes more than {MOST_CHARACTERS} characters"}
            parts.append(part)
    except SecurityError as error:
        return {"error": FORBIDDEN, "message": str(error)}
    except (MemoryError, OverflowError, RecursionError) as error:
        return {"error": FORBIDDEN, "message": f"it needs too much ({str(error) or type(error).__name__})"}
    except (TemplateError, *_FAULTS) as error:
        return {"error": REFUSED, "message": f"{type(error).__name__}: {error}"}
    return {"text": "".join(parts)}


def main() -> None:
    """Answer the one job on stdin."""
    from jinja2.exceptions import TemplateError

    job = json.load(sys.stdin)
    try:
        template = make_template(job["template"])
    except (TemplateError, MemoryError, RecursionError, *_FAULTS) as error:
        results = [{"error": INVALID, "message": f"{type(error).__name__}: {error}"}]
    else:
        results = [render(template, job, conversation) for conversation in job["conversations"]]
    json.dump(results, sys.stdout)


if __name__ == "__main__":
    main()
