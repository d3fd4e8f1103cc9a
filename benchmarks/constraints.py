"""Answers that schemas bind, by a real model: `python -m benchmarks.constraints FOLDER [--most 120]`.

FOLDER is a version of a language model that chats, as the store or a packaged function has it. Each schema gets a
greedy and a drawn answer, each again with so few tokens that it has to be closed early. The package
jsonschema validates all. It prints the answers, and what a token costs with the constraint and without.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeVar

from jsonschema import Draft202012Validator

from benchmarks.constraint_tasks import TASKS, Json
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.language.chat_prompt import ChatFormat, Turn, encode_prompt, read_chat_format, write_prompt
from pilotlight_runtime.language.generation.generator import TextGenerator
from pilotlight_runtime.language.json_constraint import compile_schema
from pilotlight_runtime.language.types import Constraint, GenerationRequest, Sampling
from pilotlight_runtime.loading import load_model

Result = TypeVar("Result")


class Timed(NamedTuple):
    """An answer. seconds: of all of it, and of the constraint in it."""

    text: str
    tokens: int
    seconds: float
    constrained: float


class _TimedConstraint:
    """A constraint that counts the time it takes."""

    def __init__(self, inside: Constraint) -> None:
        self._inside = inside
        self.seconds = 0.0

    @property
    def complete(self) -> bool:
        return self._inside.complete

    @property
    def finished(self) -> bool:
        return self._inside.finished

    def allows(self, more: bytes) -> bool:
        return self._timed(lambda: self._inside.allows(more))

    def push(self, more: bytes) -> None:
        self._timed(lambda: self._inside.push(more))

    def forced(self) -> bytes:
        return self._timed(self._inside.forced)

    def closing(self) -> bytes:
        return self._timed(self._inside.closing)

    def _timed(self, work: Callable[[], Result]) -> Result:
        began = time.process_time()
        try:
            return work()
        finally:
            self.seconds += time.process_time() - began


def answer(generator: TextGenerator, prompt: list[int], schema: Json | None, sampling: Sampling, most: int) -> Timed:
    """Writes an answer, which a schema binds where there is one."""
    made: list[_TimedConstraint] = []

    def constrain() -> Constraint:
        made.append(_TimedConstraint(compile_schema(schema)()))
        return made[-1]

    request = GenerationRequest(prompt, sampling, most, constrain=None if schema is None else constrain)
    began = time.process_time()
    parts = list(generator.generate(request))
    seconds = time.process_time() - began
    text = "".join(part.text for part in parts)
    return Timed(text, sum(part.tokens for part in parts), seconds, sum(each.seconds for each in made))


def make_answers(generator: TextGenerator, chat: ChatFormat, most: int) -> Iterator[tuple[Json, Timed]]:
    """The answers to all tasks."""
    for question, schema in TASKS:
        wanted = f"{question} Answer with JSON that fits this schema: {json.dumps(schema)}"
        prompt = encode_prompt(write_prompt(chat, [Turn("user", wanted)]), generator.tokenizer)
        shortest = len(generator.tokenizer.encode(compile_schema(schema)().closing().decode()))
        for sampling in (Sampling(temperature=0.0), Sampling(temperature=1.0, top_p=0.95, seed=1)):
            for tokens in (most, shortest + 4):
                yield schema, answer(generator, prompt, schema, sampling, tokens)


def main() -> None:
    """Prints the answers and what they cost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--most", type=int, default=120, help="the most tokens of an answer")
    asked = parser.parse_args()
    model = load_model(asked.folder, open_session, 1)
    generator = TextGenerator(model)
    chat = read_chat_format(json.loads((asked.folder / "language.json").read_text())["chat"])
    valid, tokens, seconds, constrained = 0, 0, 0.0, 0.0
    answers = list(make_answers(generator, chat, asked.most))
    for schema, made in answers:
        faults = list(Draft202012Validator(schema).iter_errors(json.loads(made.text)))
        valid += not faults
        tokens, seconds, constrained = tokens + made.tokens, seconds + made.seconds, constrained + made.constrained
        print(f"{'valid' if not faults else faults[0].message:8} {made.tokens:4} tokens  {made.text[:150]}")
    prompt = encode_prompt(write_prompt(chat, [Turn("user", "Tell me a long story.")]), generator.tokenizer)
    free = answer(generator, prompt, None, Sampling(seed=1), asked.most)
    print(f"{valid} of {len(answers)} answers are valid")
    print(
        f"a token with a schema: {1000 * seconds / tokens:.1f} ms, "
        f"of which the constraint {1000 * constrained / tokens:.2f} ms"
    )
    print(f"a token without one:   {1000 * free.seconds / free.tokens:.1f} ms")


if __name__ == "__main__":
    main()
