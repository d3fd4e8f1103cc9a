"""check: the functions in template.yaml suit the pinned versions."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.manifests import signature_of
from support.project import Desk
from support.store import make_candidate, publish

from pilotlight.core.artifacts import Candidate
from pilotlight.core.lock import Lock, write_lock
from pilotlight.scaffold import FunctionNeeds, plan_import
from pilotlight.store import FolderBlobs, Store

ENDS = signature_of([("text", "BYTES", (-1,))], [("text", "BYTES", (-1,))])
DECODER = signature_of(
    [("ids", "INT64", (1, -1)), ("key_0", "FP32", (1, 8, -1, 128)), ("value_0", "FP32", (1, 8, -1, 128))],
    [("logits", "FP32", (-1, 100))],
)


def add_language_model(desk: Desk, settings: dict[str, Any], needs: FunctionNeeds) -> None:
    """A published and pinned decoder `chat` with little in its files; only its description counts here."""
    folder = desk.root / "candidate"
    part = make_candidate(folder / "decoder")
    (folder / "language.json").write_text(json.dumps(settings))
    candidate = Candidate(folder, ENDS, parts={"decoder": replace(part, signature=DECODER)}, assets=("language.json",))
    published = publish(Store(FolderBlobs(desk.root / "the-store")), candidate, model="chat", stream=True)
    project = find(desk)
    plan_import(project, "chat", needs).write()
    write_lock(project.folder("chat") / "model.lock", Lock(published.manifest.version, published.manifest_sha256))


def find(desk: Desk) -> Any:
    from pilotlight.core.project import find_project

    return find_project(desk.root, {})


def findings(desk: Desk, about: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = desk("check", "--json").json["findings"]
    return [each for each in found if each["what"].startswith(about)]


@pytest.fixture
def settings() -> dict[str, Any]:
    """A context of 16,384 tokens: a gigabyte of cache would be needed for 8 layers, 128 MB for the one that is here."""
    return {"task": "generate", "generation": {"context": 16_384, "vocabulary": 100, "cache": "shared"}}


def test_says_what_memory_a_language_model_needs(desk: Desk, settings: dict[str, Any]) -> None:
    add_language_model(desk, settings, FunctionNeeds("generate", 1000, 500))
    (found,) = findings(desk, "memory of ChatFunction")
    assert not found["problem"]
    assert "MB of memory (1 weights, 1 table of tokens, 128 key-value cache" in found["what"]


def test_memory_that_is_too_small_is_a_finding_with_the_number_to_write(desk: Desk, settings: dict[str, Any]) -> None:
    settings["generation"]["context"] = 262_144
    add_language_model(desk, settings, FunctionNeeds("generate", 1000, 500))
    (found,) = findings(desk, "memory of ChatFunction")
    assert "is 1769 MB; chat needs " in found["problem"]
    assert "2048 key-value cache" in found["problem"]
    size = found["advice"].removeprefix("Write MemorySize: ").removesuffix(" in its block.")
    template = desk.root / "template.yaml"
    block = "      Description: The model chat.\n"
    template.write_text(template.read_text().replace(block, f"{block}      MemorySize: {size}\n"))
    (found,) = findings(desk, "memory of ChatFunction")
    assert not found["problem"]


def test_more_memory_than_lambda_has_is_a_finding(desk: Desk, settings: dict[str, Any]) -> None:
    settings["generation"]["context"] = 2_000_000
    add_language_model(desk, settings, FunctionNeeds("generate", 1000, 20_000))
    (found,) = findings(desk, "memory of ChatFunction")
    assert "Lambda has 10240 MB at most" in found["problem"]


def test_an_image_that_needs_none_is_a_finding_with_the_lines_to_write(desk: Desk, settings: dict[str, Any]) -> None:
    add_language_model(desk, settings, FunctionNeeds("generate", 10**9, 500))
    (found,) = findings(desk, "package of ChatFunction")
    assert "fit into a zip" in found["problem"]
    assert "CodeUri: functions/chat" in found["advice"]
    assert not Path(desk.root / ".pilotlight" / "images").exists()


def test_a_model_whose_description_is_damaged_is_a_finding(desk: Desk, settings: dict[str, Any]) -> None:
    add_language_model(desk, settings, FunctionNeeds("generate", 1000, 500))
    (file,) = (desk.root / "the-store").rglob("chat/*/language.json")
    file.write_text("{}")
    (found,) = findings(desk, "memory")
    assert "language.json is not the published file" in found["problem"]
