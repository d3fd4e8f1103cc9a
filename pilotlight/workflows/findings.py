"""What a check finds."""

from __future__ import annotations

from typing import NamedTuple


class Finding(NamedTuple):
    """One thing that was checked.

    Attributes:
        where: The file, from the project's root; NAME@VERSION for a version in the store.
        what: What was checked in it.
        problem: What is wrong; empty where it is right.
        advice: What to do about the problem.
    """

    where: str
    what: str
    problem: str = ""
    advice: str = ""
