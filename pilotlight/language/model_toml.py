"""The model.toml of a language model that is imported for the first time, with what its files say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from pilotlight.language.tasks import TASK_NAMES

_COMMENTS: Final = {
    "context": "the most tokens of prompt and answer together; a longer one takes more memory",
    "stop": "the tokens that end an answer",
    "temperature": "what a request does not say; so do the lines below",
    "mode": "weights in blocks of 32; none: as floats",
    "bits": "8 or 4",
}


def write_model_toml(task: str, found: Mapping[str, Mapping[str, object]]) -> bytes:
    """Write a model.toml.

    Whether answers are streamed is left to whoever adds the model to a project.

    Args:
        task: The task.
        found: Settings by table and name: texts, numbers, booleans, and lists of texts.
    """
    head = (
        f"# A language model that was trained elsewhere, for {TASK_NAMES[task]}. These settings are those of its files."
    )
    lines = [head, 'kind = "onnx"']
    for table, settings in found.items():
        lines += ["", f"[{table}]", *(_write(name, value) for name, value in settings.items())]
    return ("\n".join(lines) + "\n").encode()


def _write(name: str, value: object) -> str:
    comment = _COMMENTS.get(name)
    return f"{name} = {_write_value(value)}" + (f"  # {comment}" if comment else "")


def _write_value(value: object) -> str:
    """Write a value. TOML's basic strings are JSON's, but for the character DEL."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_write_value, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
