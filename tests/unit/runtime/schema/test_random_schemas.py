"""Every answer that a constraint allows parses and validates, for 500 random schemas."""

import random

import pytest
from support.random_answers import Pick, draw_answer, pick_byte, pick_longest, pick_token
from support.random_schemas import SchemaMaker, find_fault, make_validator

from pilotlight_runtime.language.json_constraint import compile_schema

SCHEMAS = 500
BATCH = 50


@pytest.mark.parametrize("first", range(0, SCHEMAS, BATCH))
def test_answers_validate(first: int) -> None:
    faults = []
    for seed in range(first, first + BATCH):
        schema = SchemaMaker(seed).make()
        validator = make_validator(schema)
        make_constraint = compile_schema(schema)
        pick = random.Random(seed)  # noqa: S311  (a test draws the same answers each time)
        chosen: list[Pick] = [pick_byte, pick_token, pick_longest]
        for choose in chosen:
            answer = draw_answer(make_constraint(), choose, pick, pick.choice([0, 5, 30, 150]))
            fault = find_fault(answer, validator)
            if fault:
                faults.append((seed, choose.__name__, fault))
    assert not faults
