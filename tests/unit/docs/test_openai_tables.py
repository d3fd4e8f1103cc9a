"""docs/openai-api.md has the parameters that the runtime knows, and the runtime knows OpenAI's."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable

import pytest
from openai.types import completion_create_params, embedding_create_params
from openai.types.chat import completion_create_params as chat_create_params

from pilotlight.core.python_files import load_python_file
from pilotlight_runtime.protocol.openai.parameters import CHAT, COMPLETION, EMBEDDING, REFUSED, RERANK, Table

pytestmark = pytest.mark.unit


def test_the_tables_are_those_of_the_runtime(request: pytest.FixtureRequest) -> None:
    script = request.config.rootpath / "scripts" / "openai_tables.py"
    done = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_changed_page_is_found(request: pytest.FixtureRequest) -> None:
    root = request.config.rootpath
    module = load_python_file(root / "scripts" / "openai_tables.py", "openai_tables")
    page = (root / "docs" / "openai-api.md").read_text(encoding="utf-8")
    assert module.fill(page.replace("| `seed` |", "| `sead` |")) == page


@pytest.mark.parametrize(
    ("table", "known"),
    [
        (CHAT, chat_create_params.CompletionCreateParamsBase.__annotations__),
        (COMPLETION, completion_create_params.CompletionCreateParamsBase.__annotations__),
        (EMBEDDING, embedding_create_params.EmbeddingCreateParams.__annotations__),
    ],
)
def test_each_parameter_of_openais_client_is_decided(table: Table, known: Iterable[str]) -> None:
    assert set(known) - {"stream"} <= set(table)


@pytest.mark.parametrize("table", [CHAT, COMPLETION, EMBEDDING, RERANK])
def test_each_parameter_says_what_is_taken_or_why_it_is_refused(table: Table) -> None:
    for name, parameter in table.items():
        assert parameter.note, name
        assert bool(parameter.neutral) == (parameter.support == "neutral"), name
        assert parameter.support != REFUSED or not parameter.neutral
