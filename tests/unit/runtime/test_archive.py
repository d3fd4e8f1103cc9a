"""The reader of the runtime's archive, in this process."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pilotlight.packaging.bytecode import Compiler, compile_folder
from pilotlight.packaging.module_archive import archive_modules
from pilotlight_runtime.archive import HEADER, NAME, read_index, use_archive


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The folder of a package `kept_together`, its modules in an archive."""
    package = tmp_path / "kept_together"
    (package / "inner").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "inner" / "__init__.py").write_text("VALUE = 2\n")
    (package / "plain.py").write_text("VALUE = 1\n")
    compile_folder(package, str(package), Compiler((sys.executable,), "this"))
    archive_modules(package)
    return package


@pytest.fixture(autouse=True)
def finders() -> Iterator[None]:
    before = [*sys.meta_path]
    yield
    sys.meta_path[:] = before


def test_modules_and_packages_are_found_and_others_left_to_the_next_finder(package: Path) -> None:
    assert use_archive(str(package), "kept_together")
    finder = sys.meta_path[0]
    plain = finder.find_spec("kept_together.plain", None)
    inner = finder.find_spec("kept_together.inner", None)
    assert plain is not None
    assert inner is not None
    assert plain.submodule_search_locations is None
    assert inner.submodule_search_locations == [str(package / "inner")]
    assert finder.find_spec("kept_together.none", None) is None
    code = plain.loader.get_code("kept_together.plain")  # type: ignore[union-attr]
    assert code.co_filename.endswith("kept_together/plain.py")
    (package / "data.txt").write_bytes(b"data")
    assert plain.loader.get_data(str(package / "data.txt")) == b"data"  # type: ignore[union-attr]


def test_without_an_archive_python_finds_the_modules_itself(tmp_path: Path) -> None:
    assert not use_archive(str(tmp_path), "kept_together")


def test_an_archive_of_another_python_is_not_used(package: Path) -> None:
    file = package / NAME
    file.write_bytes(b"????" + file.read_bytes()[4:])
    assert not use_archive(str(package), "kept_together")


def test_an_index_that_is_longer_than_the_first_read_is_read_whole(package: Path) -> None:
    magic = (package / NAME).read_bytes()[:4]
    names = [f"kept_together.module_{number}" for number in range(1000)]
    index = "".join(f"{name} module 0 4\n" for name in names).encode()
    assert len(index) > 16_384
    (package / NAME).write_bytes(magic + len(index).to_bytes(HEADER - 4, "little") + index + magic)
    assert use_archive(str(package), "kept_together")
    assert sys.meta_path[0].find_spec(names[-1], None) is not None


def test_positions_count_from_the_end_of_the_index() -> None:
    assert read_index(b"a package 0 3\na.b module 3 5\n", 100) == {"a": (True, 100, 3), "a.b": (False, 103, 5)}
