import subprocess
import sys

PROGRAM = """
import io, sys, threading, time
from pilotlight.core.standard_output import write_to_stdout

ends = time.monotonic() + 1

def write():
    while time.monotonic() < ends:
        write_to_stdout("text")

threads = [threading.Thread(target=write) for _ in range(4)]
for thread in threads:
    thread.start()
while time.monotonic() < ends:
    sys.stdout = io.TextIOWrapper(io.BytesIO(), write_through=True)
for thread in threads:
    thread.join()
"""


def test_a_stdout_that_another_thread_replaces_crashes_nothing() -> None:
    ran = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, b"")
