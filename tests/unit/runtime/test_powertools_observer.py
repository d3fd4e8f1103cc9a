import io
import json
from itertools import count
from typing import Any

import pytest

from pilotlight_runtime.errors import InferenceFailed
from pilotlight_runtime.observer import Record
from pilotlight_runtime.powertools_observer import PowertoolsObserver

RECORD = Record("id-1", "gw-1", "infer", 200, True, {"x": (1, 2)}, {"decode": 1.23456}, 4.5678, None)  # noqa: FBT003  (a row)


def observer(stream: io.StringIO) -> PowertoolsObserver:
    numbers = count(1)
    return PowertoolsObserver(stream, "tiny", "abc", lambda: f"i{next(numbers)}")


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_one_log_line_and_one_line_of_metrics() -> None:
    stream = io.StringIO()
    observer(stream).request(RECORD)
    line, metrics = lines(stream)
    timestamp = line.pop("timestamp")
    assert timestamp
    assert line == {
        "level": "INFO",
        "message": "request",
        "service": "tiny",
        "model": "tiny",
        "version": "abc",
        "instance": "i1",
        "request_id": "id-1",
        "gateway_id": "gw-1",
        "operation": "infer",
        "status": 200,
        "cold": True,
        "milliseconds": {"decode": 1.235, "total": 4.568},
        "inputs": {"x": [1, 2]},
    }
    (directive,) = metrics["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "Pilotlight"
    assert directive["Dimensions"] == [["model", "version"]]
    assert directive["Metrics"] == [
        {"Name": "Latency", "Unit": "Milliseconds"},
        {"Name": "ColdStart", "Unit": "Count"},
        {"Name": "Errors", "Unit": "Count"},
    ]
    assert {name: metrics[name] for name in ("model", "version", "Latency", "ColdStart", "Errors")} == {
        "model": "tiny",
        "version": "abc",
        "Latency": [4.5678],
        "ColdStart": [1.0],
        "Errors": [0.0],
    }


def test_each_request_counts_once() -> None:
    stream = io.StringIO()
    watching = observer(stream)
    watching.request(RECORD)
    watching.request(RECORD._replace(cold=False, status=404))
    assert [line["ColdStart"] for line in lines(stream) if "_aws" in line] == [[1.0], [0.0]]
    assert [line["Errors"] for line in lines(stream) if "_aws" in line] == [[0.0], [0.0]]


def test_observers_of_one_process_share_nothing() -> None:
    first, second = io.StringIO(), io.StringIO()
    one, other = observer(first), PowertoolsObserver(second, "tiny", "def", lambda: "j")
    one.request(RECORD)
    assert second.getvalue() == ""
    other.request(RECORD)
    assert len(lines(first)) == len(lines(second)) == 2
    assert {line["version"] for line in lines(second)} == {"def"}


def test_a_restored_environment_has_another_id() -> None:
    stream = io.StringIO()
    watching = observer(stream)
    watching.renew()
    watching.warning("odd", None)
    assert lines(stream)[0]["instance"] == "i2"


def failed(text: str) -> InferenceFailed:
    with pytest.raises(InferenceFailed) as caught:
        raise InferenceFailed("the model failed on this input") from ValueError(text)
    return caught.value


def test_a_fault_is_an_error_line_with_its_cause() -> None:
    stream = io.StringIO()
    observer(stream).request(RECORD._replace(status=500, fault=failed("index 7 is 'secret'")))
    line, metrics = lines(stream)
    assert (line["level"], line["exception_name"]) == ("ERROR", "InferenceFailed")
    assert "ValueError" in line["exception"].splitlines()
    assert "secret" not in line["exception"]
    assert "test_powertools_observer.py" in line["exception"]
    assert metrics["Errors"] == [1.0]


def test_a_warning_has_its_cause() -> None:
    stream = io.StringIO()
    observer(stream).warning("odd start", failed("x"))
    (line,) = lines(stream)
    assert (line["level"], line["message"], line["exception_name"]) == ("WARNING", "odd start", "InferenceFailed")
