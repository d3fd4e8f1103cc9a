"""Kills a metered handler at every step of a request: `python -m support.killed_steps`, settings in WORKER.

A step is a call of a function, or its return. A copy of this process (a fork) makes one request and kills itself at
step 1, another one at step 2, and so on, until one lives to the end. For each, a line of JSON says how much of
the request had happened: what was answered, what the log itemised, and what the table had charged.
"""

from __future__ import annotations

import io
import json
import os
import signal
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any, NoReturn, TextIO

from pilotlight_runtime.metering.sqlite import SqliteStore
from pilotlight_runtime.metering.store import MeterStore
from support.metered_entry import Context, MeteredEntry, make_event, make_metered, stream_tokens
from support.metered_worker import TOKENS
from support.tenants import TENANT, new_key, open_store


def kill_at(step: int) -> Callable[..., None]:
    """A profile function that kills the process at a step."""
    seen = count(1)

    def look(_frame: Any, _event: str, _argument: Any) -> None:
        if next(seen) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    return look


def make_handler(settings: dict[str, Any], ledger: TextIO) -> MeteredEntry:
    options = {"answer": stream_tokens(3, 5), "tariff": TOKENS} if settings["streams"] else {}
    return make_metered(settings["environ"], ledger, now=lambda: settings["now"], **options)


def ask(settings: dict[str, Any], step: int, answers: int) -> NoReturn:
    """Makes one request, and writes a byte for each unit that has left: a plain answer, or a token of a stream."""
    with Path(settings["ledger"]).open("a") as ledger:
        handler = make_handler(settings, ledger)
        event, context = make_event(settings["key"]), Context(can_stream=settings["streams"])
        sys.setprofile(kill_at(step))
        answer = handler(event, context)
        for _ in answer["body"] if settings["streams"] else "1":
            os.write(answers, b"1")
        sys.setprofile(None)
        os._exit(0 if answer["statusCode"] == 200 else 1)


def import_all(settings: dict[str, Any]) -> None:
    """Makes a request with a key that nobody has, so that no step of the others is one of an import."""
    handler = make_handler(settings, io.StringIO())
    handler(make_event(new_key("Nobody01")), Context(can_stream=settings["streams"]))
    handler.close()


def read_ledger(path: str) -> int:
    """The units that whole lines itemise."""
    lines = Path(path).read_text().splitlines() if Path(path).exists() else []
    return sum(json.loads(line)["units"] for line in lines if line.startswith("{") and line.endswith("}"))


def open_table(environ: dict[str, str]) -> MeterStore:
    table = environ["PILOTLIGHT_SERVICE_TABLE"]
    if table.startswith("sqlite:"):
        return SqliteStore(table.removeprefix("sqlite:"))
    return open_store(environ["AWS_ENDPOINT_URL_DYNAMODB"])


def read_left(environ: dict[str, str]) -> int:
    """What is left of the day, by a connection of its own: none is open while a process is copied."""
    store = open_table(environ)
    item = store.read(TENANT)
    store.close()
    assert item is not None
    return int(item["day_left"])


def run(settings: dict[str, Any]) -> None:
    import_all(settings)
    left, itemised = read_left(settings["environ"]), 0
    for step in count(1, settings["stride"]):
        answers, written = os.pipe()
        child = os.fork()
        if not child:
            ask(settings, step, written)
        os.close(written)
        status = os.waitpid(child, 0)[1]
        with os.fdopen(answers, "rb") as found:
            answered = len(found.read())
        before, left = left, read_left(settings["environ"])
        logged, itemised = itemised, read_ledger(settings["ledger"])
        document = {"answered": answered, "itemised": itemised - logged, "charged": before - left}
        sys.stdout.write(json.dumps({"step": step, "killed": os.WIFSIGNALED(status), **document}) + "\n")
        if not os.WIFSIGNALED(status):
            sys.exit(os.WEXITSTATUS(status))


if __name__ == "__main__":
    run(json.loads(os.environ["WORKER"]))
