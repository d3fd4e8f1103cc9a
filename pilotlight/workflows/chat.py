"""chat: messages to a language model and its answers as they are written, on this machine or deployed."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Self, TextIO

from pilotlight.core.disk import temporary_folder
from pilotlight.core.lock import Lock
from pilotlight.local.chat_events import Usage, read_chat_events
from pilotlight.local.endpoint import check_key, require_success
from pilotlight.local.failure_log import FailureLog
from pilotlight.local.streamed_exchange import StreamingEndpoint, StreamingGateway, StreamingHttp
from pilotlight.workflows.context import Context
from pilotlight.workflows.local_functions import load_gateway, package_models, start_functions
from pilotlight.workflows.model_versions import find_version, split_reference

_COMPLETIONS: Final = "/chat/completions"


@dataclass(frozen=True)
class ChatRequest:
    """Whom to talk to, and how.

    Attributes:
        model: NAME or NAME@VERSION; the pinned version without one.
        system: What the model is told before the first message; "" for what its own chat template says.
        max_tokens: The longest answer, in tokens; None for what the context leaves.
        temperature: How freely tokens are drawn; None for the model's own default.
        top_p: The probability of the tokens that are drawn from; None for the model's own default.
        seed: Makes the answers the same each time; None for other ones each time.
        url: The endpoint, such as https://HOST/STAGE, or the address of another service with OpenAI's API, which ends
            in /v1; None for the packaged handler, on this machine.
        api_key: Sent to `url` as x-api-key and as Authorization: Bearer.
        log: Takes a failing function's log.
        clock: Seconds.
    """

    model: str
    system: str = ""
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    log: TextIO = field(default_factory=lambda: sys.stderr, repr=False)
    clock: Callable[[], float] = field(default=time.perf_counter, repr=False)


class AnswerReport(NamedTuple):
    """What an answer was like.

    Attributes:
        text: The answer.
        finish: Why it ended: "stop", "length", or what else the endpoint says; "stopped" where the reader stopped it.
        usage: The tokens; None where the endpoint doesn't say, or the answer was stopped.
        waited: Seconds until its first text.
        seconds: Seconds until its end.
    """

    text: str
    finish: str
    usage: Usage | None
    waited: float
    seconds: float

    @property
    def tokens_a_second(self) -> float | None:
        """How fast tokens came after the first one; None where that isn't known."""
        writing = self.seconds - self.waited
        return (self.usage.answer - 1) / writing if self.usage and self.usage.answer > 1 and writing > 0 else None


class Chat:
    """A conversation. What was said is sent with each message, since the function keeps nothing that counts.

    Args:
        endpoint: Answers.
        path: Where it takes chat completions.
        request: Whom to talk to, and how.

    Attributes:
        messages: What was said so far.
        report: What the last answer was like; None where there is none, or where it failed.
    """

    def __init__(self, endpoint: StreamingEndpoint, path: str, request: ChatRequest) -> None:
        self._endpoint = endpoint
        self._path = path
        self._name, _ = split_reference(request.model)
        self._request = request
        self.messages: list[dict[str, str]] = []
        self.report: AnswerReport | None = None
        self._resources = ExitStack()
        if request.system:
            self.messages.append({"role": "system", "content": request.system})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the conversation, and the function on this machine that answers it."""
        self._resources.close()

    def own(self, resources: ExitStack) -> None:
        """Take over what `close` is to end."""
        self._resources = resources

    def say(self, text: str) -> Generator[str, None, None]:
        """Send a message and yield the answer's text as it arrives.

        The message stays in the conversation only with an answer. An answer that the reader stops, by an interrupt or
        by closing the iterator, stays as far as it was read.

        Args:
            text: The message.

        Raises:
            ServiceError: There is no answer, its status is not 2xx, or it ends early.
        """
        self.report = None
        asked = [*self.messages, {"role": "user", "content": text}]
        where = self._request.url or self._name
        answer = _AnswerClock(self._request.clock)
        try:
            response = self._endpoint.post(self._path, self._write_body(asked))
            with closing(response):
                if response.status != 200:
                    require_success(response.read(), where)
                for event in read_chat_events(response.parts, where):
                    answer.take(event.finish, event.usage)
                    if event.text:
                        answer.write(event.text)
                        yield event.text
        except (GeneratorExit, KeyboardInterrupt):
            answer.take("stopped", None)
            if answer.texts:
                self._keep(asked, answer)
            raise
        self._keep(asked, answer)

    def _keep(self, asked: list[dict[str, str]], answer: _AnswerClock) -> None:
        self.report = answer.report()
        self.messages = [*asked, {"role": "assistant", "content": self.report.text}]

    def _write_body(self, messages: list[dict[str, str]]) -> bytes:
        request = self._request
        options = {
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "top_p": request.top_p,
            "seed": request.seed,
        }
        given = {name: value for name, value in options.items() if value is not None}
        streamed = {"stream": True, "stream_options": {"include_usage": True}}
        return json.dumps({"model": self._name, "messages": messages, **streamed, **given}).encode()


class _AnswerClock:
    """What was read of an answer, and when."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began = clock()
        self._first: float | None = None
        self._finish = ""
        self._usage: Usage | None = None
        self.texts: list[str] = []

    def take(self, finish: str, usage: Usage | None) -> None:
        self._finish = finish or self._finish
        self._usage = usage or self._usage

    def write(self, text: str) -> None:
        if self._first is None:
            self._first = self._clock()
        self.texts.append(text)

    def report(self) -> AnswerReport:
        now = self._clock()
        first = now if self._first is None else self._first
        return AnswerReport("".join(self.texts), self._finish, self._usage, first - self._began, now - self._began)


def start_chat(request: ChatRequest, context: Context) -> Chat:
    """Begin a conversation that the caller closes; see `open_chat`."""
    resources = ExitStack()
    chat = resources.enter_context(open_chat(request, context))
    chat.own(resources)
    return chat


@contextmanager
def open_chat(request: ChatRequest, context: Context) -> Iterator[Chat]:
    """Begin a conversation. Without an address, the version is packaged and started on this machine.

    Raises:
        ProjectError: The project has no such model.
        StoreError: The model is not pinned, or the store lacks the version.
        ServiceError: The function does not start, or the address or the key is not well-formed.
    """
    name, _ = split_reference(request.model)
    if request.url is not None:
        key = check_key(request.api_key)
        headers = {"x-api-key": key, "Authorization": f"Bearer {key}"} if key else {}
        base = "" if request.url.rstrip("/").endswith("/v1") else f"/{name}/v1"
        yield Chat(StreamingHttp(request.url, headers), base + _COMPLETIONS, request)
        return
    _, lock = find_version(request.model, context)
    with _start_function(name, lock, request.log, context) as endpoint:
        yield Chat(endpoint, f"/{name}/v1{_COMPLETIONS}", request)


@contextmanager
def _start_function(name: str, lock: Lock, stderr: TextIO, context: Context) -> Iterator[StreamingGateway]:
    log = FailureLog(stderr)
    streaming = [name] if context.store.read_manifest(name, lock.version)[0].stream else []
    with (
        temporary_folder() as folder,
        start_functions(folder, [name], log.write, log, stderr=stderr, streaming=streaming) as functions,
    ):
        package_models(context.project, context.store, {name: lock}, folder)
        yield StreamingGateway(load_gateway(functions, log))
