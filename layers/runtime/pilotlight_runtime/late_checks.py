"""Checks the digest of large weights after the first answer, where it would keep the first caller waiting.

SHA-256 takes 0.7 to 2.5 ms a megabyte: for 200 MB nearly as long as opening the graph, on a function's one CPU.
Lambda itself compares a package with its digest before it runs it. So of weights from LARGE bytes on, only the size is
looked at before the function answers. The digest follows after the first response and before the next event, when
nobody waits. Where it is another, the graphs are closed: this environment answers no request with them any more.

The conditions are those of deferred_packing: Pilotlight's own client, and a start that a caller waits for. Elsewhere
the whole digest is checked before the function serves.

For the same caller, the run on zeros of a start is left out: a decoder of 150 MB takes 17 ms for it, which save the
first answer two.
"""

from __future__ import annotations

import sys
import time

from pilotlight_runtime.deferred_packing import CLIENT, INITIALIZATION_VARIABLE, ON_DEMAND
from pilotlight_runtime.errors import LoadError, MissingArtifact
from pilotlight_runtime.integrity import check_file
from pilotlight_runtime.light_typing import Any, Callable, Final, Iterable, Mapping
from pilotlight_runtime.limits import MEGABYTE
from pilotlight_runtime.manifest import ArtifactFile
from pilotlight_runtime.paths import StrPath, join
from pilotlight_runtime.session import Session

LARGE: Final = 64 * MEGABYTE  # handler.LARGE_WEIGHTS
"""Bytes. A smaller file is checked in less time than ONNX Runtime's library takes to load."""

REASON: Final = "the model's weights are not the published ones; package the model again"

_MEMORY_VARIABLE: Final = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"
_MEGABYTES_OF_ONE_VCPU: Final = 1769
_MS_FOR_A_MEGABYTE: Final = 3
"""Of one vCPU without instructions for SHA-256; an invocation that has less time left checks nothing."""


class LateChecks:
    """Files to be checked after a response.

    Args:
        share: How much slower than one whole vCPU the function is, at least 1.
        clock: Seconds since the epoch, as deadlines are.

    Attributes:
        sessions: The graphs that are closed where a file is another one.
        warn: Gets the message and the error then.
    """

    def __init__(self, share: float = 1.0, clock: Callable[[], float] = time.time) -> None:
        self._files: list[tuple[StrPath, ArtifactFile]] = []
        self._share = share
        self._clock = clock
        self.sessions: Iterable[Session] = ()
        self.warn: Callable[[str, BaseException | None], None] = lambda _message, _cause: None

    def put_off(self, folder: StrPath, file: ArtifactFile) -> bool:
        """Checks only the size of a large file now, and the rest after the first response.

        Args:
            folder: Where the file lies.
            file: The file.

        Returns:
            False where the file is small, so that it should be checked now.

        Raises:
            LoadError: The file is missing or has another size.
        """
        if file.size < LARGE:
            return False
        _check_size(join(folder, file.name), file.size)
        self._files.append((folder, file))
        return True

    def __call__(self, deadline_ms: int) -> bool:
        """Checks the files.

        Args:
            deadline_ms: When Lambda ends the invocation, in milliseconds since the epoch.

        Returns:
            Whether this is done; False where too little time is left, so that a later invocation must try.
        """
        while self._files:
            folder, file = self._files[0]
            needed = file.size / MEGABYTE * _MS_FOR_A_MEGABYTE * self._share
            if deadline_ms - self._clock() * 1000 < needed:
                return False
            del self._files[0]
            try:
                check_file(folder, file)
            except LoadError as error:
                self._end(error)
                return True
        return True

    def _end(self, error: LoadError) -> None:
        for session in self.sessions:
            session.close(REASON)
        try:
            self.warn("the function has answered with weights that are not the published ones, and ends", error)
        except (OSError, ValueError):  # app.py has closed stdout
            return


def check_late(environ: Mapping[str, str], modules: Mapping[str, Any] = sys.modules) -> LateChecks | None:
    """Decides whether large weights may be checked after the first response; None where not.

    Args:
        environ: The function's environment variables.
        modules: The loaded modules. Where Pilotlight's client is among them, it runs the checks after a response.

    Returns:
        What takes the files and has been given to the client.
    """
    client = modules.get(CLIENT)
    if client is None or environ.get(INITIALIZATION_VARIABLE) != ON_DEMAND:
        return None
    memory = environ.get(_MEMORY_VARIABLE, "")
    share = max(1.0, _MEGABYTES_OF_ONE_VCPU / int(memory)) if memory.isascii() and memory.isdigit() else 1.0
    checks = LateChecks(share)
    client.after_response.append(checks)
    return checks


def _check_size(path: str, size: int) -> None:
    from posix import stat

    try:
        found = stat(path).st_size
    except OSError:
        raise MissingArtifact(path) from None
    if found != size:
        raise LoadError(f"{path} has {found} bytes, but manifest.json says {size}; package the model again")
