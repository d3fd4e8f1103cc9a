"""Answers `/v1/completions`: one or more prompts, continued."""

from __future__ import annotations

from pilotlight_runtime.language.types import GenerationRequest, TextPart
from pilotlight_runtime.light_typing import TYPE_CHECKING, Any, Iterator
from pilotlight_runtime.openai.endpoint import Served
from pilotlight_runtime.openai.generation import check_characters, check_length, reserve_tokens, start
from pilotlight_runtime.openai.invocation import Invocation
from pilotlight_runtime.protocol.http import HttpResponse, json_response
from pilotlight_runtime.protocol.openai.answer_head import AnswerHead
from pilotlight_runtime.protocol.openai.chat_request import ModelFacts
from pilotlight_runtime.protocol.openai.completion_request import CompletionRequest, read_completion_request
from pilotlight_runtime.protocol.openai.completion_response import CompletionPart, write_completion
from pilotlight_runtime.protocol.openai.events import DONE, STREAM_HEADERS, write_error, write_event
from pilotlight_runtime.protocol.openai.logprobs import CompletionLogprobs
from pilotlight_runtime.protocol.openai.usage import Usage
from pilotlight_runtime.streaming.response import StreamedResponse

if TYPE_CHECKING:
    from pilotlight_runtime.language.generation.generator import TextGenerator
    from pilotlight_runtime.observer import Tally, Trace


class CompletionEndpoint:
    """See Endpoint. generator: of the model. facts: what reading a request needs to know of it."""

    def __init__(self, generator: TextGenerator, facts: ModelFacts, served: Served) -> None:
        self._generator = generator
        self._facts = facts
        self._served = served

    def answer(self, body: Any, trace: Trace, invocation: Invocation) -> HttpResponse:
        """See Endpoint.answer."""
        asked = read_completion_request(body, self._facts)
        prompts = [self._encode(prompt) for prompt in asked.prompts]
        context = self._generator.context
        for prompt in prompts:
            check_length(len(prompt), context, "prompt")
        trace.shapes = {"prompt": (sum(map(len, prompts)),)}
        most = [min(asked.most, context - len(prompt)) for prompt in prompts]
        if trace.tally is not None:
            trace.tally.add_texts(asked.prompts, self._generator.tokenizer.decode)
        reserve_tokens(trace.tally, prompts, sum(most) * asked.choices)
        served = self._served
        head = AnswerHead(f"cmpl-{served.new_id()}", int(served.now()), served.name, served.version)
        parts = self._parts(asked, prompts, invocation, trace.tally)
        if asked.delivery.stream:
            trace.begin("first_byte")
            events = _events(asked, head, parts, sum(map(len, prompts)))
            return StreamedResponse.of(dict(STREAM_HEADERS), events, write_error, ends_in_time=True)
        trace.begin("infer")
        answers, tokens = _join(parts, len(prompts) * asked.choices, with_logprobs=asked.logprobs is not None)
        trace.begin("encode")
        return json_response(write_completion(head, answers, Usage(sum(map(len, prompts)), tokens)))

    def _encode(self, prompt: str | list[int]) -> list[int]:
        """The tokens of a prompt. Text gets those in front that the model's texts begin with."""
        if isinstance(prompt, list):
            return prompt
        check_characters(len(prompt), self._generator.context, "prompt")
        return [*self._generator.settings.begin, *self._generator.tokenizer.encode(prompt)]

    def _parts(
        self, asked: CompletionRequest, prompts: list[list[int]], invocation: Invocation, tally: Tally | None
    ) -> Iterator[tuple[CompletionPart, TextPart]]:
        """Yields what is new of each answer, in order, beside the generator's part."""
        tokenizer = self._generator.tokenizer
        for number, prompt in enumerate(prompts):
            request = GenerationRequest(
                prompt=prompt,
                sampling=asked.sampling,
                most=min(asked.most, self._generator.context - len(prompt)),
                stop=asked.stop,
                choices=asked.choices,
                logprobs=asked.logprobs,
                caller=invocation.caller,
                time_left=invocation.time_left,
            )
            written: dict[int, CompletionLogprobs] = {}
            for part in start(self._generator, request, self._served.warn, tally):
                index = number * asked.choices + part.choice
                text = part.text
                if part.choice not in written:
                    written[part.choice] = CompletionLogprobs()
                    if asked.echo:
                        given = asked.prompts[number]
                        text = (given if isinstance(given, str) else tokenizer.decode(given)) + text
                logprobs = None if asked.logprobs is None else written[part.choice].write(part.scores)
                yield CompletionPart(index, text, part.finish, logprobs), part


def _events(
    asked: CompletionRequest, head: AnswerHead, parts: Iterator[tuple[CompletionPart, TextPart]], prompt: int
) -> Iterator[bytes]:
    tokens = 0
    for part, new in parts:
        tokens += new.tokens
        if part.text or part.finish or new.scores:
            chunk = write_completion(head, [part], None)
            yield write_event({**chunk, "usage": None} if asked.delivery.usage else chunk)
    if asked.delivery.usage:
        yield write_event(write_completion(head, [], Usage(prompt, tokens)))
    yield DONE


def _join(
    parts: Iterator[tuple[CompletionPart, TextPart]], count: int, *, with_logprobs: bool
) -> tuple[list[CompletionPart], int]:
    """Puts the parts of each answer together; returns the answers, and the number of their tokens."""
    tokens = 0
    texts = [""] * count
    finishes = [""] * count
    logprobs: list[dict[str, list[Any]]] = [
        {"tokens": [], "token_logprobs": [], "top_logprobs": [], "text_offset": []} for _ in range(count)
    ]
    for part, new in parts:
        tokens += new.tokens
        texts[part.place] += part.text
        finishes[part.place] = part.finish
        for name, values in (part.logprobs or {}).items():
            logprobs[part.place][name] += values
    answers = [
        CompletionPart(index, texts[index], finishes[index], logprobs[index] if with_logprobs else None)
        for index in range(count)
    ]
    return answers, tokens
