"""One process of compare.py: imports FOLDER/app.py and answers a request of FOLDER/sample_requests.py COUNT times.

Arguments: REQUEST COUNT FOLDER, and further folders of packages. It prints one line, a Python literal. It imports
nothing that a function would not import itself, apart from time, which is a part of the interpreter.
"""

import sys
import time


class _Context:
    """As much of Lambda's context as a handler reads."""

    aws_request_id = "2f7d3c2e-9f0a-4a53-8d0c-6f7f5f0f7a11"


def main() -> None:
    """See the module. The log lines, which go to stdout in Lambda, go to stderr."""
    name, count, *folders = sys.argv[1:]
    sys.path[:0] = folders
    event = __import__("sample_requests").REQUESTS[name]
    out, sys.stdout = sys.stdout, sys.stderr
    handler = __import__("app").handler

    context = _Context()
    statuses, wall, cpu = set(), [], []
    for _ in range(int(count)):
        began, used = time.perf_counter(), time.process_time()
        answer = handler(event, context)
        cpu.append(time.process_time() - used)
        wall.append(time.perf_counter() - began)
        statuses.add(answer.get("statusCode", 200 if "outputs" in answer else 400))
    document = {
        "statuses": sorted(statuses),
        "wall": wall,
        "cpu": cpu,
        "process": time.process_time(),  # since the start of the process
        "runtime": sys.modules["pilotlight_runtime"].__file__,
        "modules": sorted(sys.modules),
    }
    out.write(repr(document) + "\n")
    out.flush()


if __name__ == "__main__":
    main()
