"""Every route that the runtime knows, from its own tables, and a request with a canary for each.

A route that is added without a request here makes a test fail.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from pilotlight_runtime.catalog import FILES_PATHS, MODELS_PATH
from pilotlight_runtime.catalog_index import CatalogEntry, dump_catalog
from pilotlight_runtime.metering.meter import USAGE_PATH
from pilotlight_runtime.protocol import routes
from pilotlight_runtime.protocol.openai import routes as openai
from support.canaries import CANARY
from support.encoder_import import package_tiny
from support.language_functions import package_writer
from support.private_requests import http_api_of
from support.streaming_function import package_streaming
from support.tiny_encoder import write_encoder

MODEL: Final = "tiny"
USAGE: Final = "usage"
FAIL, WAIT, ABORT = "please fail", "please wait", "please abort"
"""What a text says to make a model fail, take too long, or end its process."""

_END: Final = f"""
import os, time


def end(text):
    if "{FAIL}" in text:
        raise ValueError(text)
    if "{WAIT}" in text:
        time.sleep(60)
    if "{ABORT}" in text:
        os.abort()
"""
TENSOR_APP: Final = f"""{_END}
from pilotlight_runtime import Streaming, model_handler, texts_tensor


def prepare(model):
    def predict(inputs):
        end(str([element.decode() for element in inputs["x"].elements]))
        return {{"y": inputs["x"]}}

    def stream(inputs):
        for word in inputs["x"].elements[0].decode().split("|"):
            end(word)
            yield {{"y": texts_tensor([word])}}

    return Streaming(predict, stream)


handler = model_handler(__file__, prepare=prepare)
"""
LANGUAGE_APP: Final = f"""{_END}
from pilotlight_runtime import language_handler
from pilotlight_runtime.text.tokenizer import Tokenizer


def ending(encode):
    def encode_or_end(self, text, *rest, **more):
        end(text)
        return encode(self, text, *rest, **more)

    return encode_or_end


for name in ("encode", "encode_with_offsets"):
    setattr(Tokenizer, name, ending(getattr(Tokenizer, name)))
handler = language_handler(__file__)
"""
CATALOG_APP: Final = "from pilotlight_runtime import catalog_handler\n\nhandler = catalog_handler(__file__)\n"


class Asked(NamedTuple):
    """A route. document: a right request with the canary; None for a route that takes none."""

    operation: str
    method: str
    path: str
    document: dict[str, Any] | None


TENSOR, WRITER, CATALOG = "tensor", "writer", "catalog"
ENCODERS: Final[Mapping[str, tuple[str, ...]]] = {
    "embed": (),
    "rerank": (),
    "classify": ("bad", "good"),
    "tag": ("O", "B-PER", "I-PER"),
}
"""The labels of each kind of encoder."""
KINDS: Final = (TENSOR, WRITER, *ENCODERS, CATALOG)
"""Of functions."""


def package_kind(root: Path, kind: str) -> None:
    """Write the function of a kind to `root`/function."""
    folder = root / "function"
    folder.mkdir()
    if kind == TENSOR:
        package_streaming(folder, app=TENSOR_APP)
        return
    if kind == CATALOG:
        (folder / "catalog.json").write_bytes(dump_catalog([CatalogEntry(MODEL, "0123456789ab")]))
        (folder / "app.py").write_text(CATALOG_APP)
        return
    if kind == WRITER:
        package_writer(folder)
    else:
        package_tiny(write_encoder(root / "model", "bert", kind, ENCODERS[kind]), folder)
    (folder / "app.py").write_text(LANGUAGE_APP)


def list_routes(kind: str, said: str = CANARY.text) -> list[Asked]:
    """The routes of the runtime, each with a request to a kind of function that says something."""
    found = [Asked(operation, method, path, None) for path, (operation, method) in routes._SERVER_PATHS.items()]
    for (protocol, *rest), (operation, method) in {**routes._MODEL_PATHS, **routes._GENERATE_PATHS}.items():
        end = "".join(part if part.startswith(":") else f"/{part}" for part in rest)
        found += [
            Asked(operation, method, f"/{protocol}/models/{it}{end}", None) for it in (MODEL, f"{MODEL}/versions/1")
        ]
    for path, operation in openai._PATHS.items():
        method = "GET" if operation == openai.MODELS else "POST"
        found += [Asked(operation, method, below + path, None) for below in ("", f"/{MODEL}")]
    found += [Asked(openai.MODEL, "GET", f"{below}/v1/models/{MODEL}", None) for below in ("", f"/{MODEL}")]
    found += [Asked(openai.UNKNOWN, "POST", f"/{MODEL}/v1/another", None)]
    found += [Asked(openai.FILES, "POST", path, None) for path in FILES_PATHS]
    found += [Asked(openai.MODELS, "GET", MODELS_PATH, None)]
    found += [Asked(USAGE, "GET", below + USAGE_PATH, None) for below in ("", f"/{MODEL}")]
    documents = _write_documents(kind, said)
    return list({it.path: it._replace(document=documents[it.operation]) for it in found}.values())


def _write_documents(kind: str, said: str) -> Mapping[str, dict[str, Any] | None]:
    """A request for each operation. What a kind of function does not have, it refuses."""
    names = {TENSOR: ("x",), "rerank": ("query", "text")}.get(kind, ("text",))
    name = names[0]
    asks = {"inputs": [{"name": each, "datatype": "BYTES", "shape": [1], "data": [said]} for each in names]}
    chat = {"model": MODEL, "max_tokens": 4, "messages": [{"role": "user", "content": said}]}
    without = (
        *(routes.SERVER, routes.LIVE, routes.READY, routes.METADATA, routes.MODEL_READY, routes.STATUS),
        *(openai.MODELS, openai.MODEL, USAGE),
    )
    return {
        **dict.fromkeys(without),
        routes.INDEX: {"ready": True, "name": said},
        routes.INFER: asks,
        routes.PREDICT: {"instances": [dict.fromkeys(names, said)]},
        routes.GENERATE: {name: said},
        routes.GENERATE_STREAM: {name: said},
        openai.CHAT: chat,
        openai.COMPLETION: {"model": MODEL, "prompt": said, "max_tokens": 4},
        openai.EMBEDDING: {"model": MODEL, "input": [said, "a cat"]},
        openai.RERANK: {"model": MODEL, "query": said, "documents": [said, "a cat"]},
        openai.FILES: {"bytes": 7, "filename": said, "purpose": said},
        openai.UNKNOWN: chat,
    }


def through_door(event: Any, number: int) -> Any:
    """The event as one of AWS's doors writes it: a REST API, an HTTP API, a function URL, by turns."""
    if not isinstance(event, dict) or not isinstance(event.get("headers"), dict) or "httpMethod" not in event:
        return event
    domain = ("", "abc.execute-api.eu-central-1.amazonaws.com", "abc.lambda-url.eu-central-1.on.aws")[number % 3]
    return http_api_of(event, domain) if domain else event
