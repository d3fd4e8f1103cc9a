"""Answers that a constraint allows, drawn token by token as a model's would be."""

import random
from collections.abc import Callable

from pilotlight_runtime.language.types import Constraint

TOKENS = [
    b'{"',
    b'": ',
    b'": "',
    b'", "',
    b'"}',
    b"}",
    b"{",
    b"[",
    b"]",
    b"[]",
    b"{}",
    b", ",
    b'"',
    b"true",
    b"false",
    b"null",
    b": ",
    b"0",
    b"1",
    b"12",
    b"345",
    b"-",
    b"-1",
    b".",
    b".5",
    b"e",
    b"E+9",
    b" ",
    b"  ",
    b"\n",
    b"\t",
    b"\\",
    b"\\n",
    b'\\"',
    b"\\u00e9",
    b"\\ud83d",
    b"\\ude00",
    b"\\udc00",
    "é".encode(),
    b"\xc3",
    b"\xa9",
    "日本".encode(),
    b"\xe6\x97",
    b"\xf0\x9f",
    b"\x99\x82",
    "🙂".encode(),
    b"\xed\xa0\x80",
    b"\xff",
    b"\x00",
    b"a",
    b"ab",
    b"the",
    b" of",
    b"cat",
    b"dogs",
    b"name",
    b'name"',
    b'"id"',
    b"tag",
    b'"tag": "',
    b"2024",
    b"-02",
    b"-29",
    b"T",
    b"Z",
    b"T23:59:59",
    b"@",
    b"http://",
    b"x" * 40,
    b"9" * 25,
    b"]}",
    b'"]',
    b"}}",
    b'"}]',
    b'", ',
    b"'",
    b"//",
]
"""A vocabulary with the whole and the broken pieces that one of a model has."""

Pick = Callable[[Constraint, random.Random], bytes]


def pick_byte(constraint: Constraint, pick: random.Random) -> bytes:
    """A random byte that is allowed."""
    for _ in range(20):
        byte = bytes([pick.randrange(256)])
        if constraint.allows(byte):
            return byte
    return next(each for number in pick.sample(range(256), 256) if constraint.allows(each := bytes([number])))


def pick_token(constraint: Constraint, pick: random.Random) -> bytes:
    """A random token that is allowed, else a byte."""
    for token in pick.sample(TOKENS, 12):
        if constraint.allows(token):
            return token
    return pick_byte(constraint, pick)


def pick_longest(constraint: Constraint, pick: random.Random) -> bytes:
    """The longest token that is allowed, which keeps away from the end as long as it can."""
    for token in sorted(pick.sample(TOKENS, 40), key=len, reverse=True):
        if constraint.allows(token):
            return token
    return pick_byte(constraint, pick)


def draw_answer(constraint: Constraint, choose: Pick, pick: random.Random, budget: int) -> bytes:
    """Writes an answer of at most `budget` tokens and what closes it.

    Args:
        constraint: At its beginning.
        choose: Which token comes next.
        pick: The source of chance.
        budget: The most tokens.
    """
    answer = bytearray()
    for _ in range(budget):
        if constraint.finished or (constraint.complete and pick.random() < 0.5):
            break
        token = constraint.forced() or choose(constraint, pick)
        constraint.push(token)
        answer += token
    closing = constraint.closing()
    constraint.push(closing)
    if not constraint.complete:
        raise AssertionError(f"{bytes(answer)!r} is not complete behind {closing!r}")
    return bytes(answer + closing)
