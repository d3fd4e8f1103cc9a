"""What one request takes at most: memory beyond the model's own, and CPU time, of a function of 1,769 MB.

Each request goes to a process of its own, as in Lambda. `pytest -s` shows the table.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support import measured_call
from support.hostile_requests import HOSTILE, LARGE, Case, package_functions, warm_up

from pilotlight_runtime.limits import MOST_MEMORY

MOST_SECONDS = 3.0
"""Of CPU time. The most is about one second; a slower machine takes longer."""
MOST_MEGABYTES = MOST_MEMORY // 1024**2
TRIES = 3
"""Another process may take the processor's caches, which costs CPU time."""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc tells the peak memory on Linux alone")


@pytest.fixture(scope="module")
def functions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("functions")
    package_functions(folder)
    return folder


def measure(case: Case, functions: Path, place: Path, memory: int = 1769) -> dict[str, Any]:
    """What the request takes: the best of some tries where it takes too long."""
    files = {"event": case.event(), "warm_up": warm_up(case.function)}
    for name, content in files.items():
        (place / name).write_text(json.dumps(content))
    command = [sys.executable, measured_call.__file__, str(functions / case.function)]
    environ = {
        **os.environ,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory),
        "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001",
    }
    for _ in range(TRIES):
        done = subprocess.run(
            [*command, *(str(place / name) for name in files)], env=environ, check=True, stdout=subprocess.PIPE
        )
        found: dict[str, Any] = json.loads(done.stdout)
        if found["seconds"] <= MOST_SECONDS:
            break
    return found


def show(name: str, found: dict[str, Any]) -> None:
    sys.stdout.write(
        f"\n{name:45}{found['status']:5}{found['megabytes']:8.1f} MB{found['seconds']:6.2f} s  {found['error'][:60]}"
    )


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_request_is_refused_cheaply(name: str, functions: Path, tmp_path: Path) -> None:
    case = HOSTILE[name]
    found = measure(case, functions, tmp_path)
    show(name, found)
    assert found["status"] in (400, 404, 413), found
    assert found["again"] == 200
    assert found["megabytes"] <= MOST_MEGABYTES + case.own
    assert found["seconds"] <= MOST_SECONDS
    assert len(found["error"]) < 600


@pytest.mark.parametrize("name", LARGE)
def test_a_large_request_is_answered(name: str, functions: Path, tmp_path: Path) -> None:
    case = LARGE[name]
    found = measure(case, functions, tmp_path)
    show(name, found)
    assert (found["status"], found["again"]) == (200, 200), found
    assert found["megabytes"] <= MOST_MEGABYTES + case.own


@pytest.mark.parametrize("name", ["16 MB of 1.5,", "16 MB of [0],", "rotated JPEG, 40 megapixels", "a gzip of 300 MB"])
def test_a_small_function_gives_a_request_less(name: str, functions: Path, tmp_path: Path) -> None:
    found = measure(HOSTILE[name], functions, tmp_path, memory=192)
    show(f"{name}, at 192 MB", found)
    assert (found["status"], found["again"]) == (413, 200)
    assert found["megabytes"] < 100
