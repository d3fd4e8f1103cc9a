"""Answers first and packs later: a large graph of plain float weights is opened as it lies in its file.

ONNX Runtime lays the weights of matrix products out anew when it opens a graph ("packing"), which takes a millisecond
a megabyte. Without packing, the graph opens at once, and each run lays out what it needs, which takes longer than a
packed run. So the first caller gets an answer of the unpacked graph. After the response has gone out and before the
next event is asked for, Lambda neither freezes the process nor sends it an event: then the graph is packed. Answers
before and after may differ in the last bits; the gate compares both with the source model.

Only Pilotlight's own client calls anything between a response and the next event. Under AWS's client, and where the
start is on no caller's way (SnapStart, provisioned concurrency), the graph is packed when it is opened.
The manifest says which graphs may be opened so; see pilotlight/optimization/packing.py for the rule.
"""

from __future__ import annotations

import sys
import time

from pilotlight_runtime.engine.ort_session import OrtSession, open_session
from pilotlight_runtime.errors import SessionError
from pilotlight_runtime.light_typing import Any, Callable, Final, Mapping
from pilotlight_runtime.limits import MEGABYTE, process_limit, resident_bytes
from pilotlight_runtime.manifest import WEIGHTS_NAME, Loading, Manifest
from pilotlight_runtime.paths import StrPath, fspath

CLIENT: Final = "pilotlight_runtime.lambda_client.loop"
INITIALIZATION_VARIABLE: Final = "AWS_LAMBDA_INITIALIZATION_TYPE"
ON_DEMAND: Final = "on-demand"

_MEMORY_VARIABLE: Final = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"
_MEGABYTES_OF_ONE_VCPU: Final = 1769
_RESERVE: Final = 256 * MEGABYTE
"""Bytes for requests and everything else, beside the weights."""
_MS_FOR_A_MEGABYTE: Final = 10
"""Packing takes one; an invocation that has less time left packs nothing."""


class DeferredPacking:
    """Opens the graph of a manifest unpacked, and packs it when it is called after a response.

    Args:
        graph: The file's name. Other graphs are opened packed.
        needed_ms: The time that an invocation must have left.
        clock: Seconds since the epoch, as deadlines are.
    """

    def __init__(self, graph: str, needed_ms: int, clock: Callable[[], float] = time.time) -> None:
        self._graph = graph
        self._needed_ms = needed_ms
        self._clock = clock
        self._unpacked: list[OrtSession] = []
        self.warn: Callable[[str, BaseException | None], None] = lambda _message, _cause: None

    def open(self, path: StrPath, threads: int) -> OrtSession:
        """Opens a graph; see engine.ort_session.open_session."""
        if fspath(path).rpartition("/")[2] != self._graph:
            return open_session(path, threads)
        session = open_session(path, threads, packed=False)
        self._unpacked.append(session)
        return session

    def __call__(self, deadline_ms: int) -> bool:
        """Packs the graphs.

        Args:
            deadline_ms: When Lambda ends the invocation, in milliseconds since the epoch.

        Returns:
            Whether this is done; False where too little time is left, so that a later invocation must try.
        """
        if deadline_ms - self._clock() * 1000 < self._needed_ms:
            return False
        sessions, self._unpacked = self._unpacked, []
        for session in sessions:
            try:
                session.pack()
            except (SessionError, MemoryError) as error:
                self._report(error)
        return True

    def _report(self, error: BaseException) -> None:
        try:
            self.warn("the weights stay unpacked, so that answers take longer", error)
        except (OSError, ValueError):  # app.py has closed stdout
            return


def defer_packing(
    manifest: Manifest,
    environ: Mapping[str, str],
    modules: Mapping[str, Any] = sys.modules,
    resident: Callable[[], int] = resident_bytes,
) -> DeferredPacking | None:
    """Decides whether the graph of `manifest` is opened unpacked; None where it is not.

    Args:
        manifest: The manifest of the version.
        environ: The function's environment variables.
        modules: The loaded modules. Where Pilotlight's client is among them, it runs the packing after a response.
        resident: Says how many bytes the process takes.

    Returns:
        What opens the graph and has been given to the client.
    """
    loading, client = find_loading(manifest), modules.get(CLIENT)
    if loading is None or not loading.pack_later or client is None or environ.get(INITIALIZATION_VARIABLE) != ON_DEMAND:
        return None
    weights = sum(file.size for file in manifest.files if file.name.rpartition("/")[2] == WEIGHTS_NAME)
    if not _fits(weights, environ, resident()):
        return None
    share = max(1.0, _MEGABYTES_OF_ONE_VCPU / int(environ[_MEMORY_VARIABLE]))
    packing = DeferredPacking(loading.graph, int(weights / MEGABYTE * _MS_FOR_A_MEGABYTE * share))
    client.after_response.append(packing)
    return packing


def find_loading(manifest: Manifest) -> Loading | None:
    """How the only graph of a version is opened; None where the manifest does not say, or where there are several."""
    return manifest.graphs[0].loading if len(manifest.graphs) == 1 else manifest.loading


def _fits(weights: int, environ: Mapping[str, str], resident: int) -> bool:
    """Whether the function can hold the weights in the file, as they are mapped a second time, and packed."""
    most = process_limit(environ)
    return most is not None and int(environ[_MEMORY_VARIABLE]) * MEGABYTE - resident >= 3 * weights + _RESERVE
