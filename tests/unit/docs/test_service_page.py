"""docs/service.md: its rule finds keys, its tables are read, and it names each command and unit."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path

import pytest

from pilotlight.cli.app import app
from pilotlight.core.tariff_config import load_tariff
from pilotlight.metering import read_plans
from pilotlight_runtime.metering.keys import make_key
from pilotlight_runtime.metering.tariff import COUNTED


@pytest.fixture
def page(request: pytest.FixtureRequest) -> str:
    return (request.config.rootpath / "docs" / "service.md").read_text(encoding="utf-8")


def block(page: str, beginning: str) -> str:
    """The example in TOML that begins so."""
    return next(text for text in re.findall(r"```toml\n(.*?)```", page, re.DOTALL) if text.startswith(beginning))


@pytest.mark.parametrize("kind", ["live", "test"])
def test_the_rule_for_scanners_finds_each_key(page: str, kind: str) -> None:
    (rule,) = tomllib.loads(block(page, "[[rules]]"))["rules"]
    key = make_key("AAAAbbbb", kind, os.urandom)
    found = re.search(rule["regex"], f'API_KEY="{key}" # a key')
    assert found is not None
    assert found.group() == key
    assert any(word in key for word in rule["keywords"])
    for other in (key[:-1], f"{key}x", key.replace("plk", "pk"), key.replace("AAAA", "AA-A")):
        assert not re.search(rule["regex"], f'"{other}"')


def test_the_examples_are_read(page: str, tmp_path: Path) -> None:
    (tmp_path / "plans.toml").write_text(block(page, "[plans.free]\nday = 1_000\nmonth = 10_000\n\n[plans.pro]"))
    assert set(read_plans(tmp_path / "plans.toml")) == {"free", "pro"}
    (tmp_path / "model.toml").write_text(block(page, "[units]"))
    tariff = load_tariff(tmp_path / "model.toml")
    assert tariff is not None
    assert tariff.price({"tokens_in": 1_000_000}, "2026-12-01") == 120_000


def test_each_command_and_unit_is_named(page: str) -> None:
    groups = {group.name: group.typer_instance for group in app.registered_groups}
    for name in ("tenants", "keys", "plans"):
        for command in groups[name].registered_commands if groups[name] else ():
            assert re.search(rf"pilotlight {name} {command.name}\b|`{command.name} NAME`", page), (name, command.name)
    for command in ("usage", "invoice", "plan"):
        assert f"pilotlight {command}" in page
    for unit in COUNTED:
        assert f"`{unit}`" in page
