"""Sells a small model: a tenant, a key, a quota that parallel callers cannot overrun, an invoice: `make demo-service`.

The table is a file of SQLite. On AWS it is one of DynamoDB, and everything else is the same.
"""

import http.client
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from scripts.demo_project import ROOT, open_project, run_pilotlight, serve_model

NAME: Final = "species"
LIMIT: Final = 20
REQUESTS: Final = 50
CALLERS: Final = 8
TARIFF: Final = """
[units]
rows = 1

[price.2026-01-01]   # US dollars for a million
rows = 900
"""
PLANS: Final = f"[plans.trial]\nday = {LIMIT}\n"
_BODY: Final = json.dumps(
    {"inputs": [{"name": "lengths", "datatype": "FP32", "shape": [1, 4], "data": [5.1, 3.5, 1.4, 0.2]}]}
)
_SECONDS: Final = 30


class Answer(NamedTuple):
    """What a caller gets: the status, the headers by lower-case name, and the body."""

    status: int
    headers: dict[str, str]
    body: str


def main() -> int:
    """Run every stage; the exit code of the stage that fails."""
    try:
        project = open_project("demo-service")
        _train(project)
        table = project / ".pilotlight" / "service.sqlite"
        for path in table.parent.glob(f"{table.name}*"):
            path.unlink()  # of an earlier demo, whose tenant has used its quota
        print()
        run_pilotlight(project, "tenants", "create", "acme", "--plan", "trial")
        issued = run_pilotlight(project, "keys", "create", "--tenant", "acme", quiet=True).split()[-1]
        print(issued)
        with serve_model(project, NAME, {**os.environ, "PILOTLIGHT_SERVICE_TABLE": f"sqlite:{table}"}) as port:
            _call(port, issued)
        _settle(project)
    except subprocess.CalledProcessError as error:
        return error.returncode or 1
    except (OSError, RuntimeError) as error:
        sys.stderr.write(f"make demo-service: {error}\n")
        return 1
    print("\nwhat to read next: docs/service.md")
    return 0


def _train(project: Path) -> None:
    """Copy the model with its tariff and the plans, and train it unless an earlier run has done so."""
    (project / "plans.toml").write_text(PLANS, encoding="utf-8")
    folder = project / "functions" / NAME
    shutil.copytree(ROOT / "functions" / NAME, folder, dirs_exist_ok=True)
    with (folder / "model.toml").open("a", encoding="utf-8") as file:
        file.write(TARIFF)
    run_pilotlight(project, "train", NAME)


def _call(port: int, key: str) -> None:
    """Let parallel callers ask more often than the plan allows, and show what they get.

    Raises:
        RuntimeError: They get more or fewer answers than the plan allows.
    """
    path = f"/v2/models/{NAME}/infer"
    print(f"\n{REQUESTS} requests by {CALLERS} callers at once, and a plan of {LIMIT} a day:")
    with ThreadPoolExecutor(CALLERS) as callers:
        answers = list(callers.map(lambda _: ask(port, "POST", path, key), range(REQUESTS)))
    for status, count in sorted(Counter(answer.status for answer in answers).items()):
        print(f"  {count:3} x {status}")
    refused = next(answer for answer in answers if answer.status != 200)
    print(f"  {refused.body}\n  Retry-After: {refused.headers.get('retry-after')}")
    print(f"\nGET /v1/usage\n  {ask(port, 'GET', '/v1/usage', key).body}\n")
    if sum(answer.status == 200 for answer in answers) != LIMIT:
        raise RuntimeError(f"the plan allows {LIMIT} answers")


def _settle(project: Path) -> None:
    """Show what was used, compare it with the log, and write the invoice."""
    run_pilotlight(project, "usage")
    run_pilotlight(project, "usage", "--audit", "--log", "serve.log")
    month = f"{datetime.now(UTC):%Y-%m}"
    run_pilotlight(project, "invoice", "--tenant", "acme", "--month", month, "--out", "invoices")


def ask(port: int, method: str, path: str, key: str) -> Answer:
    """Send one request to the server."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    connection.request(method, path, _BODY if method == "POST" else None, headers)
    response = connection.getresponse()
    found = {name.lower(): value for name, value in response.getheaders()}
    answer = Answer(response.status, found, response.read().decode("utf-8", "replace"))
    connection.close()
    return answer


if __name__ == "__main__":
    sys.exit(main())
