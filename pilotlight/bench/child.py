"""The process that process.py starts: imports FOLDER/app.py, answers the event on stdin COUNT times, prints JSON.

Run as a script, not imported: `python child.py FOLDER COUNT < event.json`. It prints one line
with the status and the milliseconds of each answer, then one with its resident bytes (null where there is no /proc). It
imports nothing that the function would not import itself, apart from json and time.
"""

import json
import sys
import time


class _Context:
    """As much of Lambda's context as a handler may read."""

    function_name = "bench"
    function_version = "$LATEST"
    invoked_function_arn = "arn:aws:lambda:local:123456789012:function:bench"
    memory_limit_in_mb = "1769"
    aws_request_id = "bench"

    def get_remaining_time_in_millis(self) -> int:
        """As many milliseconds as a REST API waits."""
        return 29_000


def main() -> None:
    """See the module. The function's own log lines, which it writes to stdout in Lambda, go to stderr."""
    folder, count = sys.argv[1], int(sys.argv[2])
    event = json.load(sys.stdin)
    out, sys.stdout = sys.stdout, sys.stderr
    sys.path.insert(0, folder)
    from app import handler  # type: ignore[import-not-found]

    answers = []
    for _ in range(count):
        began = time.perf_counter()
        status = handler(event, _Context()).get("statusCode")
        answers.append({"status": status, "ms": (time.perf_counter() - began) * 1000})
    out.write(json.dumps(answers) + "\n")
    out.flush()
    out.write(json.dumps(_resident_bytes()) + "\n")


def _resident_bytes() -> int | None:
    """VmRSS of proc(5), which is in units of 1,024 bytes."""
    try:
        with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123  (pathlib would be measured too)
            lines = [line for line in status if line.startswith("VmRSS:")]
    except OSError:
        return None
    return int(lines[0].split()[1]) * 1024


if __name__ == "__main__":
    main()
