"""The grammar of .dockerignore (Docker's reference, "Dockerignore files"), without exceptions.

A line is a pattern from the project's root: * and ? stay within one part of a path, [a-z] is one character, ** is any
number of parts, # begins a comment. A folder that matches takes with it all that it holds.
"""

import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from pilotlight.core.errors import ProjectError

_TOKEN = re.compile(r"\*\*/|\*\*|\*|\?|\[[^]]+\]|\\.|.", re.DOTALL)
_WRITTEN = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def read_ignore(path: Path) -> Callable[[PurePosixPath], bool]:
    """Read a file of patterns. Nothing is ignored where there is no such file.

    Returns:
        Whether a path, counted from the project's root, is left out.

    Raises:
        ProjectError: A line is an exception (!).
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        lines = []
    patterns = []
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if text.startswith("!"):
            raise ProjectError(f"{path}:{number}", "is an exception (!)", "Write finer patterns instead.")
        if text and not text.startswith("#"):
            patterns.append(_regular(text.strip("/")))
    matching = re.compile("|".join(patterns)) if patterns else None

    def ignored(name: PurePosixPath) -> bool:
        return matching is not None and matching.fullmatch(str(name)) is not None

    return ignored


def _regular(pattern: str) -> str:
    """The pattern as a regular expression. Each folder on the way down is matched too, so it need not match below."""
    return f"(?:{''.join(map(_token, _TOKEN.findall(pattern)))})"


def _token(token: str) -> str:
    if token in _WRITTEN:
        return _WRITTEN[token]
    if token.startswith("[") and len(token) > 1:
        return token
    return re.escape(token[1:] if token.startswith("\\") and len(token) > 1 else token)
