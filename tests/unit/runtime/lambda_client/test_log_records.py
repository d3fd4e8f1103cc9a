"""What `logging` writes once the client has set it up."""

from __future__ import annotations

import importlib.util
import json
import logging
import re
import sys

import pytest

from pilotlight_runtime.lambda_client.log_import import follow_import
from pilotlight_runtime.lambda_client.log_output import LogOutput

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z")


def set_up(**environ: str) -> LogOutput:
    output = LogOutput(environ, lambda _to, data: len(data))
    output.request_id = "r-1"
    follow_import(output)
    return output


def sinks(logger: logging.Logger) -> list[object]:
    """Where the client's handlers write to; pytest has handlers of its own."""
    return [vars(handler)["log_sink"] for handler in logger.handlers if "log_sink" in vars(handler)]


def test_text(root_logger: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    set_up()
    root_logger.info("not this")
    root_logger.warning("100 %s é", "%")
    assert STAMP.sub("TIME", capsys.readouterr().out) == "[WARNING]\tTIME\tr-1\t100 % é\n"


def test_json(root_logger: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    output = set_up(AWS_LAMBDA_LOG_FORMAT="JSON", AWS_LAMBDA_LOG_LEVEL="TRACE")
    output.tenant_id = "blue"
    root_logger.debug({"a": 1})
    try:
        int("x")
    except ValueError:
        root_logger.exception("failed", extra={"order": 7, "none": None, "odd": {1}})
    root_logger.log(35, "between", exc_info=(None, None, None))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line.pop("timestamp") is not None for line in lines] == [True] * 3
    same = {"logger": "root", "requestId": "r-1", "tenantId": "blue"}
    assert lines[0] == {"level": "DEBUG", "message": {"a": 1}, **same}
    assert lines[1].pop("stackTrace")[0].startswith(f'  File "{__file__}", line ')
    assert lines[1].pop("location").startswith(f"{__file__}:test_json:")
    error = {
        "errorType": "ValueError",
        "errorMessage": "invalid literal for int() with base 10: 'x'",
        "order": 7,
        "odd": "{1}",
    }
    assert lines[1] == {"level": "ERROR", "message": "failed", **error, **same}
    assert lines[2] == {"level": "WARNING", "message": "between", **same}


def test_an_unknown_level_leaves_the_root_loggers(root_logger: logging.Logger) -> None:
    set_up(AWS_LAMBDA_LOG_LEVEL="LOUD")
    assert root_logger.level == logging.WARNING


def test_the_sink_of_the_handler(root_logger: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    output = set_up()
    assert sinks(root_logger) == [output]
    output.log("as it is")
    assert capsys.readouterr().out == "as it is"


def test_logging_is_set_up_when_it_is_imported(root_logger: logging.Logger) -> None:
    """A second copy of `logging` is loaded, since the first one is there already."""
    output = LogOutput({}, lambda _to, data: len(data))
    loaded = sys.modules.pop("logging")
    try:
        follow_import(output)
        assert sinks(root_logger) == []
        watch = sys.meta_path[0]
        assert importlib.util.find_spec("json") is not None
        assert watch is sys.meta_path[0]
        spec = importlib.util.find_spec("logging")
        assert spec is not None
        assert spec.loader is not None
        assert watch is sys.meta_path[0]  # only the spec was asked for
        sys.modules["logging"] = loaded
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
        assert watch not in sys.meta_path
        assert spec.loader.get_filename() == logging.__file__  # type: ignore[attr-defined]
    finally:
        sys.modules["logging"] = loaded
        sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__name__ != "_Watch"]
    assert sinks(root_logger) == [output]
