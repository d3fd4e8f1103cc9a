"""The search for the canary finds a function that writes a part of a request down, whatever it writes to."""

import json
import sys
from pathlib import Path

import pytest
from support.canaries import CANARY
from support.leaks import look
from support.onnx_models import package_identity
from support.private_requests import rest
from support.tenants import TENANT, SqliteTable, make_item, new_key
from support.watched_function import watching

pytestmark = pytest.mark.integration

INFER = "/v2/models/tiny/infer"
APP = """
import base64, gzip, json, logging, os, socket, sqlite3, sys, tempfile
from pilotlight_runtime import entry, model_handler

inner = model_handler(__file__)


def write(text):
    {statement}


def handler(event, context):
    write(str({part}))
    return inner(event, context)
"""
PLACES = {
    "stdout": "print(text, flush=True)",
    "stderr": "print(text, file=sys.stderr, flush=True)",
    "file descriptor": "os.write(2, text.encode())",
    "logging": "logging.getLogger().error('failed: %s', text)",
    "metric": "print(json.dumps({'_aws': {}, 'model': text}), flush=True)",
    "base64": "print(base64.b64encode(b'--' + text.encode()).decode(), flush=True)",
    "repr of bytes": "print(list(text.encode()), flush=True)",
    "half of it": "print(text[len(text) // 2 :], flush=True)",
    "temporary file": "open(os.path.join(tempfile.gettempdir(), 'kept'), 'w').write(text)",
    "trace": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto("
    "text.encode(), ('127.0.0.1', int(os.environ['AWS_XRAY_DAEMON_ADDRESS'].split(':')[1])))",
    "table": "database = sqlite3.connect(os.environ['PILOTLIGHT_SERVICE_TABLE'][7:]);"
    "database.execute('UPDATE items SET document = json_set(document, ?, 1)', ('$.u#' + text[:20],));"
    "database.commit()",
    "id in the log": "entry._gateway_id = lambda event: text",
}
if sys.platform == "linux":  # the search needs /proc for them
    PLACES |= {
        "file without a name": "globals().setdefault('kept', tempfile.TemporaryFile(buffering=0)).write(text.encode())",
        "file in memory": "os.write(globals().setdefault('kept', os.memfd_create('kept')), text.encode())",
    }
PARTS = {
    "path": "event['path']",
    "query": "event['queryStringParameters']",
    "header": "event['headers']['User-Agent']",
    "key": "event['headers']['Cookie']",
    "body": "base64.b64decode(event['body'])",
}
EVERYWHERE = {
    "path": rest(f"/{CANARY.text}"),
    "query": rest(INFER, query=CANARY.text),
    "header": rest(INFER, User_Agent=CANARY.text),
    "key": rest(INFER, Cookie=CANARY.text),
    "body": rest(INFER, CANARY.text.encode()),
}


def is_found(root: Path, statement: str, part: str) -> bool:
    (root / "function").mkdir()
    package_identity(root / "function", "BYTES", (-1,))
    (root / "function" / "app.py").write_text(APP.format(statement=statement, part=PARTS[part]))
    table = SqliteTable(root / "tenants.sqlite")
    key = new_key()
    table.put(TENANT, make_item({key: {}}))
    event = EVERYWHERE[part]
    event = {**event, "headers": {**event["headers"], "x-api-key": key}}
    with watching(root, **table.environ) as function:
        look(function, "before")
        answer = function.call(event)
        assert answer is not None
        assert answer.fault is None, answer.fault
        try:
            look(function, "after")
        except pytest.fail.Exception:
            return True
        finally:
            table.close()
    return False


@pytest.mark.parametrize("place", PLACES)
def test_it_is_found_wherever_it_is_written(tmp_path: Path, place: str) -> None:
    assert is_found(tmp_path, PLACES[place], "path")


@pytest.mark.parametrize("part", PARTS)
def test_each_part_of_a_request_is_found(tmp_path: Path, part: str) -> None:
    assert is_found(tmp_path, PLACES["stdout"], part)


def test_a_function_that_writes_nothing_down_is_not_found(tmp_path: Path) -> None:
    assert not is_found(tmp_path, "pass", "path")


def test_it_looks_for_what_json_makes_of_it() -> None:
    assert CANARY.find(json.dumps({"a": [CANARY.text, CANARY.number]}).encode()) == ["number", "text"]
