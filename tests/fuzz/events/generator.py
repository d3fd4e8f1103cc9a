"""Draws events: the same seed, function and number always give the same event."""

from __future__ import annotations

import json
import re
from random import Random
from typing import Any, NamedTuple

from fuzz.arrays import CANARY
from fuzz.events.drafts import Draft, draw_draft
from fuzz.events.envelopes import DIRECT, HTTP_API, PATH, REST, URL, compress, encode_text, wrap, write_json
from fuzz.events.mutations import mutate_bytes, mutate_document, mutate_headers, mutate_path, mutate_text
from fuzz.events.values import TEXTS, odd_value
from fuzz.packaging import Packaged

VALID = 0.4
"""The share of requests that nothing is done to."""

_KINDS = (REST, REST, REST, HTTP_API, URL, PATH, DIRECT, DIRECT)
_CONTEXTS = ("1", "1", "1", "1", "1", "1", "1", "none", "odd", "empty")
_ODD_IDS = (CANARY + " ", f"<{CANARY}>", f"{CANARY}\n", "é" + CANARY, f'"{CANARY}"', 5, None, [CANARY], "x" * 200)


_HALVES = re.compile("[\ud800-\udfff]")
"""Halves of surrogate pairs, which travel as escapes."""


class Event(NamedTuple):
    """An event as Lambda sends it. context: which context object comes with it, see fuzz.running.child."""

    text: str
    context: str = "1"

    @property
    def value(self) -> Any:
        """The event as the handler gets it."""
        return json.loads(self.text)


def draw_event(seed: int, number: int, packaged: Packaged) -> Event:
    """Draws an event.

    Args:
        seed: The run's.
        number: The event's, from 0.
        packaged: The function that it is for.

    Returns:
        The event.
    """
    rng = Random(f"{seed}/{packaged.target.name}/{number}")  # noqa: S311  (it must be repeatable)
    context = rng.choice(_CONTEXTS)
    while True:
        text = _HALVES.sub(lambda half: f"\\u{ord(half[0]):04x}", _event(rng, packaged)).replace("\n", " ")
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            continue  # Lambda would not have passed it on
        return Event(text, context)


def draw_valid(seed: int, packaged: Packaged) -> Event:
    """Draws a request that nothing is done to, in an event of a REST API."""
    rng = Random(f"{seed}/{packaged.target.name}/valid")  # noqa: S311
    draft = draw_draft(rng, packaged)
    return Event(json.dumps(wrap(rng, draft, _body(rng, draft), REST)))


def _event(rng: Random, packaged: Packaged) -> str:
    draft = draw_draft(rng, packaged)
    kind = rng.choice(_KINDS)
    changed = rng.random() >= VALID
    level = rng.random() if changed else 1.0
    if changed and level < 0.04:
        return write_json(mutate_document(rng, {"inputs": [], "path": "/", "body": ""}), rng)
    if draft.document is not None and level < 0.5:
        draft.document = mutate_document(rng, draft.document)
    elif changed and 0.5 <= level < 0.58:
        draft.headers = mutate_headers(rng, draft.headers)
    elif changed and 0.58 <= level < 0.63:
        draft.path = mutate_path(rng, draft.path)
    elif changed and 0.63 <= level < 0.66:
        draft.method = rng.choice(("GET", "PUT", "HEAD", "OPTIONS", "post", "", "DELETE", "\u0130", *TEXTS))
    if kind == DIRECT and draft.document is not None and not draft.tail and "infer" in draft.path:
        text = write_json(draft.document, rng)
        return (
            mutate_text(rng, text.encode("utf-8", "surrogatepass")).decode(errors="replace")
            if level > 0.9 and changed
            else text
        )
    kind = PATH if kind == DIRECT else kind
    body = _body(rng, draft, level if changed else -1.0)
    event = wrap(rng, draft, body, kind)
    if changed and 0.66 <= level < 0.74:
        event = _odd_envelope(rng, event)
    return write_json(event, rng) if changed else json.dumps(event)


def _body(rng: Random, draft: Draft, level: float = -1.0) -> bytes:
    """Writes the body; where `level` is from 0.74 to 1 it is damaged on the way."""
    if draft.raw is not None:
        head = draft.raw
    elif draft.document is None:
        head = b""
    else:
        head = encode_text(write_json(draft.document, rng))
    if 0.74 <= level < 0.84 and draft.raw is None:
        head = mutate_text(rng, head)
    if draft.tail or (draft.raw is None and head and rng.random() < 0.1):
        length = len(head) + (rng.choice((-1, 1, 4, -len(head), 10**6)) if 0.84 <= level < 0.88 else 0)
        draft.headers.setdefault("Inference-Header-Content-Length", str(length))
    tail = mutate_bytes(rng, draft.tail) if 0.88 <= level < 0.92 and draft.tail else draft.tail
    body = head + tail
    if 0.92 <= level < 0.96:
        body = mutate_bytes(rng, body)
    if body and rng.random() < 0.1:
        body = compress(rng, body, draft.headers)
        if level >= 0.96:
            body = mutate_bytes(rng, body)
    if rng.random() < 0.15:
        draft.headers.setdefault("Accept-Encoding", rng.choice(("gzip", "deflate, gzip;q=0.5", "gzip;q=0", "br", "*")))
    return body


def _odd_envelope(rng: Random, event: dict[str, Any]) -> dict[str, Any]:
    kind = rng.randrange(4)
    if kind == 0:
        odd = rng.choice(_ODD_IDS)
        ids = {"requestId": odd, "extendedRequestId": odd}
        return {**event, "requestContext": {**(event.get("requestContext") or {}), **ids}}
    if kind == 1:
        found = dict(event)
        del found[rng.choice(list(found))]
        return found
    if kind == 2:
        names = (*event, "resource", "pathParameters", "stageVariables", "inputs", "rawPath", "httpMethod", "path")
        return {**event, rng.choice(names): odd_value(rng)}
    found = mutate_document(rng, event)
    return found if isinstance(found, dict) else {"event": found}
