"""The pre-commit hooks are the commands of `make check`, in the same order."""

import re

import pytest
import yaml


def test_hooks_run_what_make_check_runs(request: pytest.FixtureRequest) -> None:
    root = request.config.rootpath
    configuration = yaml.safe_load((root / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    hooks = [hook for repo in configuration["repos"] for hook in repo["hooks"]]
    recipe = re.search(r"^check:.*\n((?:\t.*\n)+)", (root / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert recipe is not None
    commands = [line.strip().replace("$(BIN)", ".venv/bin") for line in recipe[1].splitlines()]
    assert [hook["entry"] for hook in hooks] == [f"sh -c '{command}'" for command in commands]


def test_no_hook_needs_a_network_or_a_list_of_files(request: pytest.FixtureRequest) -> None:
    configuration = yaml.safe_load((request.config.rootpath / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    for repo in configuration["repos"]:
        assert repo["repo"] == "local"
        for hook in repo["hooks"]:
            assert (hook["language"], hook["pass_filenames"]) == ("system", False)
