"""What the crash points compare."""

import json
from pathlib import Path

from support.crash.trees import differences, half_written, read_tree, without_temporary

from pilotlight.core.files import SUFFIX


def test_differences_name_each_path() -> None:
    found, wanted = {"a": b"1", "b": b"1", "c": b"1"}, {"b": b"1", "c": b"2", "d": b"1"}
    assert differences(found, wanted) == ["a is left over", "c differs", "d is missing"]


def test_a_file_may_be_old_new_or_not_there_yet() -> None:
    before, after = {"a": b"old"}, {"a": b"new", "b": b"new"}
    for found in ({"a": b"old"}, {"a": b"new"}, {"a": b"old", "b": b"new"}):
        assert half_written(found, before, after) == []
    assert half_written({"a": b"ne", "b": b""}, before, after) == ["a is half-written", "b is half-written"]
    assert half_written({}, before, after) == ["a is half-written"]


def test_temporary_files_have_the_names_that_the_tool_gives_them() -> None:
    hidden = {
        f"functions/.app.py.abcd1234{SUFFIX}": b"",
        f"build/.a.abcd1234{SUFFIX}/new/app.py": b"",
        "s/.aside/x": b"",
    }
    assert without_temporary({**hidden, ".gitignore": b"", "app.py": b""}) == {".gitignore": b"", "app.py": b""}


def test_a_tree_tells_modes_and_empty_folders(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x")
    before = read_tree(tmp_path)
    (tmp_path / "file").chmod(0o600)
    (tmp_path / "empty").rmdir()
    assert differences(read_tree(tmp_path), before) == ["empty/ is missing", "file differs"]


def test_only_what_was_measured_is_left_out_of_a_manifest(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    trees = []
    for seconds, metric in ((1.0, 1), (2.0, 1), (2.0, 2)):
        path.write_text(json.dumps({"metrics": metric, "provenance": {"training": {"seconds": seconds}}}))
        trees.append(read_tree(tmp_path))
    assert trees[0] == trees[1] != trees[2]


def test_a_lock_whose_manifest_is_another_one_differs(tmp_path: Path) -> None:
    lock = tmp_path / "digits" / "model.lock"
    lock.parent.mkdir()
    lock.write_text(json.dumps({"version": "0123456789ab", "manifest_sha256": "f" * 64}))
    assert read_tree(tmp_path)["digits/model.lock"].endswith(b"WRONG")
