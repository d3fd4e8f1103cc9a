"""Answers `/v1/chat/completions`: a conversation, continued by the assistant."""

from __future__ import annotations

from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.language.chat_prompt import ChatFormat, Turn, encode_prompt, write_prompt
from pilotlight_runtime.language.types import GenerationRequest, TextPart
from pilotlight_runtime.light_typing import TYPE_CHECKING, Any, Iterator
from pilotlight_runtime.openai.endpoint import Served
from pilotlight_runtime.openai.generation import check_length, collect, start
from pilotlight_runtime.openai.invocation import Invocation
from pilotlight_runtime.protocol.http import HttpResponse, json_response
from pilotlight_runtime.protocol.openai.answer_head import AnswerHead
from pilotlight_runtime.protocol.openai.chat_request import ChatRequest, ModelFacts, read_chat_request
from pilotlight_runtime.protocol.openai.chat_response import ChatAnswer, ChunkWriter, write_chat
from pilotlight_runtime.protocol.openai.errors import InvalidField
from pilotlight_runtime.protocol.openai.events import DONE, STREAM_HEADERS, write_error, write_event
from pilotlight_runtime.protocol.openai.messages import place_of
from pilotlight_runtime.protocol.openai.response_format import read_response_format
from pilotlight_runtime.protocol.openai.usage import Usage
from pilotlight_runtime.streaming.response import StreamedResponse

if TYPE_CHECKING:
    from pilotlight_runtime.language.generator import TextGenerator
    from pilotlight_runtime.observer import Trace


class ChatEndpoint:
    """See Endpoint.

    generator: of the model. chat: how its prompts are written. facts: what reading a request needs to know of it.
    """

    def __init__(self, generator: TextGenerator, chat: ChatFormat, facts: ModelFacts, served: Served) -> None:
        self._generator = generator
        self._chat = chat
        self._facts = facts
        self._served = served

    def answer(self, body: Any, trace: Trace, invocation: Invocation) -> HttpResponse:
        """See Endpoint.answer."""
        asked = read_chat_request(body, self._facts)
        request = self._read(asked, invocation)
        prompt = len(request.prompt)
        trace.shapes = {"prompt": (prompt,)}
        served = self._served
        head = AnswerHead(f"chatcmpl-{served.new_id()}", int(served.now()), served.name, served.version)
        parts = start(self._generator, request, served.warn)
        if asked.delivery.stream:
            trace.begin("first_byte")
            events = _events(ChunkWriter(head, usage=asked.delivery.usage), parts, asked, prompt)
            return StreamedResponse.of(dict(STREAM_HEADERS), events, write_error, ends_in_time=True)
        trace.begin("infer")
        answers = collect(parts, asked.choices)
        trace.begin("encode")
        written = [
            ChatAnswer(answer.text, (), answer.finish, None if asked.logprobs is None else answer.scores)
            for answer in answers
        ]
        return json_response(write_chat(head, written, Usage(prompt, sum(answer.tokens for answer in answers))))

    def _read(self, asked: ChatRequest, invocation: Invocation) -> GenerationRequest:
        """What the generator is asked."""
        constrain = read_response_format(asked.response_format)
        turns = [Turn(message.role, message.text) for message in asked.messages]
        prompt = self._encode(turns)
        check_length(len(prompt), self._generator.context, "messages")
        room = self._generator.context - len(prompt)
        return GenerationRequest(
            prompt=prompt,
            sampling=asked.sampling,
            most=room if asked.most is None else min(asked.most, room),
            stop=asked.stop,
            choices=asked.choices,
            logprobs=asked.logprobs,
            constrain=constrain,
            caller=invocation.caller,
            time_left=invocation.time_left,
        )

    def _encode(self, turns: list[Turn]) -> list[int]:
        try:
            return encode_prompt(write_prompt(self._chat, turns), self._generator.tokenizer)
        except InvalidRequest as error:
            raise InvalidField(place_of(error), str(error)) from error


def _events(writer: ChunkWriter, parts: Iterator[TextPart], asked: ChatRequest, prompt: int) -> Iterator[bytes]:
    """Yields the events of a stream. The first comes with the first token, so that a failure before it has a status."""
    begun: set[int] = set()
    tokens = 0
    for part in parts:
        tokens += part.tokens
        sent = b""
        if part.choice not in begun:
            begun.add(part.choice)
            sent = write_event(writer.role(part.choice))
        if part.text or part.scores:
            scores = None if asked.logprobs is None else part.scores
            sent += write_event(writer.text(part.choice, part.text, scores))
        if part.finish:
            sent += write_event(writer.finish(part.choice, part.finish))
        if sent:
            yield sent
    if asked.delivery.usage:
        yield write_event(writer.end(Usage(prompt, tokens)))
    yield DONE
