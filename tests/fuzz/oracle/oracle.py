"""Decides what a function must answer to an event. It shares no code with the runtime."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import numpy as np

from fuzz.arrays import DATATYPES, Array
from fuzz.oracle import oip, tfserving
from fuzz.oracle.expected import DIRECT, MALFORMED, OIP, TOO_LARGE, Expected, Invalid, Request
from fuzz.oracle.forms import UnknownForm, read_form
from fuzz.oracle.http_events import Http, read_http, unpack
from fuzz.oracle.json_text import DeepDocument, read_json
from fuzz.oracle.models import run
from fuzz.oracle.routing import INDEX, INFER, NOT_FOUND, PREDICT, find_operation, make_document
from fuzz.packaging import Packaged
from fuzz.targets import CATALOG
from fuzz.targets.pictures import read_picture
from fuzz.targets.target import Refused

_MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
_MOST_QUESTION = 65_536
_MAY_BE_CARRIED = 2**27
"""Elements of an output: so many zeros fit into an answer where they are compressed."""


def expect(packaged: Packaged, event: Any) -> Expected:
    """Decides what the answer to an event must be.

    Args:
        packaged: The function.
        event: The event, as Lambda's runtime client parses it.

    Returns:
        What is expected.
    """
    lenient = False
    direct = _is_direct(event)
    try:
        if direct:
            return _answer_direct(packaged, event)
        http = read_http(event)
        lenient = http.lenient
        return _answer(packaged, http)
    except Invalid as refusal:
        lenient = lenient or 0 < refusal.elements <= _MAY_BE_CARRIED
        return Expected(
            refusal.statuses, str(refusal), refusal.by_model, refusal.elements, proxy=not direct, lenient=lenient
        )
    except (DeepDocument, UnknownForm, RecursionError):
        return Expected(unknown=True, proxy=not direct)


def _is_direct(event: Any) -> bool:
    """Whether the event is an inference request itself."""
    if not isinstance(event, dict) or "inputs" not in event:
        return False
    context = event.get("requestContext")
    is_http = isinstance(context, dict) and isinstance(context.get("http"), dict)
    return not (is_http or "httpMethod" in event or "path" in event)


def _answer_direct(packaged: Packaged, event: dict[str, Any]) -> Expected:
    """Python has parsed the event. It takes NaN, Infinity and halves of surrogate pairs, which JSON has none of."""
    if packaged.target.name == CATALOG:
        raise Invalid("no model", MALFORMED | NOT_FOUND)
    return run(packaged, oip.read_document(read_json(json.dumps(event).encode()), form=DIRECT), proxy=False)


def _answer(packaged: Packaged, http: Http) -> Expected:
    target, lenient = packaged.target, http.lenient
    operation = find_operation(target, packaged.version, http.method, http.path)
    if operation not in (INFER, PREDICT, INDEX):
        document = None if operation == "server" else make_document(target, packaged.version, operation)
        return Expected(document=document, lenient=lenient)
    body = unpack(http.body, http.headers.get("content-encoding", ""))
    if operation == INDEX:
        return _list_models(body, lenient=lenient)
    kind = http.headers.get("content-type", "")
    is_picture = kind.strip().lower().startswith("image/") or body.startswith(_MAGIC)
    is_form = kind.strip().lower().startswith("multipart/")
    if operation == PREDICT:
        if is_picture or is_form:
            raise Invalid("no JSON")
        pictures = None if target.image is None else partial(_read_pictures, packaged)
        return run(packaged, tfserving.read_body(body, target.inputs, pictures), lenient=lenient)
    if is_picture or is_form:
        if target.image is None:
            raise Invalid("no model for pictures")
        files = read_form(body, kind) if is_form else [body]
        (spec,) = target.inputs
        request = Request({spec.name: _read_pictures(packaged, files)}, {spec.name: spec.datatype}, OIP)
        return run(packaged, request, lenient=lenient)
    request = oip.read_body(body, http.headers.get("inference-header-content-length"))
    return run(packaged, request, lenient=lenient)


def _list_models(body: bytes, *, lenient: bool) -> Expected:
    if len(body) > _MOST_QUESTION:
        raise Invalid("too long", TOO_LARGE)
    document = read_json(body) if body else {}
    if not isinstance(document, dict) or not isinstance(document.get("ready", False), bool):
        raise Invalid("no question")
    return Expected(lenient=lenient)


def _read_pictures(packaged: Packaged, files: list[bytes]) -> Array:
    """The input that one or several pictures are."""
    picture = packaged.target.image
    assert picture is not None
    (spec,) = packaged.target.inputs
    try:
        found = [read_picture(file, picture, DATATYPES[spec.datatype], len(spec.dims)) for file in files]
    except Refused as refusal:
        raise Invalid(str(refusal), TOO_LARGE) from None
    if len(found) > 1 and len(spec.dims) < (3 if picture.channels == 1 else 4):
        raise Invalid("several pictures for an input of one")
    return found[0] if len(found) == 1 else np.concatenate(found)
