"""What libraries and children of the process do."""

from __future__ import annotations

import json
from typing import Any, Final

from support.lambda_clients.case import Case, Event

_LOGGER: Final = """
from aws_lambda_powertools import Logger
logger = Logger(service="digits", log_uncaught_exceptions=True)
@logger.inject_lambda_context(log_event=True, correlation_id_path="id")
def handler(event, context):
    logger.info("one", extra={"order": 7})
    logger.append_keys(key="v")
    try:
        1 / 0
    except ZeroDivisionError:
        logger.exception("failed")
    return logger.get_correlation_id()
"""
_TRACER: Final = """
from aws_lambda_powertools import Tracer
tracer = Tracer(service="digits")
@tracer.capture_method
def work():
    return 7
@tracer.capture_lambda_handler
def handler(event, context):
    tracer.put_annotation("a", "b")
    return work()
"""
_METRICS: Final = """
from aws_lambda_powertools import Metrics
metrics = Metrics(namespace="digits", service="digits")
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event, context):
    metrics.add_metric(name="answers", unit="Count", value=1)
"""
_IDEMPOTENT: Final = """
from aws_lambda_powertools.utilities.idempotency import IdempotencyConfig, idempotent
from aws_lambda_powertools.utilities.idempotency.persistence.base import BasePersistenceLayer
from aws_lambda_powertools.utilities.idempotency.exceptions import IdempotencyItemAlreadyExistsError
class Memory(BasePersistenceLayer):
    def __init__(self):
        self.records = {}
        super().__init__()
    def _get_record(self, idempotency_key):
        return self.records[idempotency_key]
    def _put_record(self, data_record):
        if data_record.idempotency_key in self.records:
            raise IdempotencyItemAlreadyExistsError(old_data_record=self.records[data_record.idempotency_key])
        self.records[data_record.idempotency_key] = data_record
    def _update_record(self, data_record):
        self.records[data_record.idempotency_key] = data_record
    def _delete_record(self, data_record):
        del self.records[data_record.idempotency_key]
calls = []
@idempotent(persistence_store=Memory(), config=IdempotencyConfig(event_key_jmespath="id", expires_after_seconds=60))
def handler(event, context):
    calls.append(event)
    return {"calls": len(calls), "left": context.get_remaining_time_in_millis() > 0}
"""
_TOOLS: Final = {"POWERTOOLS_TRACE_DISABLED": "1", "POWERTOOLS_SERVICE_NAME": "digits"}


def _tools(name: str, app: str, says: str, **rest: Any) -> Case:
    return Case(f"powertools: {name}", app, says, environ={**_TOOLS, **rest.pop("environ", {})}, **rest)


_WORK: Final = "\ndef work(n):\n    return n * 2\n"

CASES: Final = (
    _tools(
        "inject_lambda_context",
        _LOGGER,
        "the attributes of the context in each line",
        events=(Event('{"id": "é"}'.encode()), Event(b'{"id": 2}')),
        expected={"1.body": '"é"'},
    ),
    _tools("Tracer, switched off", _TRACER, "works", expected={"1.body": "7"}),
    _tools(
        "Tracer, on one's own machine",
        _TRACER,
        "works",
        environ={"AWS_SAM_LOCAL": "true", "POWERTOOLS_TRACE_DISABLED": "false"},
        expected={"1.body": "7"},
    ),
    _tools("metrics", _METRICS, "one line", gone=("stdout",), expected={"1.body": "null"}),
    _tools(
        "idempotent",
        _IDEMPOTENT,
        "the second call of an event gets the first one's answer",
        events=(Event(b'{"id": 1}'), Event(b'{"id": 1}'), Event(b'{"id": 2}')),
        expected={
            "1.body": json.dumps({"calls": 1, "left": True}),
            "2.body": json.dumps({"calls": 1, "left": True}),
            "3.body": json.dumps({"calls": 2, "left": True}),
        },
    ),
    Case(
        "runs asyncio",
        "import asyncio\n"
        "async def work():\n"
        "    await asyncio.sleep(0)\n"
        "    return 7\n"
        "def handler(event, context):\n"
        "    return asyncio.run(work())\n",
        "works",
        events=(Event(), Event()),
        expected={"2.body": "7"},
    ),
    Case(
        "async handler",
        "async def handler(event, context):\n    return 1\n",
        "Runtime.MarshalError",
        gone=("stderr",),
        expected={
            "1.kind": "Runtime.MarshalError",
            "1.message": "Unable to marshal response: Object of type coroutine is not JSON serializable",
        },
    ),
    Case(
        "pool of threads",
        "from concurrent.futures import ThreadPoolExecutor\n"
        "pool = ThreadPoolExecutor(4)\n"
        "def handler(event, context):\n"
        "    return list(pool.map(len, ['a', 'bb']))\n",
        "works",
        events=(Event(), Event()),
        expected={"2.body": "[1, 2]"},
    ),
    Case(
        "child by subprocess",
        "import subprocess, sys\n"
        "def handler(event, context):\n"
        "    done = subprocess.run([sys.executable, '-c', 'print(\"from the child\"); import sys; sys.exit(3)'])\n"
        "    return done.returncode\n",
        "runs; it writes to the same log",
        expected={"1.body": "3", "stdout": "from the child\n"},
    ),
    Case(
        "child by subprocess that uses AWS's packages",
        "import subprocess, sys\n"
        "def handler(event, context):\n"
        "    return subprocess.run([sys.executable, '-S', '-c', 'import snapshot_restore_py']).returncode\n",
        "finds them",
        expected={"1.body": "0"},
    ),
    Case(
        "child by a fork",
        "import os\n"
        "def handler(event, context):\n"
        "    pid = os.fork()\n"
        "    if not pid:\n"
        "        print('from the child')\n"
        "        os._exit(4)\n"
        "    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])\n",
        "runs",
        expected={"1.body": "4", "stdout": "from the child\n"},
        gone=("stderr",),
    ),
    Case(
        "children by multiprocessing, forked",
        "import multiprocessing" + _WORK + "def send(end, n):\n"
        "    end.send(work(n))\n"
        "def handler(event, context):\n"
        "    ctx = multiprocessing.get_context('fork')\n"
        "    mine, other = ctx.Pipe()\n"
        "    child = ctx.Process(target=send, args=(other, 21))\n"
        "    child.start()\n"
        "    found = mine.recv()\n"
        "    child.join()\n"
        "    return found, child.exitcode\n",
        "run",
        expected={"1.body": "[42, 0]"},
    ),
    Case(
        "children by multiprocessing, spawned",
        "import multiprocessing" + _WORK + "def send(end, n):\n"
        "    end.send(work(n))\n"
        "def handler(event, context):\n"
        "    ctx = multiprocessing.get_context('spawn')\n"
        "    mine, other = ctx.Pipe()\n"
        "    child = ctx.Process(target=send, args=(other, 21))\n"
        "    child.start()\n"
        "    found = mine.recv()\n"
        "    child.join()\n"
        "    return found, child.exitcode\n",
        "run",
        expected={"1.body": "[42, 0]"},
    ),
    Case(
        "pickles a class of its module",
        "import pickle\n"
        "class Mine:\n"
        "    pass\n"
        "def handler(event, context):\n"
        "    return type(pickle.loads(pickle.dumps(Mine()))).__name__, Mine.__module__\n",
        "works",
        expected={"1.body": '["Mine", "app"]'},
    ),
)
