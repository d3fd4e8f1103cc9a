"""A process that asks a metered handler again and again: `python -m support.metered_worker`, settings in WORKER.

It writes one byte for each answer that has left: "a" for 200, "r" for any other one; of a stream, "t" for each part.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, TextIO

from pilotlight_runtime.metering.tariff import Tariff
from support.metered_entry import Context, make_event, make_metered, stream_tokens

ANSWERED, REFUSED, TOKEN = b"a", b"r", b"t"
TOKENS = Tariff({"tokens_out": 1}, {})


def ask(settings: dict[str, Any], stream: TextIO) -> None:
    options = {"answer": stream_tokens(5, 8), "tariff": TOKENS} if settings["streams"] else {}
    handler = make_metered(settings["environ"], stream, now=lambda: settings["now"], **options)
    event = make_event(settings["key"])
    while True:
        answer = handler(event, Context(can_stream=settings["streams"]))
        if settings["streams"] and answer["statusCode"] == 200:
            for _ in answer["body"]:
                os.write(sys.stdout.fileno(), TOKEN)
        os.write(sys.stdout.fileno(), ANSWERED if answer["statusCode"] == 200 else REFUSED)


if __name__ == "__main__":
    found = json.loads(os.environ["WORKER"])
    with Path(found["ledger"]).open("a") as ledger:
        ask(found, ledger)
