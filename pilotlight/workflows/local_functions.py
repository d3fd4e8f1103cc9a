"""Packages functions into a folder, and starts them in processes of their own behind the local gateway."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TextIO

from pilotlight.core.lock import Lock
from pilotlight.core.project import Project
from pilotlight.local.function_process import FunctionProcess
from pilotlight.local.gateway import Gateway
from pilotlight.local.language_routes import find_tasks
from pilotlight.local.managed_function import ManagedFunction
from pilotlight.local.process import Output
from pilotlight.local.process_starter import choose_starter
from pilotlight.local.routes import CATALOG
from pilotlight.local.runtime_process import RuntimeProcess
from pilotlight.local.slow_start import SlowStartNotice
from pilotlight.packaging import PackageReport, package_catalog, package_function
from pilotlight.store import Store

Functions = Mapping[str, ManagedFunction]
"""Functions by name: models, and catalog."""


def package_models(
    project: Project,
    store: Store,
    locks: Mapping[str, Lock],
    into: Path,
    done: Callable[[str], object] = lambda _name: None,
) -> dict[str, PackageReport]:
    """Package each model, and the catalog, into a folder of its own below `into`, as `sam build` does.

    Args:
        project: The project that holds the models.
        store: The store that holds their versions.
        locks: The version of each model.
        into: A folder. It gets one folder a model and one for the catalog.
        done: Called with the name of each function that is packaged.

    Returns:
        One report a folder, by the folder's name.
    """
    reports = {CATALOG: package_catalog(project.functions / CATALOG, locks, store, into / CATALOG)}
    done(CATALOG)
    for name, lock in locks.items():
        reports[name] = package_function(name, project.folder(name), store, lock, into / name, layer_bytes=None)
        done(name)
    return reports


@contextmanager
def start_functions(
    folder: Path,
    names: Iterable[str],
    output: Output,
    log: TextIO,
    timeout: float | None = None,
    stderr: TextIO | None = None,
    *,
    streaming: Collection[str] = (),
) -> Iterator[Functions]:
    """Prepare a process for each function, and end the processes with the block.

    What the processes share is imported while the caller packages the functions. A function starts with
    `load_gateway`, or ManagedFunction.load.

    Args:
        folder: The folder that `package_models` fills.
        names: The models, and catalog.
        output: Takes what the functions print.
        log: Takes one line when a process ends by itself.
        timeout: Seconds for one request; None for no limit.
        stderr: Takes what native code and subprocesses write, and a line where a function loads slowly; sys.stderr
            where it is None.
        streaming: The functions whose responses stream. Each has an interpreter of its own, which Lambda's Runtime API
            drives; the others are copies of one process.

    Yields:
        The functions by name.
    """
    terminal = sys.stderr if stderr is None else stderr
    with ExitStack() as stack:
        starter = stack.enter_context(choose_starter())
        functions = {
            name: ManagedFunction(
                name,
                folder / name,
                partial(RuntimeProcess, name, terminal)
                if name in streaming
                else partial(FunctionProcess, name, starter, terminal),
                output=output,
                log=log.write,
                notice=SlowStartNotice(terminal),
                timeout=timeout,
            )
            for name in names
        }
        stack.callback(_close, functions)
        yield functions


def load_gateway(functions: Functions, log: TextIO) -> Gateway:
    """Load the packaged functions that do not load yet, all at the same time, and return the gateway to them.

    Args:
        functions: The packaged functions: models and, unless no request is for it, the catalog.
        log: Takes the traceback of a function that fails later.

    Raises:
        ServiceError: A function does not load.
    """
    for function in functions.values():
        function.load()
    for function in functions.values():
        function.wait_until_loaded()
    models = {name: function for name, function in functions.items() if name != CATALOG}
    languages = find_tasks({name: function.folder for name, function in models.items()})
    return Gateway(models, functions.get(CATALOG), log, languages=languages)


def _close(functions: Functions) -> None:
    for function in functions.values():
        function.close()
