"""python -m pilotlight.training: one run as a job's only process, in a container or on this machine.

It does what `pilotlight train` does, and tells it to whoever reads its log: lines of JSON on stdout (core/events.py),
and an exit code that says whether another attempt makes sense (core/runs.py). The version is not pinned, since the
project in a container is nobody's; the result lies in the store, under the run's name.
"""

from __future__ import annotations

import argparse
import json
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn, TextIO

from pilotlight.cli.leaving import leave
from pilotlight.cli.results import as_object
from pilotlight.cli.signals import stopping
from pilotlight.cli.wiring import existing_model, fetch_data, open_store
from pilotlight.core.errors import Interrupted, ParityError, UserError
from pilotlight.core.events import JsonProgress
from pilotlight.core.project import find_project
from pilotlight.core.runs import EXIT_DEFECT, EXIT_FAILED, EXIT_INTERRUPTED, EXIT_REFUSED, RESULT_NAME, run_key
from pilotlight.core.stopping import Stop
from pilotlight.pipeline import Options, TrainResult, check_run_name, fit_on_node, train_model
from pilotlight.store import Store
from pilotlight.training import node_of


def run(argv: Sequence[str], cwd: Path, environ: Mapping[str, str], stdout: TextIO) -> int:
    """One run of the model that `argv` names, in the project around `cwd`; its exit code.

    argparse's own SystemExit passes, with code 2, where the arguments are wrong.
    """
    given = _arguments().parse_args(argv)
    log = JsonProgress(stdout)
    try:
        with stopping() as stop:
            result = _trained(given, cwd, environ, log, stop)
        if result is not None:
            log.write("result", **as_object(result), run=result.run)
    except UserError as error:
        if error.__cause__ is not None:
            traceback.print_exception(error.__cause__)
        return _told(log, type(error).__name__, str(error), _code(error))
    except OSError as error:
        text = (
            f"{error.filename or 'the system'}: {error.strerror or error}. Check the space and the permissions there."
        )
        return _told(log, type(error).__name__, text, EXIT_FAILED)
    except Exception as error:  # noqa: BLE001  (the last door before the container's end)
        traceback.print_exception(error)
        text = f"stopped by a defect of Pilotlight's ({type(error).__name__}: {error}). The log has the traceback."
        return _told(log, type(error).__name__, text, EXIT_DEFECT)
    return 0


def _trained(
    given: argparse.Namespace, cwd: Path, environ: Mapping[str, str], log: JsonProgress, stop: Stop
) -> TrainResult | None:
    """The result; None where there is nothing more to tell, as on a node that is not its job's main one."""
    project = find_project(cwd, environ)
    options = Options(
        data=given.data,
        epochs=given.epochs,
        batch_size=given.batch_size,
        learning_rate=given.learning_rate,
        seed=given.seed,
        seeds=given.seeds,
        at_least=given.at_least,
        run=given.run,
        pin=False,
        recorded=True,
    )
    store = open_store(project.store)
    log.note(f"{given.name}: the store is {store.location}")
    name, node = existing_model(project, given.name), node_of(environ)
    if given.run and _finished(store, given.run, log):
        return None
    if node is not None and not node.is_main:
        fit_on_node(project, name, store=store, options=options, progress=log, fetch=fetch_data, stop=stop, node=node)
        log.note(f"node {node.index} has done its part; node {node.main} goes on")
        return None
    return train_model(
        project, name, store=store, options=options, progress=log, fetch=fetch_data, stop=stop, node=node
    )


def _finished(store: Store, name: str, log: JsonProgress) -> bool:
    """Whether the run has left its result before, which is told again: its instance may have gone right after."""
    content = store.files(run_key(check_run_name(name))).get_bytes(RESULT_NAME)
    if content is None:
        return False
    log.note(f"run {name} has finished before: nothing is fitted again")
    log.write("result", **json.loads(content))
    return True


def _code(error: UserError) -> int:
    if isinstance(error, Interrupted):
        return EXIT_INTERRUPTED
    return EXIT_REFUSED if isinstance(error, ParityError) else EXIT_FAILED


def _told(log: JsonProgress, kind: str, text: str, code: int) -> int:
    log.write("error", kind=kind, text=text)
    return code


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m pilotlight.training", description="Train, verify and publish a model.")
    parser.add_argument("name", help="a model under functions/")
    parser.add_argument("--data", metavar="SRC", help="a built-in set, a path, s3://bucket/key or s3://bucket/prefix/")
    parser.add_argument("--epochs", type=_positive, metavar="N", help="passes over the data")
    parser.add_argument("--batch-size", type=_positive, metavar="N", help="samples a step, at most")
    parser.add_argument("--learning-rate", type=float, metavar="X", help="where the schedule starts")
    parser.add_argument("--seed", type=int, metavar="N", help="of every random generator")
    parser.add_argument("--seeds", type=_positive, default=1, metavar="N", help="train N seeds, keep the middle one")
    parser.add_argument("--at-least", type=float, metavar="X", help="publish nothing whose metric is lower")
    parser.add_argument("--run", metavar="ID", help="the run's name; default: by code, data and settings")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not at least 1")
    return number


def main() -> NoReturn:
    """The process' own arguments, folder and environment; ends it."""
    import os

    # What native libraries and train.py print goes to stderr, so that stdout has events alone.
    leave(run(sys.argv[1:], Path.cwd(), os.environ, sys.stdout))
