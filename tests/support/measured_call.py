"""A child process: one request to a packaged function as in Lambda, and what it took.

`python measured_call.py FOLDER EVENT WARM_UP`: the folder of the function, and two files with an event each. Prints
JSON: the status, the error, megabytes above what the process had after the warm-up, seconds of CPU time, and the status
of the warm-up's request sent once more.
"""

import io
import json
import sys
import time
from contextlib import redirect_stdout
from pathlib import Path


def main(folder: str, event_file: str, warm_up_file: str) -> None:
    """Measures, and prints."""
    sys.path.insert(0, folder)
    with redirect_stdout(io.StringIO()):
        from app import handler

        warm_up, event = (json.loads(Path(name).read_bytes()) for name in (warm_up_file, event_file))
        handler(warm_up, None)
        _forget_peak()
        before = _peak_kilobytes()
        began = time.process_time()
        answer = handler(event, None)
        taken = {"seconds": time.process_time() - began, "megabytes": (_peak_kilobytes() - before) / 1024}
        again = handler(warm_up, None)
    status = answer.get("statusCode", answer.get("status", 200))
    error = "" if status < 400 else answer.get("error") or json.loads(answer["body"])["error"]
    sys.stdout.write(json.dumps({"status": status, "error": error, "again": again["statusCode"], **taken}) + "\n")


def _peak_kilobytes() -> int:
    """The most memory that this process has had since `_forget_peak` (proc(5), VmHWM)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0])


def _forget_peak() -> None:
    """Makes the memory that the process has now its peak (proc(5), clear_refs)."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


if __name__ == "__main__":
    main(*sys.argv[1:])
