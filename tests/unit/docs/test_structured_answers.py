"""docs/structured-answers.md names the keywords and formats that are supported, and no others."""

import re
from pathlib import Path

from pilotlight_runtime.language.json_constraint import compile_schema
from pilotlight_runtime.language.schema.formats import FORMATS, NUMBER_FORMATS
from pilotlight_runtime.language.schema.keywords import KEYWORDS

PAGE = Path(__file__).parents[3] / "docs" / "structured-answers.md"


def read_rows() -> dict[str, str]:
    table = PAGE.read_text().partition("<!-- table: keywords -->")[2].partition("<!-- end -->")[0]
    rows = [line.strip("| ").split(" | ") for line in table.strip().splitlines()[2:]]
    return {name: " ".join(row[1:]) for row in rows for name in re.findall(r"`([^`]+)`", row[0])}


def test_the_keywords() -> None:
    assert read_rows().keys() == set(KEYWORDS)


def test_the_formats() -> None:
    assert re.findall(r"`([^`]+)`", read_rows()["format"]) == [*FORMATS, *NUMBER_FORMATS]


def test_the_example_compiles() -> None:
    code = PAGE.read_text().partition("```python\n")[2].partition("```")[0]
    asked = {}

    class Client:
        chat = completions = property(lambda self: self)

        def create(self, **options: object) -> None:
            asked.update(options)

    exec(code, {"client": Client()})  # noqa: S102  (the page's own example)
    schema = asked["response_format"]["json_schema"]["schema"]
    assert compile_schema(schema)().closing() == b'{"name": "", "age": 0}'
