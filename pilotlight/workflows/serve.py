"""serve: answer on this machine as the deployed endpoint does."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self, TextIO

from pilotlight.core.disk import temporary_folder
from pilotlight.core.lock import Lock
from pilotlight.core.numbers import check_whole_number
from pilotlight.core.printable import escape_lines
from pilotlight.core.service_settings import check_served_table
from pilotlight.core.standard_output import write_to_stdout
from pilotlight.local.context import TIMEOUT_SECONDS
from pilotlight.local.process import Output
from pilotlight.local.routes import CATALOG
from pilotlight.local.server import LocalServer, serve_in_background
from pilotlight.workflows.context import Context
from pilotlight.workflows.local_functions import load_gateway, package_models, start_functions
from pilotlight.workflows.model_versions import find_pins
from pilotlight_runtime.manifest import Manifest


@dataclass(frozen=True)
class ServeRequest:
    """What to serve.

    Attributes:
        names: Models; every pinned model where it is empty.
        port: The port on 127.0.0.1; 0 chooses a free port.
        log: Takes one line a request, what the functions print while they load, and tracebacks.
    """

    names: tuple[str, ...] = ()
    port: int = 8080
    log: TextIO = field(default_factory=lambda: sys.stderr)

    def __post_init__(self) -> None:
        check_whole_number("port", self.port, 0, 65_535)


class ModelServer:
    """A running web server with the packaged functions behind it. It answers until it is closed, or its block ends.

    The functions write their log lines to stdout, as they do in Lambda.

    Attributes:
        manifests: The version of each model that it serves.
    """

    def __init__(self, server: LocalServer, manifests: tuple[Manifest, ...], closing: ExitStack) -> None:
        self.manifests = manifests
        self._server = server
        self._closing = closing
        self._thread = closing.enter_context(serve_in_background(server))

    @property
    def address(self) -> str:
        """Where it listens, such as http://127.0.0.1:8080."""
        return self._server.address

    def serve_forever(self) -> None:
        """Wait until the server is closed, or until a signal such as Ctrl-C raises an error here."""
        while self._thread.is_alive():
            self._thread.join(1.0)

    def close(self) -> None:
        """Stop answering and delete the packaged functions."""
        self._closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def serve(request: ServeRequest, context: Context) -> ModelServer:
    """Package the models as `sam build` does, and answer HTTP requests with their real handlers.

    The handlers get the events that API Gateway would send. Keys and quotas are enforced where
    PILOTLIGHT_SERVICE_TABLE names a table of tenants.

    Returns:
        The running server. Close it, or use it as a context manager.

    Raises:
        ProjectError: The project has no such model, or the table is a relative path.
        StoreError: A model is not pinned, or the store lacks its version.
        PackagingError: A function cannot be packaged.
        ServiceError: A function does not load, or the port is taken.
    """
    check_served_table(context.environ, context.project.root)
    for name in request.names:
        context.project.require_folder(name)
    locks = find_pins(context.project, request.names)
    manifests = _read_manifests(locks, context)
    streaming = [manifest.model for manifest in manifests if manifest.stream]
    with ExitStack() as stack:
        folder = stack.enter_context(temporary_folder())
        output = _Output(request.log)
        names = (CATALOG, *locks)
        functions = stack.enter_context(
            start_functions(folder, names, output, request.log, TIMEOUT_SECONDS, request.log, streaming=streaming)
        )
        # A function loads while the next one is packaged.
        package_models(context.project, context.store, locks, folder, lambda name: functions[name].load())
        gateway = load_gateway(functions, request.log)
        output.to_stdout()
        server = stack.enter_context(LocalServer(gateway, request.port, request.log))
        return ModelServer(server, manifests, stack.pop_all())


class _Output:
    """Takes what the functions print: the log gets it while they load, and stdout afterwards, as in Lambda."""

    def __init__(self, log: TextIO) -> None:
        self._write: Output = log.write

    def to_stdout(self) -> None:
        """Write to the stdout of the moment from now on."""
        self._write = write_to_stdout

    def __call__(self, text: str) -> None:
        self._write(escape_lines(text))


def _read_manifests(locks: Mapping[str, Lock], context: Context) -> tuple[Manifest, ...]:
    return tuple(context.store.read_manifest(name, lock.version)[0] for name, lock in locks.items())
