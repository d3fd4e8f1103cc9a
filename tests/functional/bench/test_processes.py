from pathlib import Path

import pytest

from pilotlight.bench.process import measure_cold_start, measure_rss, measure_warm
from pilotlight.core.errors import ServiceError

SLOW_START = """
import time
time.sleep(0.3)
print("a log line of the function")
def handler(event, context):
    assert context.get_remaining_time_in_millis() > 0
    print("another one")
    return {"statusCode": event["status"], "body": ""}
"""


def function(folder: Path, code: str) -> Path:
    (folder / "app.py").write_text(code)
    return folder


def test_cold_counts_the_start_and_warm_does_not(tmp_path: Path) -> None:
    folder = function(tmp_path, SLOW_START)
    cold = measure_cold_start(folder, {"status": 200}, 2)
    warm = measure_warm(folder, {"status": 200}, 3)
    assert len(cold.runs) == 2
    assert len(warm.runs) == 3
    assert min(cold.runs) > 300 > max(warm.runs)


def test_the_memory_is_the_processs_own(tmp_path: Path) -> None:
    small = measure_rss(function(tmp_path, SLOW_START), {"status": 200})
    large = measure_rss(function(tmp_path, "held = b'x' * 50_000_000" + SLOW_START), {"status": 200})
    if small is None or large is None:
        pytest.skip("this system has no /proc")
    assert 45_000_000 < large - small < 60_000_000


def test_an_answer_that_is_no_success_is_not_measured(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="answered 400 to the sample"):
        measure_cold_start(function(tmp_path, SLOW_START), {"status": 400}, 1)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("raise OSError('model.onnx is missing')", "model.onnx is missing"),
        ("", "cannot import name 'handler'"),
        ("def handler(event, context): raise ValueError('no')", "ValueError: no"),
        ("import os; os._exit(3)", "it said nothing"),
    ],
)
def test_a_function_that_does_not_start_is_said_so(tmp_path: Path, code: str, said: str) -> None:
    with pytest.raises(ServiceError, match="did not start") as caught:
        measure_warm(function(tmp_path, code), {"status": 200}, 1)
    assert said in str(caught.value)
