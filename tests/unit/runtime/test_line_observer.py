"""What a model's function writes is what Powertools would write."""

import io
import json
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from pilotlight_runtime.errors import InferenceFailed
from pilotlight_runtime.line_observer import LineObserver
from pilotlight_runtime.observer import Record
from pilotlight_runtime.powertools_observer import PowertoolsObserver

RECORD = Record("id-1", "gw-1", "infer", 200, True, {"x": (1, 2)}, {"decode": 1.23456}, 4.5678, None)  # noqa: FBT003  (a row)

Observed = LineObserver | PowertoolsObserver


def failed() -> InferenceFailed:
    with pytest.raises(InferenceFailed) as caught:
        raise InferenceFailed("the model failed on this input") from ValueError("index 7 is 'secret'")
    return caught.value


def lines(kind: Callable[..., Observed], tell: Callable[[Observed], None]) -> list[dict[str, Any]]:
    stream, numbers = io.StringIO(), count(1)
    tell(kind(stream, "tiny é", "abc", lambda: f"i{next(numbers)}"))
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def fields(value: Any) -> Any:
    """Keys in their order, values with their types; the time is what two observers cannot have in common."""
    if isinstance(value, dict):
        return [(key, None if key in ("timestamp", "Timestamp") else fields(item)) for key, item in value.items()]
    return [fields(item) for item in value] if isinstance(value, list) else (type(value).__name__, value)


CAUSE = failed()
CASES = {
    "request": lambda observer: observer.request(RECORD),
    "warm": lambda observer: observer.request(RECORD._replace(cold=False, phases={}, shapes={})),
    "whole": lambda observer: observer.request(RECORD._replace(total=3.0, phases={"decode": 0.0, "infer": 1e-9})),
    "scalar": lambda observer: observer.request(RECORD._replace(shapes={"é": (), "y": (0,)})),
    "refused": lambda observer: observer.request(RECORD._replace(status=404, gateway_id="", operation="")),
    "fault": lambda observer: observer.request(RECORD._replace(status=500, fault=CAUSE)),
    "warning": lambda observer: observer.warning("odd start", CAUSE),
    "plain warning": lambda observer: observer.warning("odd start", None),
    "restored": lambda observer: (observer.renew(), observer.request(RECORD)),
}


@pytest.mark.parametrize("name", CASES)
def test_every_field_is_as_powertools_writes_it(name: str) -> None:
    ours, theirs = lines(LineObserver, CASES[name]), lines(PowertoolsObserver, CASES[name])
    assert [fields(line) for line in ours] == [fields(line) for line in theirs]


@pytest.mark.parametrize(
    ("environ", "namespace"),
    [({}, "Pilotlight"), ({"POWERTOOLS_METRICS_NAMESPACE": "project/stage"}, "project/stage")],
)
@pytest.mark.parametrize("kind", [LineObserver, PowertoolsObserver])
def test_the_environment_names_where_metrics_appear(
    kind: Callable[..., Observed], environ: dict[str, str], namespace: str
) -> None:
    stream = io.StringIO()
    kind(stream, "tiny", "abc", lambda: "i", environ=environ).request(RECORD)
    metrics = json.loads(stream.getvalue().splitlines()[1])
    assert metrics["_aws"]["CloudWatchMetrics"][0]["Namespace"] == namespace


def test_the_trace_is_as_powertools_writes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1")
    ours, theirs = lines(LineObserver, CASES["request"]), lines(PowertoolsObserver, CASES["request"])
    assert ours[0]["xray_trace_id"] == theirs[0]["xray_trace_id"] == "1-5759e988-bd862e3fe1be46a994272793"


def test_the_times_are_written_as_powertools_writes_them() -> None:
    stream = io.StringIO()
    LineObserver(stream, "tiny", "abc", lambda: "i", clock=lambda: 1_700_000_000.0625).request(RECORD)
    line, metrics = map(json.loads, stream.getvalue().splitlines())
    assert line["timestamp"][:10] in ("2023-11-14", "2023-11-15")
    assert line["timestamp"][19:23] == ",062"
    assert metrics["_aws"]["Timestamp"] == 1_700_000_000_062
    (theirs, _) = lines(PowertoolsObserver, CASES["request"])
    assert len(theirs["timestamp"]) == len(line["timestamp"])
    assert theirs["timestamp"][23:] == line["timestamp"][23:]
