"""A child process: one request to a packaged function as in Lambda, and what it took.

`python measured_call.py FOLDER EVENT WARM_UP`: the folder of the function, and two files with an event each. Prints JSON:
the status, the error, MB above what the process had after the warm-up, and seconds of CPU time.
"""

import io
import json
import sys
import time
from contextlib import redirect_stdout
from pathlib import Path


def peak_kilobytes() -> int:
    """The most memory that this process has had since `forget_peak`."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0])


def forget_peak() -> None:
    """Makes the memory that the process has now its peak (proc(5), clear_refs)."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def main(folder: str, event_file: str, warm_up_file: str) -> None:
    """Measures, and prints."""
    sys.path.insert(0, folder)
    with redirect_stdout(io.StringIO()):
        from app import handler

        warm_up, event = (json.loads(Path(name).read_bytes()) for name in (warm_up_file, event_file))
        handler(warm_up, None)
        forget_peak()
        before = peak_kilobytes()
        began, cpu = time.perf_counter(), time.process_time()
        answer = handler(event, None)
        taken = {"seconds": time.process_time() - cpu, "wall": time.perf_counter() - began}
        taken["megabytes"] = (peak_kilobytes() - before) / 1024
        again = handler(warm_up, None)
    status = answer.get("statusCode", answer.get("status", 200))
    text = "" if status < 400 else answer.get("error") or json.loads(answer["body"])["error"]
    print(json.dumps({"status": status, "error": text[:300], "again": again["statusCode"], **taken}))


if __name__ == "__main__":
    main(*sys.argv[1:])
