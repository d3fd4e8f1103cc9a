"""What marking the heap for large pages does, in processes of their own: malloc's settings stay."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.onnx_models import package_identity

from pilotlight_runtime.engine.heap import limit

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


MALLOC = """
import ctypes, sys
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.sbrk.restype = ctypes.c_void_p, ctypes.c_void_p
{start}
print(libc.malloc(16 << 20) < libc.sbrk(0))
"""
HANDLER = """
from pilotlight_runtime import model_handler
assert model_handler(sys.argv[1] + "/app.py")({"path": "/v2/health/ready"}, None)["statusCode"] == 200
"""
SESSION = """
from pilotlight_runtime.engine.ort_session import open_session
assert open_session(sys.argv[1] + "/model.onnx", 1).signature.inputs
"""
LAMBDA = {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001"}


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's malloc")
@pytest.mark.parametrize(
    ("start", "environ", "changed"),
    [(HANDLER, LAMBDA, "True"), (HANDLER, {}, "False"), (SESSION, LAMBDA, "False"), (SESSION, {}, "False")],
    ids=["a function in Lambda", "a function that is served here", "a session in Lambda", "a session of the tool"],
)
def test_only_a_handler_in_lambda_changes_mallocs_settings(
    start: str, environ: dict[str, str], changed: str, tmp_path: Path
) -> None:
    """With its own settings malloc maps 16 MiB apart from the heap, which ends at sbrk(0); with ours it does not."""
    package_identity(tmp_path, "FP32", (1,))
    outside = {name: value for name, value in os.environ.items() if name not in LAMBDA}
    command = [sys.executable, "-c", MALLOC.format(start=start), str(tmp_path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=outside | environ)
    assert done.stdout.split()[-1] == changed


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_DATA is Linux's")
def test_a_limit_is_soft_and_never_above_the_hard_one() -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_DATA)
    try:
        assert limit(1 << 50)
        assert resource.getrlimit(resource.RLIMIT_DATA) == (1 << 50, before[1])
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


THREADS = """
import sys
from pilotlight_runtime.engine.heap import ENOUGH, grow
if sys.argv[1] == "grown":
    grow(ENOUGH)
import ctypes
from _thread import allocate_lock, start_new_thread
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.sbrk.argtypes, libc.sbrk.restype = (ctypes.c_ssize_t,), ctypes.c_void_p
done, found = allocate_lock(), []
done.acquire()
def work():
    found.append(libc.malloc(100_000))
    done.release()
start_new_thread(work, ())
done.acquire()
print(found[0] < libc.sbrk(0))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's malloc")
@pytest.mark.parametrize(("start", "shared"), [("grown", "True"), ("plain", "False")])
def test_all_threads_share_the_grown_heap(start: str, shared: str) -> None:
    done = subprocess.run([sys.executable, "-c", THREADS, start], check=True, capture_output=True, text=True)
    assert done.stdout.split() == [shared]
