"""An import that is repeated with --golden: the manifest stays, and the comparison is recorded beside it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import onnx
import pytest
from support.onnx_protos import linear_model
from support.progress import Heard
from support.project import Desk, new_project
from support.workflow_calls import import_model

from pilotlight.core.errors import ParityError
from pilotlight.core.project import Project
from pilotlight.store import Store
from pilotlight.workflows.comparisons import COMPARED, list_comparisons


@pytest.fixture
def source(tmp_path: Path) -> Path:
    onnx.save(linear_model(), tmp_path / "linear.onnx")
    return tmp_path / "linear.onnx"


def golden(tmp_path: Path, factor: float = 2, name: str = "golden.npz", rows: int = 5) -> Path:
    x = np.ones((rows, 3), np.float32)
    np.savez(tmp_path / name, x=x, y=np.float32(factor) * x)
    return tmp_path / name


def test_it_is_recorded_once_for_each_file_of_samples(
    project: Project, store: Store, tmp_path: Path, source: Path
) -> None:
    first = import_model(project, "linear", source, store=store)
    lock = project.read_lock("linear")
    heard = Heard()
    moments = iter(datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2, 3, 4, 5, 6, 7, 8))
    again = golden(tmp_path)
    for _ in range(2):
        import_model(project, "linear", source, golden=again, store=store, progress=heard, clock=lambda: next(moments))
    assert project.read_lock("linear") == lock
    assert store.read_manifest("linear", first.version)[0] == first.published.manifest
    (found,) = list_comparisons(store, "linear")[first.version]
    assert found.data["source"] == "golden.npz"
    assert (found.parity["samples"], found.parity["largest_difference"]) == (5, 0.0)
    (note,) = [note for note in heard.notes if "recorded beside it" in note]
    assert note == (
        f"linear@{first.version} was published before, and its manifest stays; the comparison with golden.npz is "
        "recorded beside it, where `pilotlight show linear` finds it"
    )
    import_model(
        project,
        "linear",
        source,
        golden=golden(tmp_path, name="more.npz", rows=7),
        store=store,
        clock=lambda: next(moments),
    )
    assert [each.data["source"] for each in list_comparisons(store, "linear")[first.version]] == [
        "golden.npz",
        "more.npz",
    ]


def test_samples_of_the_manifest_are_not_recorded_again(
    project: Project, store: Store, tmp_path: Path, source: Path
) -> None:
    for _ in range(2):
        import_model(project, "linear", source, golden=golden(tmp_path), store=store)
    assert list_comparisons(store, "linear") == {}


def test_samples_that_differ_are_an_error_and_no_record(
    project: Project, store: Store, tmp_path: Path, source: Path
) -> None:
    import_model(project, "linear", source, store=store)
    with pytest.raises(ParityError):
        import_model(project, "linear", source, golden=golden(tmp_path, 3), store=store)
    assert list_comparisons(store, "linear") == {}


DAMAGED = (b"", b"{", b"[]", b'{"created": 1, "data": {}, "parity": {}}', b'{"created": "1"}')


@pytest.mark.parametrize("content", DAMAGED)
def test_a_damaged_record_hides_nothing(
    project: Project, store: Store, tmp_path: Path, source: Path, content: bytes
) -> None:
    result = import_model(project, "linear", source, store=store)
    store.open_prefix(f"{COMPARED}/linear").put_bytes(f"{result.version}/0123.json", content)
    import_model(project, "linear", source, golden=golden(tmp_path), store=store)
    assert len(list_comparisons(store, "linear")[result.version]) == 1
    survey = store.survey("linear")
    assert (survey.damaged, survey.ignored, survey.extra) == ({}, (), {})


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / "project").mkdir()
    return new_project(tmp_path / "project")


def test_show_and_models_tell_of_it(desk: Desk, tmp_path: Path, source: Path) -> None:
    assert desk("import", str(source), "--name", "linear").code == 0
    assert "compared" not in desk("show", "linear", "--json").json
    assert "not checked" in desk("models").out
    assert desk("import", str(source), "--name", "linear", "--golden", str(golden(tmp_path))).code == 0
    shown = desk("show", "linear").out
    assert "compared with golden.npz at " in shown
    assert "largest difference 0.0e+00 on 5 samples" in shown
    (compared,) = desk("show", "linear", "--json").json["compared"]
    assert compared["parity"]["samples"] == 5
    assert "≤ 0.0e+00 on 5" in desk("models").out
    (version,) = desk("models", "--json").json["models"][0]["versions"]
    assert version["parity"]["samples"] == 0
    assert json.dumps(version["compared"]) == json.dumps([compared])
