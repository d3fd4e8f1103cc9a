"""What the processes of a test run share on one machine."""

import fcntl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone(what: str) -> Iterator[None]:
    """Lets one process of this machine make `what` at a time; the next one finds it made."""
    with (Path(tempfile.gettempdir()) / f"pilotlight-{what}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
