"""What marking the heap for large pages does, in processes of their own: malloc's settings stay."""

import subprocess
import sys

import pytest

GROW = """
import resource, sys
from pilotlight_runtime.engine.heap import grow
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(grow(64 << 20))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's malloc")
def test_growing_the_heap_takes_no_memory() -> None:
    done = subprocess.run([sys.executable, "-c", GROW], check=True, capture_output=True, text=True)
    grown, kilobytes = done.stdout.split()
    assert grown == "True"
    assert int(kilobytes) < 4096


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's malloc")
def test_nothing_is_marked_where_no_large_page_fits() -> None:
    code = "from pilotlight_runtime.engine.heap import grow; print(grow(4096), grow(1 << 62))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["False", "False"]
