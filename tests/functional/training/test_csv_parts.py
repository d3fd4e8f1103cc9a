"""Tables are read as Python's csv module and float() read them, however the file is cut into parts."""

from __future__ import annotations

import csv
import io
import random
from pathlib import Path

import numpy as np
import pytest

from pilotlight.core.errors import DataError
from pilotlight.training.data.cell_numbers import parse_plain
from pilotlight.training.data.cells import make_cells
from pilotlight.training.data.csv_lines import open_csv
from pilotlight.training.data.csv_parts import read_parts

PLAIN = ["1.5", "-2", "", "word", "é", " 7 ", "x" * 40, "2024-03-01", "a b", "5 ft"]
QUOTED = ['"a, b"', '"two\nlines"', '"two\r\nlines"', '""', '" spaced "', '"7"', '"é, ü"']
ODD = ['"say ""no"""', 'a"b', ' "after a space"', '"a ""b"", c\n"']
NUMBERS = [
    *("0", "-0", "+5", "007", "00", "-01", "1.", ".5", "-.5", "12.50", "0.1", "123456789012345678", "9007199254740993"),
    *("1e5", "1E-3", "0.30000000000000004", "2.2250738585072014e-308", "123456789.123456789", " 4", "4 ", "\t4"),
    *("179769313486231570000000000000000000000", "3.5e38", "999999999999999999", "0.000000000000000001", "٣"),
]
NO_NUMBERS = ["", "-", ".", "1_000", "nan", "inf", "1.2.3", "1,5", "4e38", "--1", "1-", "0x10", "true", "1 2"]


def read_all(path: Path, part_size: int) -> tuple[list[list[str]], list[int]]:
    rows: list[list[str]] = []
    lines: list[int] = []
    for part in read_parts(open_csv(path, "t.csv"), part_size):
        rows += [list(row) for row in zip(*(column.texts for column in part.columns), strict=True)]
        lines += part.lines.tolist()
    return rows, lines


@pytest.mark.parametrize("part_size", [1, 40, 1000, 1 << 20])
@pytest.mark.parametrize("cells", [PLAIN, PLAIN + QUOTED, PLAIN + QUOTED + ODD], ids=["plain", "quoted", "odd"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"], ids=["newline", "both", "return"])
@pytest.mark.parametrize("width", [1, 4])
def test_cells_are_those_of_the_csv_module(
    tmp_path: Path, part_size: int, cells: list[str], line_end: str, width: int
) -> None:
    draw = random.Random(f"{width}{line_end}{len(cells)}")  # noqa: S311  (a test draws the same cells each time)
    for end in (line_end, "", line_end * 3):
        header = ",".join(f'"{place}\n"' for place in range(width))
        table = [[draw.choice(cells) for _ in range(width)] for _ in range(50)]
        text = line_end.join([header, *(",".join(row) for row in table)]) + end
        path = tmp_path / "t.csv"
        path.write_bytes(b"\xef\xbb\xbf" + text.encode())
        reader = csv.reader(io.StringIO(text, newline=""), strict=True, skipinitialspace=True)
        expected, lines, before = [], [], 0
        for row in reader:
            if row:
                expected.append([cell.strip() for cell in row])
                lines.append(before + 1)
            before = reader.line_num
        rows, found = read_all(path, part_size)
        assert [[cell.strip() for cell in row] for row in rows] == expected[1:]
        assert found == lines[1:]


def test_numbers_are_those_of_float() -> None:
    draw = random.Random(1)  # noqa: S311  (a test draws the same numbers each time)
    texts = NUMBERS + [f"{sign}{draw.randrange(10**9)}.{draw.randrange(10**6)}" for sign in ("", "-", "+") * 200]
    texts += [repr(draw.uniform(-1, 1)) for _ in range(500)] + [str(draw.randrange(10**18)) for _ in range(500)]
    texts += [f"{draw.uniform(-1e4, 1e4):.{draw.randrange(12)}f}" for _ in range(500)]
    expected = parse_plain([text for text in texts if float(text) < 3.4e38])
    cells = make_cells([text for text in texts if float(text) < 3.4e38], np.arange(len(expected)))
    assert cells.plain.tobytes() == np.array(expected).tobytes()
    assert cells.fixed.known.mean() > 0.8  # the others have too many digits, or an exponent


def test_long_numbers_between_two_floats_are_rounded_as_float_rounds_them() -> None:
    middles = [f"{2**53 + 2 * place + 1}.{'0' * (place % 2)}" for place in range(500)]
    near = [f"{2**53 + 2 * place + 1}.{digit}" for place in range(500) for digit in (1, 9)]
    powers = [f"{2**power + off}." for power in range(50, 60) for off in range(-3, 4)]
    texts = [*middles, *near, *powers, *(f"0.{2**54 + place}" for place in range(1, 500))]
    cells = make_cells(texts, np.arange(len(texts)))
    assert cells.plain.tolist() == [float(text) for text in texts]
    assert cells.fixed.known.sum() > len(near)


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_what_is_no_number_is_none(text: str) -> None:
    cells = make_cells(["1", text, "2"], np.arange(3))
    assert cells.plain is None
    assert cells.fixed.known.tolist() == [True, False, True]


@pytest.mark.parametrize("longest", [1, 7, 8, 9, 16, 31, 32, 33, 60])
def test_different_cells_are_told_apart(longest: int) -> None:
    draw = random.Random(longest)  # noqa: S311  (a test draws the same texts each time)
    known = ["", *("".join(draw.choice("ab") for _ in range(draw.randrange(longest + 1))) for _ in range(40))]
    known += ["a" * longest, "a" * (longest - 1) + "b", "b" + "a" * (longest - 1)]
    texts = [draw.choice(known) for _ in range(1000)]
    cells = make_cells(texts, np.arange(len(texts)))
    different = cells.take(cells.distinct.first)
    assert different.texts == list(dict.fromkeys(texts))
    assert [different.texts[kind] for kind in cells.distinct.kinds] == texts
    assert different.lines.tolist() == [texts.index(text) for text in different.texts]


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ('a,b\n1,x\n2,"y\n3,z\n', 3, "a quote opens and is not closed"),
        ('a,b\n1,"two\nlines"\n2,"y\n3,z\n4,z\n', 4, "a quote opens and is not closed"),
        ('a,b\n1,x\n"2\nand",  "y\n3,z\n', 4, "a quote opens and is not closed"),
        ('a,b\n1,x\n2,"y\n3,"z"\n', 3, "a quote opens, and closes in line 4"),
        ('a,b\n1,x\n2,"y"z\n', 3, "expected after"),
        ('a,b\n1,x\n2,"' + "y\n" * 100_000 + '",1\n', 3, "a quote opens and is not closed: field larger than"),
        (
            'a,b,c\n1,x,1\n2,"y\n3,z\n4,"\n5,y,2\n',
            3,
            "has 2 cells.*a quote joins it with the lines to 5",
        ),
        ('a,"b\n1,x\n', 1, "a quote opens and is not closed"),
    ],
)
@pytest.mark.parametrize("part_size", [8, 1 << 20])
def test_a_quote_without_its_other_is_named_where_it_opens(
    tmp_path: Path, text: str, place: int, what: str, part_size: int
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=rf"^t\.csv:{place}: .*{what}"):
        read_all(path, part_size)


def test_bytes_that_are_no_text_are_named_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"a,b\n1,x\n2,caf\xe9\n")
    with pytest.raises(DataError, match=r"^t\.csv:3: cannot be read as a table in UTF-8 \(byte 13 of the file"):
        read_all(path, 8)


def test_a_row_of_any_length_is_read(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + '1,"' + "y\n" * 30_000 + '"\n2,x\n', encoding="utf-8")
    rows, lines = read_all(path, 64)
    assert (len(rows[0][1]), rows[1], lines) == (60_000, ["2", "x"], [2, 30_003])
