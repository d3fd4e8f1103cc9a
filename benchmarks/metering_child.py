"""One process of metering.py: imports FOLDER/app.py and answers requests of a tenant.

Arguments: KEY COUNT PAUSE WRONG FOLDER, and further folders of packages. It answers once, and then COUNT times: each
time after PAUSE seconds and WRONG requests with other keys. It prints one line, a Python literal. Before the first
answer it imports nothing that a function would not import itself, apart from parts of the interpreter.
"""

from __future__ import annotations

import posix
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


class _Context:
    """As much of Lambda's context as a handler reads."""

    aws_request_id = "2f7d3c2e-9f0a-4a53-8d0c-6f7f5f0f7a11"


def main() -> None:
    """See the module. The log lines, which go to stdout in Lambda, go to stderr."""
    key, count, pause, wrong, *folders = sys.argv[1:]
    sys.path[:0] = folders
    event = __import__("sample_requests").REQUESTS["JSON"]
    out, sys.stdout = sys.stdout, sys.stderr
    handler = __import__("app").handler

    context = _Context()

    def ask(with_key: str, status: int) -> None:
        answer = handler({**event, "headers": {**event["headers"], "x-api-key": with_key}}, context)
        if answer["statusCode"] != status:
            raise SystemExit(f"answered {answer['statusCode']}: {answer['body']}")

    ask(key, 200)
    first, process = time.perf_counter(), time.process_time()
    invented = _invent(key)
    wall, cpu = [], []
    for _ in range(int(count)):
        time.sleep(float(pause))
        for _ in range(int(wrong)):
            ask(next(invented), 401)
        began, used = time.perf_counter(), time.process_time()
        ask(key, 200)
        cpu.append(time.process_time() - used)
        wall.append(time.perf_counter() - began)
    runtime = sys.modules["pilotlight_runtime"].__file__
    document = {"first": first, "process": process, "wall": wall, "cpu": cpu, "runtime": runtime}
    out.write(repr(document) + "\n")
    out.flush()


def _invent(key: str) -> Iterator[str]:
    """Keys that are none, with a right checksum. Every other one names the tenant of `key`."""
    keys = __import__("pilotlight_runtime.metering.keys", fromlist=["make_key"])
    tenant = keys.read_key(key).tenant
    while True:
        yield keys.make_key(tenant, keys.LIVE, posix.urandom)
        yield keys.make_key(keys.make_word(len(tenant), posix.urandom), keys.LIVE, posix.urandom)


if __name__ == "__main__":
    main()
