"""Weights in an installed package are found without importing it, and refused where they are others."""

import hashlib
from pathlib import Path

import pytest

from scripts.language_weights import WEIGHTS, Weights, WeightsMissing, find_weights, main

CONTENT = b"weights"
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Weights]:
    package = tmp_path / "a_package_with_weights"
    (package / "model").mkdir(parents=True)
    (package / "__init__.py").write_text("raise ImportError('what it depends on is not installed')\n")
    (package / "model" / "w.bin").write_bytes(CONTENT)
    monkeypatch.syspath_prepend(str(tmp_path))
    return {"assistant": Weights("a_package_with_weights", "model/w.bin", DIGEST, "model")}


def test_the_folder_is_found_and_the_package_not_imported(table: dict[str, Weights], tmp_path: Path) -> None:
    assert find_weights("assistant", table) == tmp_path / "a_package_with_weights" / "model"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"package": "a_package_that_nobody_has"}, "is not installed. Run `make language`."),
        ({"file": "model/other.bin"}, "does not exist"),
        ({"sha256": "0" * 64}, f"has the SHA-256 {DIGEST}, not 000"),
    ],
)
def test_other_weights_are_refused(table: dict[str, Weights], changed: dict[str, str], message: str) -> None:
    with pytest.raises(WeightsMissing, match=message):
        find_weights("assistant", {"assistant": table["assistant"]._replace(**changed)})


def test_an_unknown_name_is_refused_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nobody"]) == 2
    assert capsys.readouterr().err == f"Name one of {', '.join(WEIGHTS)}.\n"
