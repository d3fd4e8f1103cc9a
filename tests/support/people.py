"""A table as people have it: words, numbers, blanks, dates, truths, texts, and an index written by accident."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

HEADER = ("", "age", "fare", "siblings", "sex", "port", "member", "note", "joined", "survived")
WORDS = ["sailed", "with", "old", "ships", "and", "new", "trains", "or", "über", "cars"]


def write_people(path: Path, count: int = 400, delimiter: str = ",", classes: tuple[str, str] = ("0", "1")) -> Path:
    """Writes the table. Who survives follows from sex and age."""
    draw = np.random.default_rng(7)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(HEADER)
        for place in range(count):
            sex, age = ("male", "female")[int(draw.integers(2))], round(float(draw.normal(35, 12)), 1)
            survived = (sex == "female") != (draw.random() < 0.1 or age > 55)
            row: list[object] = [place, "" if place % 9 == 0 else age, round(float(draw.gamma(2, 10)), 2)]
            row += [int(draw.integers(4)), sex, ("S", "C", "Q", "")[int(draw.integers(4))], str(draw.random() < 0.5)]
            row += [" ".join(draw.choice(WORDS, 5)), f"2020-0{draw.integers(1, 9)}-1{draw.integers(9)}"]
            writer.writerow([*row, classes[survived]])
    return path
