"""A process that asks a metered handler again and again: `python -m support.metered_worker`, settings in WORKER.

It writes one byte for each answer that has left: "a" for 200, "r" for any other one.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, TextIO

from support.metered_entry import make_event, make_metered

ANSWERED, REFUSED = b"a", b"r"


def ask(settings: dict[str, Any], stream: TextIO) -> None:
    handler = make_metered(settings["environ"], stream, now=lambda: settings["now"])
    event = make_event(settings["key"])
    for _ in range(settings["calls"]):
        answer = handler(event, None)
        os.write(sys.stdout.fileno(), ANSWERED if answer["statusCode"] == 200 else REFUSED)
    handler.close()


if __name__ == "__main__":
    found = json.loads(os.environ["WORKER"])
    with Path(found["ledger"]).open("a") as ledger:
        ask(found, ledger)
