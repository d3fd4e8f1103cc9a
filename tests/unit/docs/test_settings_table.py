"""The table of settings in docs/add-a-model.md names each option of [training] with its default."""

import re

import pytest

from pilotlight.core.option import DeclaredOption, list_options
from pilotlight.core.options import TrainingSettings


def rows(text: str) -> dict[str, str]:
    """The defaults that the table gives, by setting. A row may name several, with a default for each."""
    table = text.partition("| setting | default | meaning |")[2].partition("\n\n")[0]
    found: dict[str, str] = {}
    for row in table.splitlines()[2:]:
        names, defaults = row.strip("|").split(" | ")[:2]
        listed = re.findall(r"`(\w+)`", names)
        values = [value.strip("` ") for value in defaults.split(",")]
        for name, value in zip(listed, values, strict=len(listed) > 1 and len(values) > 1):
            found.setdefault(name, value)  # [training] comes first; later tables have names in common with it
    return found


@pytest.mark.parametrize("option", list_options(TrainingSettings), ids=lambda option: option.name)
def test_each_option_of_training_stands_in_the_table_with_its_default(
    option: DeclaredOption, request: pytest.FixtureRequest
) -> None:
    text = (request.config.rootpath / "docs" / "add-a-model.md").read_text(encoding="utf-8")
    default = option.default
    written = f'"{default}"' if option.type is str else str(default).lower() if option.type is bool else f"{default:g}"
    assert rows(text).get(option.name) == written
