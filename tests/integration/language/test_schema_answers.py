"""A model of random weights writes answers that random schemas and tools bind: all of them validate."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.random_schemas import SchemaMaker, find_fault, make_validator
from support.tiny_decoder import END, OTHER_END, TinyDecoder, TinyTokenizer, load_tiny

from pilotlight_runtime.language.generation.generator import TextGenerator
from pilotlight_runtime.language.json_constraint import compile_schema
from pilotlight_runtime.language.tools.tool_answers import read_answer
from pilotlight_runtime.language.tools.tool_calls import constrain_calls, read_tools
from pilotlight_runtime.language.types import GenerationRequest, Sampling

TOKENIZER = TinyTokenizer()
PROMPT = TOKENIZER.encode("Say: ")
ENDS = {END: 9.0, OTHER_END: 9.0}
"""Ends are likely, so that a constraint that is passed over shows."""
SAMPLINGS = (Sampling(temperature=0.0), Sampling(seed=1), Sampling(temperature=3.0, seed=2, top_k=0))
MOST = 700


@pytest.fixture(scope="module")
def writer(tmp_path_factory: pytest.TempPathFactory) -> TextGenerator:
    model = load_tiny(tmp_path_factory.mktemp("tiny"), TinyDecoder(11, bias=ENDS), context=MOST + 100)
    return TextGenerator(model, TOKENIZER)


def write(writer: TextGenerator, constrain: Any, sampling: Sampling, most: int) -> str:
    return "".join(
        part.text for part in writer.generate(GenerationRequest(PROMPT, sampling, most, constrain=constrain))
    )


@pytest.mark.parametrize("first", range(0, 60, 10))
def test_schemas(writer: TextGenerator, first: int) -> None:
    faults = []
    for seed in range(first, first + 10):
        schema = SchemaMaker(seed).make()
        make_constraint = compile_schema(schema)
        shortest = len(TOKENIZER.encode(make_constraint().closing().decode()))
        for sampling in SAMPLINGS:
            for most in (shortest, min(shortest + 80, MOST)):
                answer = write(writer, make_constraint, sampling, most)
                fault = find_fault(answer.encode(), make_validator(schema))
                if fault:
                    faults.append((seed, sampling, most, fault))
    assert not faults


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "add"}}])
@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_tools(writer: TextGenerator, choice: Any, sampling: Sampling) -> None:
    numbers = {"a": {"type": "integer"}, "b": {"type": "integer"}}
    add = {"type": "object", "properties": numbers, "required": ["a", "b"]}
    ask = {"type": "object", "properties": {"text": {"type": "string", "maxLength": 9}}, "required": ["text"]}
    schemas = {"add": add, "ask": ask}
    functions = [{"type": "function", "function": {"name": name, "parameters": each}} for name, each in schemas.items()]
    tools = read_tools(functions, choice)
    assert tools is not None
    text, calls = read_answer(write(writer, constrain_calls(tools), sampling, 200))
    assert text == ""
    assert calls
    for call in calls:
        make_validator(schemas[call.name]).validate(json.loads(call.arguments))


def test_without_the_constraint_they_would_not(writer: TextGenerator) -> None:
    answer = write(writer, None, Sampling(seed=1), 100)
    assert find_fault(answer.encode(), make_validator({}))
