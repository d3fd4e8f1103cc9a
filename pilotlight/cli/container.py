"""python -m pilotlight.training: one run as a job's only process, in a container or on this machine.

It runs the training that `pilotlight train` runs. It writes lines of JSON to stdout (core/events.py), and its exit code
(core/exit_codes.py) says whether another attempt makes sense. It does not pin the version, since the project in a
container is a copy. The result is in the store, under the name of the run.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn, TextIO

from pilotlight.cli.options import add_training_arguments, given_options
from pilotlight.cli.results import as_object
from pilotlight.cli.signals import stopping
from pilotlight.core.errors import Interrupted, ParityError, UserError
from pilotlight.core.events import JsonProgress
from pilotlight.core.exit_codes import EXIT_DEFECT, EXIT_FAILED, EXIT_INTERRUPTED, EXIT_REFUSED
from pilotlight.core.process_output import exit_process
from pilotlight.workflows.context import Context
from pilotlight.workflows.train_in_container import train_in_container
from pilotlight.workflows.types import TrainRequest, TrainResult


def run(argv: Sequence[str], cwd: Path, environ: Mapping[str, str], stdout: TextIO) -> int:
    """Run the training that `argv` names, in the project around `cwd`, and return its exit code.

    argparse's own SystemExit passes, with code 2, where the arguments are wrong.
    """
    request = _read_request(argv)
    log = JsonProgress(stdout)
    try:
        with stopping() as stop:
            result = train_in_container(request, Context(cwd, environ, log, stop=stop))
        _write_result(log, result)
    except UserError as error:
        if error.__cause__ is not None:
            traceback.print_exception(error.__cause__)
        return _write_error(log, type(error).__name__, str(error), _exit_code(error))
    except OSError as error:
        text = (
            f"{error.filename or 'the system'}: {error.strerror or error}. Check the space and the permissions there."
        )
        return _write_error(log, type(error).__name__, text, EXIT_FAILED)
    except Exception as error:  # noqa: BLE001  (the last handler before the container's end)
        traceback.print_exception(error)
        text = f"stopped by a defect of Pilotlight's ({type(error).__name__}: {error}). The log has the traceback."
        return _write_error(log, type(error).__name__, text, EXIT_DEFECT)
    return 0


def _read_request(argv: Sequence[str]) -> TrainRequest:
    parser = argparse.ArgumentParser("python -m pilotlight.training", description="Train, verify and publish a model.")
    parser.add_argument("name", help="a model under functions/")
    add_training_arguments(parser)
    parser.add_argument("--run", metavar="ID", help="the run's name; default: by code, data and settings")
    given = vars(parser.parse_args(argv))
    name, run_name = given.pop("name"), given.pop("run")
    return TrainRequest(name, given_options(given), run_name, pin=False, keep_result=True)


def _write_result(log: JsonProgress, result: TrainResult | Mapping[str, object] | None) -> None:
    if isinstance(result, TrainResult):
        log.write("result", **as_object(result), run=result.run)
    elif result is not None:
        log.write("result", **result)


def _exit_code(error: UserError) -> int:
    if isinstance(error, Interrupted):
        return EXIT_INTERRUPTED
    return EXIT_REFUSED if isinstance(error, ParityError) else EXIT_FAILED


def _write_error(log: JsonProgress, kind: str, text: str, code: int) -> int:
    log.write("error", kind=kind, text=text)
    return code


def main() -> NoReturn:
    """Run with the process' own arguments, folder and environment, and end the process."""
    # What native libraries and train.py print goes to stderr, so that stdout has only events.
    exit_process(run(sys.argv[1:], Path.cwd(), os.environ, sys.stdout))


if __name__ == "__main__":
    main()
