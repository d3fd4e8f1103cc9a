"""`pilotlight chat` with an imported model of random weights: on this machine, and through `pilotlight serve`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.language.numpy_decoder import TinyConfig
from support.language.tiny_models import make_weights, write_folder
from support.project import Desk
from support.serve_process import served

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    desk = Desk(root)
    assert desk("init", ".").code == 0
    config = TinyConfig()
    ran = desk("import", str(write_folder(root / "source", config, make_weights(config))), "--name", "writer")
    assert ran.code == 0, ran.err
    return root


@pytest.fixture(scope="module")
def address(root: Path) -> Iterator[str]:
    with served(root) as server:
        yield server.address


def chat(root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "pilotlight",
        "chat",
        "writer",
        "--max-tokens",
        "12",
        "--temperature",
        "0",
        *options,
    ]
    environ = {**os.environ, "PILOTLIGHT_STORE": str(root / "the-store")}
    return subprocess.run(
        command, input="Hello", cwd=root, env=environ, capture_output=True, text=True, check=False, timeout=120
    )


def answer(root: Path, *options: str) -> Any:
    ran = chat(root, *options, "--json")
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_here_there_and_by_a_base_url(root: Path, address: str) -> None:
    here = answer(root)
    assert 0 < here["usage"]["answer"] <= 12
    assert here["finish_reason"] in ("stop", "length")
    for url in (address, f"{address}/v1", f"{address}/writer/v1"):
        there = answer(root, "--url", url)
        assert (there["answer"], there["usage"]) == (here["answer"], here["usage"])


def test_an_answer_is_followed_by_its_tokens(root: Path) -> None:
    ran = chat(root)
    assert ran.returncode == 0
    assert "tokens after" in ran.stderr
    assert "first text after" in ran.stderr


def test_what_the_function_refuses_is_told(root: Path, address: str) -> None:
    for url in ([], ["--url", address]):
        ran = chat(root, *url, "--system", "word " * 5_000)
        assert ran.returncode == 1
        assert "answered 400" in ran.stderr
