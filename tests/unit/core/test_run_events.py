import io
import json

import pytest
from support.progress import Heard

from pilotlight.core.events import JsonProgress, read_event, replay


def test_what_is_written_is_heard_again() -> None:
    stream = io.StringIO()
    progress = JsonProgress(stream, clock=iter(range(0, 100, 3)).__next__)
    progress.stage("train")
    progress.note("1,437 Bilder, „grün“")
    progress.step(1, 4, {"loss": 0.5})
    heard = Heard()
    for line in stream.getvalue().splitlines():
        event = read_event(line)
        assert event is not None
        replay(event, heard)
    assert heard.events == [("stage", "train"), ("note", "1,437 Bilder, „grün“"), ("step", 1, 4, {"loss": 0.5})]


def test_fast_steps_are_not_all_written_but_the_last_is() -> None:
    stream = io.StringIO()
    times = iter([0.0, 0.1, 0.2, 0.3, 2.5, 2.6, 2.7, 2.8])
    progress = JsonProgress(stream, clock=lambda: next(times))
    for done in (1, 2, 3, 4, 5):
        progress.step(done, 5, {})
    written = [json.loads(line)["done"] for line in stream.getvalue().splitlines()]
    assert written[0] == 1
    assert written[-1] == 5
    assert len(written) < 5


def test_what_is_no_event_is_none() -> None:
    for line in ("", "epoch 1", "3", "[1]", '{"event": 3}', '{"level": "INFO"}', "{", "[" * 100_000):
        assert read_event(line) is None


@pytest.mark.parametrize(
    "line",
    [
        '{"event": "user logged in", "level": "info"}',
        '{"event": "stage"}',
        '{"event": "stage", "title": 3}',
        '{"event": "note", "text": null}',
        '{"event": "error", "kind": "TrainingError"}',
        '{"event": "result", "level": "info"}',
        '{"event": "step", "done": null}',
        '{"event": "step", "done": null, "total": 2, "values": {}}',
        '{"event": "step", "done": 1.5, "total": 2, "values": {}}',
        '{"event": "step", "done": true, "total": 2, "values": {}}',
        '{"event": "step", "done": 1, "total": 2, "values": null}',
        '{"event": "step", "done": 1, "total": 2, "values": {"loss": "low"}}',
    ],
)
def test_json_of_other_libraries_is_no_event(line: str) -> None:
    assert read_event(line) is None


def test_what_is_no_number_is_null_and_left_out_again() -> None:
    stream = io.StringIO()
    progress = JsonProgress(stream, clock=iter(range(0, 100, 3)).__next__)
    progress.step(1, 4, {"loss": float("nan"), "accuracy": 0.5, "norm": float("inf")})
    progress.write("result", model="digits", version="1a2b", metrics={"loss": float("nan"), "f1": [float("inf"), 1]})
    step, result = (json.loads(line, parse_constant=pytest.fail) for line in stream.getvalue().splitlines())
    assert step["values"] == {"loss": None, "accuracy": 0.5, "norm": None}
    assert result["metrics"] == {"loss": None, "f1": [None, 1]}
    heard = Heard()
    old = '{"event": "step", "done": 2, "total": 4, "values": {"loss": NaN}}'
    for line in (stream.getvalue().splitlines()[0], old):
        event = read_event(line)
        assert event is not None
        replay(event, heard)
    assert heard.events == [("step", 1, 4, {"accuracy": 0.5}), ("step", 2, 4, {})]


def test_a_result_is_the_callers_business() -> None:
    event = read_event('{"event": "result", "model": "digits", "version": "1a2b"}')
    assert event is not None
    assert event.fields == {"model": "digits", "version": "1a2b"}
    heard = Heard()
    replay(event, heard)
    assert heard.events == []
