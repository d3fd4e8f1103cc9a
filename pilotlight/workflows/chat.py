"""chat: messages to a language model and its answers as they are written, on this machine or deployed."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, TextIO

from pilotlight.core.disk import temporary_folder
from pilotlight.core.documents import read_json
from pilotlight.core.errors import ServiceError
from pilotlight.core.outside import Origin
from pilotlight.local.endpoint import check_key, require_success
from pilotlight.local.event_stream import read_events
from pilotlight.local.streamed_exchange import StreamingEndpoint, StreamingGateway, StreamingHttp
from pilotlight.workflows.context import Context
from pilotlight.workflows.local_functions import load_gateway, package_models, start_functions
from pilotlight.workflows.model_versions import find_version, split_reference

_DONE: Final = b"[DONE]"
_HINT: Final = "Check that the address is an endpoint with this language model."


@dataclass(frozen=True)
class ChatRequest:
    """Whom to talk to, and how.

    Attributes:
        model: NAME or NAME@VERSION; the pinned version without one.
        system: What the model is told before the first message; "" for what its own chat template says.
        max_tokens: The longest answer, in tokens; None for what the context leaves.
        temperature: How freely tokens are drawn; None for the model's own default.
        url: The endpoint, such as https://HOST/STAGE; None for the packaged handler, on this machine.
        api_key: Sent as x-api-key to `url`.
        log: Takes a failing function's log.
    """

    model: str
    system: str = ""
    max_tokens: int | None = None
    temperature: float | None = None
    url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    log: TextIO = field(default_factory=lambda: sys.stderr, repr=False)


class Chat:
    """A conversation. What was said is sent with each message, since the function keeps nothing that counts.

    Args:
        endpoint: Answers.
        request: Whom to talk to, and how.
    """

    def __init__(self, endpoint: StreamingEndpoint, request: ChatRequest) -> None:
        self._endpoint = endpoint
        self._name, _ = split_reference(request.model)
        self._request = request
        self.messages: list[dict[str, str]] = []
        if request.system:
            self.messages.append({"role": "system", "content": request.system})

    def say(self, text: str) -> Iterator[str]:
        """Send a message and yield the answer's text as it arrives.

        The message stays in the conversation only with an answer.

        Args:
            text: The message.

        Raises:
            ServiceError: There is no answer, its status is not 2xx, or it ends early.
        """
        asked = [*self.messages, {"role": "user", "content": text}]
        where = self._request.url or self._name
        answer = self._endpoint.post(f"/{self._name}/v1/chat/completions", self._write_body(asked))
        if answer.status != 200:
            require_success(answer.read(), where)
        said = []
        for part in _read_texts(answer.parts, where):
            said.append(part)
            yield part
        self.messages = [*asked, {"role": "assistant", "content": "".join(said)}]

    def _write_body(self, messages: list[dict[str, str]]) -> bytes:
        options = {"max_tokens": self._request.max_tokens, "temperature": self._request.temperature}
        given = {name: value for name, value in options.items() if value is not None}
        return json.dumps({"model": self._name, "messages": messages, "stream": True, **given}).encode()


@contextmanager
def open_chat(request: ChatRequest, context: Context) -> Iterator[Chat]:
    """Begin a conversation. Without an address, the pinned version is packaged and started on this machine.

    Raises:
        ProjectError: The project has no such model.
        StoreError: The model is not pinned, or the store lacks the version.
        ServiceError: The function does not start.
    """
    if request.url is not None:
        key = check_key(request.api_key)
        yield Chat(StreamingHttp(request.url, {"x-api-key": key} if key else {}), request)
        return
    name, lock = find_version(request.model, context)
    log = io.StringIO()
    with (
        temporary_folder() as folder,
        start_functions(folder, [name], log.write, log, stderr=request.log) as functions,
    ):
        package_models(context.project, context.store, {name: lock}, folder)
        yield Chat(StreamingGateway(load_gateway(functions, log)), request)


def _read_texts(parts: Iterator[bytes], where: str) -> Iterator[str]:
    """Yield the texts of a streamed chat completion; ServiceError where it ends before its end."""
    origin = Origin(f"the answer of {where}", _HINT, ServiceError)
    for data in read_events(parts):
        if data == _DONE:
            return
        document = read_json(data, origin)
        if isinstance(document, dict) and "error" in document:
            raise ServiceError(where, f"failed in the middle of its answer: {_message_of(document['error'])}", "")
        yield from _find_texts(document, origin)
    raise ServiceError(where, "ended its answer before the end", "Send the message again.")


def _find_texts(document: Any, origin: Origin) -> Iterator[str]:
    match document:
        case {"choices": [{"delta": {"content": str() as text}}]}:
            if text:
                yield text
        case {"choices": list()}:  # the role, the end, or the usage
            return
        case _:
            raise origin.refuse("is no part of a chat completion")


def _message_of(error: object) -> str:
    return str(error.get("message", error)) if isinstance(error, dict) else str(error)
