"""Where dynalite is missing, a test says so and how to get it; in CI it fails. What is pinned names no registry."""

import json
from pathlib import Path

import pytest
from support.dynalite import find_command


def test_without_dynalite_a_test_is_skipped_and_names_the_make_target(tmp_path: Path) -> None:
    with pytest.raises(pytest.skip.Exception, match="`make dynalite`"):
        find_command({}, tmp_path)


def test_without_dynalite_a_test_fails_in_ci(tmp_path: Path) -> None:
    with pytest.raises(pytest.fail.Exception, match="`make dynalite`"):
        find_command({"PILOTLIGHT_E2E": "required"}, tmp_path)


def test_another_dynalite_can_be_named_or_be_on_the_path(tmp_path: Path) -> None:
    program = tmp_path / "dynalite"
    program.touch(mode=0o755)
    assert find_command({"DYNALITE": "/a/dynalite"}, tmp_path / "none") == ["/a/dynalite"]
    assert find_command({"PATH": str(tmp_path)}, tmp_path / "none") == [str(program)]


def test_every_package_is_pinned_by_its_digest_and_by_no_address(request: pytest.FixtureRequest) -> None:
    lock = json.loads((request.config.rootpath / "tests" / "dynalite" / "package-lock.json").read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert "node_modules/dynalite" in packages
    for name, package in packages.items():
        assert package["integrity"].startswith("sha512-"), name
        assert "resolved" not in package, name
