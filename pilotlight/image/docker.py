"""Docker's command line. Its output is passed on line by line; an error becomes one paragraph."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Final

from pilotlight.core.errors import ImageError

Say = Callable[[str], None]

_LAST: Final = 20
"""Lines of a failed command that may belong to its reason."""

_COLOURS: Final = re.compile("\x1b\\[[0-9;]*m")
"""The older builder shows in red what a program writes to stderr."""

_REASONS: Final = {
    "Cannot connect to the Docker daemon": ("no Docker engine answers", "Start Docker Desktop, or `dockerd`."),
    "permission denied while trying to connect": (
        "this account may not talk to the Docker engine",
        "Add it to the group docker, or start Docker without root.",
    ),
    "No space left on device": ("the disk is full", "Run `docker system prune`, then run the command again."),
    "no space left on device": ("the disk is full", "Run `docker system prune`, then run the command again."),
}


class Docker:
    """The program `docker`.

    Args:
        say: Takes each line that it prints.
        program: The program, with options before the command.
    """

    def __init__(self, say: Say, program: Sequence[str] = ("docker",)) -> None:
        self._say = say
        self._program = program

    def run(
        self, where: str, *arguments: str, hints: Mapping[str, str], standard_input: IO[bytes] | None = None
    ) -> str:
        """Run one command and return all that it printed.

        Args:
            where: What the command is about, for the error.
            *arguments: The command.
            hints: What to do next, by a text in the output of a failed command; "" is for every other.
            standard_input: The command's input.

        Raises:
            ImageError: The command fails; the message has its last lines.
        """
        try:
            process = subprocess.Popen(
                [*self._program, *arguments],
                stdin=standard_input or subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            )
        except FileNotFoundError as error:
            raise self._not_installed(where) from error
        with process:
            lines = []
            for line in process.stdout or ():
                lines.append(_COLOURS.sub("", line).rstrip())
                self._say(lines[-1])
        printed = "\n".join(lines)
        if process.returncode:
            raise ImageError(where, *_explained(arguments[0], printed, hints))
        return printed

    def login(self, server: str, user: str, password: str) -> None:
        """Log in to a server. Docker stores the password as it is configured to; it is not on the command line."""
        command = [*self._program, "login", "--username", user, "--password-stdin", server]
        try:
            done = subprocess.run(command, input=password, capture_output=True, text=True, check=False)
        except FileNotFoundError as error:
            raise self._not_installed(server) from error
        if done.returncode:
            hint = "Check that AWS_REGION is the repository's, and that its host can be reached."
            raise ImageError(server, *_explained("login", done.stderr, {"": hint}))

    def has(self, image: str) -> bool:
        """Return whether the engine itself has the image."""
        command = [*self._program, "image", "inspect", "--format", "{{.Id}}", image]
        try:
            return subprocess.run(command, capture_output=True, check=False).returncode == 0
        except FileNotFoundError:  # the command that follows says so
            return False

    def size(self, image: str) -> int:
        """Return the unpacked bytes of an image that the engine has."""
        command = [*self._program, "image", "inspect", "--format", "{{.Size}}", image]
        return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    def registry_has(self, image: str) -> bool:
        """Return whether the image's registry has it; False as well where the registry does not answer."""
        # Docker itself speaks plain HTTP only to this machine; this command has to be told.
        insecure = ["--insecure"] if image.startswith(("127.", "localhost:")) else []
        command = [*self._program, "manifest", "inspect", *insecure, image]
        try:
            return subprocess.run(command, capture_output=True, check=False).returncode == 0
        except FileNotFoundError as error:
            raise self._not_installed(image) from error

    def _not_installed(self, where: str) -> ImageError:
        hint = "Install Docker: Docker Desktop, or on Debian `apt-get install docker.io`."
        return ImageError(where, f"{self._program[0]} is not installed", hint)


def _explained(command: str, printed: str, hints: Mapping[str, str]) -> tuple[str, str]:
    """What failed and what to do next. Programs inside a build print ERROR; else the last line is the reason."""
    for text, reason in _REASONS.items():
        if text in printed:
            return reason
    lines = [line.strip() for line in printed.splitlines() if line.strip()] or ["it printed nothing"]
    marked = [line for line in lines[-_LAST:-1] if line.upper().startswith("ERROR")]
    hint = next((hint for text, hint in hints.items() if text and text in printed), hints.get("", ""))
    return f"`docker {command}` failed: {'; '.join([*marked, lines[-1]]).rstrip('.')}", hint
