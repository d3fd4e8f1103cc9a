"""Answers `/v1/chat/completions`: a conversation, continued by the assistant."""

from __future__ import annotations

from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.language.chat_prompt import ChatFormat, Turn, encode_prompt, write_prompt
from pilotlight_runtime.language.types import Constraint, GenerationRequest, TextPart
from pilotlight_runtime.light_typing import TYPE_CHECKING, Any, Callable, Iterator
from pilotlight_runtime.openai.chat_answers import AnswerPart, called_parts, plain_parts
from pilotlight_runtime.openai.chat_events import write_events
from pilotlight_runtime.openai.conversation import make_turns
from pilotlight_runtime.openai.endpoint import Served
from pilotlight_runtime.openai.generation import check_characters, check_length, reserve_tokens, start
from pilotlight_runtime.openai.invocation import Invocation
from pilotlight_runtime.protocol.http import HttpResponse, json_response
from pilotlight_runtime.protocol.openai.answer_head import AnswerHead
from pilotlight_runtime.protocol.openai.chat_request import ChatRequest, ModelFacts, read_chat_request
from pilotlight_runtime.protocol.openai.chat_response import ChatAnswer, ChunkWriter, write_chat
from pilotlight_runtime.protocol.openai.errors import UNSUPPORTED, InvalidField, name_field
from pilotlight_runtime.protocol.openai.events import STREAM_HEADERS, write_error
from pilotlight_runtime.protocol.openai.response_format import read_response_format
from pilotlight_runtime.protocol.openai.usage import Usage
from pilotlight_runtime.streaming.response import StreamedResponse

if TYPE_CHECKING:
    from pilotlight_runtime.language.generation.generator import TextGenerator
    from pilotlight_runtime.language.tools.tool_calls import Tools
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
        tools = _read_tools(asked)
        constrain = _constrain(asked, tools)
        turns = make_turns(self._chat, asked.messages, tools)
        prompt = self._encode(turns)
        trace.shapes = {"prompt": (len(prompt),)}
        request = self._request(asked, prompt, constrain, invocation)
        if trace.tally is not None:
            trace.tally.add_texts(["".join([turn.text for turn in turns])])
        reserve_tokens(trace.tally, [prompt], request.most * request.choices)
        served = self._served
        parts = self._read_parts(start(self._generator, request, served.warn, trace.tally), tools)
        head = AnswerHead(f"chatcmpl-{served.new_id()}", int(served.now()), served.name, served.version)
        scored = asked.logprobs is not None
        if asked.delivery.stream:
            trace.begin("first_byte")
            writer = ChunkWriter(head, usage=asked.delivery.usage)
            events = write_events(writer, parts, scored=scored, usage=asked.delivery.usage, prompt=len(prompt))
            return StreamedResponse.of(dict(STREAM_HEADERS), events, write_error, ends_in_time=True)
        trace.begin("infer")
        answers, tokens = _collect(parts, asked.choices, scored=scored)
        trace.begin("encode")
        return json_response(write_chat(head, answers, Usage(len(prompt), tokens)))

    def _request(
        self,
        asked: ChatRequest,
        prompt: list[int],
        constrain: Callable[[], Constraint] | None,
        invocation: Invocation,
    ) -> GenerationRequest:
        """What the generator is asked."""
        context = self._generator.context
        check_length(len(prompt), context, "messages")
        room = context - len(prompt)
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
        generator = self._generator
        try:
            pieces = write_prompt(self._chat, turns)
            check_characters(sum([len(piece.text) for piece in pieces]), generator.context, "messages")
            return encode_prompt(pieces, generator.tokenizer)
        except InvalidField:
            raise
        except InvalidRequest as error:
            raise name_field(error, "messages") from error

    def _read_parts(self, parts: Iterator[TextPart], tools: Tools | None) -> Iterator[AnswerPart]:
        if tools is None:
            return plain_parts(parts)
        from pilotlight_runtime.language.tools.tool_answers import AnswerReader

        return called_parts(parts, AnswerReader, self._served.new_id)


def _read_tools(asked: ChatRequest) -> Tools | None:
    """What the model may call; None where the request has no tools."""
    if not asked.tools and asked.tool_choice is None:
        return None
    from pilotlight_runtime.language.tools.tool_calls import read_tools

    try:
        return read_tools(asked.tools, asked.tool_choice, parallel=asked.parallel)
    except InvalidRequest as error:
        field = "tool_choice" if str(error).startswith("tool_choice") else "tools"
        raise name_field(error, field) from error


def _constrain(asked: ChatRequest, tools: Tools | None) -> Callable[[], Constraint] | None:
    """What makes the constraint of an answer; None where it may be any text."""
    form = read_response_format(asked.response_format)
    if tools is None:
        return form
    from pilotlight_runtime.language.tools.tool_calls import constrain_calls

    try:
        calls = constrain_calls(tools)
    except InvalidRequest as error:
        raise name_field(error, "tools") from error
    if calls is not None and form is not None:
        raise InvalidField(
            "response_format",
            'response_format is not supported together with tools, unless tool_choice is "none"',
            UNSUPPORTED,
        )
    return calls or form


def _collect(parts: Iterator[AnswerPart], choices: int, *, scored: bool) -> tuple[list[ChatAnswer], int]:
    """Waits for all answers; returns them, and the number of their tokens."""
    found = [ChatAnswer("", (), "", () if scored else None) for _ in range(choices)]
    tokens = 0
    for part in parts:
        text, calls, finish, scores = found[part.choice]
        tokens += part.tokens
        found[part.choice] = ChatAnswer(
            text + part.text,
            calls + part.calls,
            part.finish or finish,
            None if scores is None else (*scores, *part.scores),
        )
    return found, tokens
