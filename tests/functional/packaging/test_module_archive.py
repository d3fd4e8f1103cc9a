"""A package whose modules lie in one archive behaves as one whose modules lie in files."""

import subprocess
import sys
from pathlib import Path

import pytest

from pilotlight.core.errors import PackagingError
from pilotlight.packaging.bytecode import Compiler, compile_folder
from pilotlight.packaging.module_archive import archive_modules
from pilotlight_runtime import archive
from pilotlight_runtime.archive import NAME

THIS = Compiler((sys.executable,), "this")


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A package `quick` with the runtime's own reader, compiled in place."""
    package = tmp_path / "packages" / "quick"
    (package / "inner").mkdir(parents=True)
    (package / "__init__.py").write_text("from quick.archive import use_archive\nuse_archive(__path__[0], __name__)\n")
    (package / "archive.py").write_bytes(Path(archive.__file__).read_bytes())
    (package / "inner" / "__init__.py").write_text("from quick.inner.deep import fail\n")
    (package / "inner" / "deep.py").write_text("def fail():\n    raise ValueError\n")
    (package / "inner" / "data.txt").write_text("data")
    (package / "plain.py").write_text('"""Says what it is."""\nVALUE = 1\n')
    compile_folder(package.parent, str(package.parent), THIS)
    return package.parent


def run(packages: Path, code: str, *, flags: tuple[str, ...] = ()) -> str:
    start = f"import sys; sys.path.insert(0, {str(packages)!r}); sys.dont_write_bytecode = True\n{code}"
    command = [sys.executable, "-I", "-S", *flags, "-c", start]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    return done.stdout + done.stderr


SEEN = """
import quick.inner, quick.plain, importlib.resources, inspect, pkgutil
for module in (quick.inner, quick.inner.deep, quick.plain):
    spec = module.__spec__
    print(module.__name__, module.__file__, module.__cached__, module.__package__, getattr(module, "__path__", None))
    print(spec.name, spec.origin, spec.has_location, spec.parent, spec.submodule_search_locations)
print(quick.plain.__doc__, quick.plain.VALUE, inspect.getsource(quick.inner.fail))
print(importlib.resources.files("quick.inner").joinpath("data.txt").read_text())
print(pkgutil.get_data("quick.inner", "data.txt"))
print(sorted(module.name for module in pkgutil.walk_packages(quick.__path__, "quick.")))
print(inspect.getsourcefile(quick.plain), inspect.getsourcelines(quick.plain)[0][:1])
quick.inner.fail()
"""


def test_modules_are_what_they_would_be_of_files(packages: Path) -> None:
    before = run(packages, SEEN)
    assert f'File "{packages}/quick/inner/deep.py", line 2, in fail\n    raise ValueError' in before
    archive_modules(packages / "quick")
    assert run(packages, SEEN) == before


def test_modules_come_from_the_archive(packages: Path) -> None:
    archive_modules(packages / "quick")
    assert sorted(path.name.partition(".")[0] for path in packages.rglob("*.pyc")) == ["__init__", "archive"]
    (packages / "quick" / "plain.py").write_text("VALUE = 2\n")  # as of .pyc files that are not checked
    assert run(packages, "import quick.plain; print(quick.plain.VALUE)") == "1\n"


def test_a_module_that_is_not_in_it_comes_from_its_file(packages: Path) -> None:
    archive_modules(packages / "quick")
    (packages / "quick" / "more.py").write_text("VALUE = 3\n")
    code = "import quick.more; print(quick.more.VALUE)\nimport quick.missing"
    assert run(packages, code).startswith("3\n")
    assert "No module named 'quick.missing'" in run(packages, code)


def test_of_another_version_of_python_it_is_not_used(packages: Path) -> None:
    archive_modules(packages / "quick")
    content = bytearray((packages / "quick" / NAME).read_bytes())
    content[0] ^= 1
    (packages / "quick" / NAME).write_bytes(content)
    (packages / "quick" / "plain.py").write_text("VALUE = 2\n")
    assert run(packages, "import quick.plain; print(quick.plain.VALUE)") == "2\n"


def test_an_index_longer_than_the_first_read(packages: Path) -> None:
    for number in range(600):
        (packages / "quick" / f"a_module_with_a_long_name_{number}.py").write_text(f"VALUE = {number}\n")
    compile_folder(packages, str(packages), THIS)
    archive_modules(packages / "quick")
    code = (
        "import quick.a_module_with_a_long_name_599 as last; print(last.VALUE, last.__spec__.loader.__class__.__name__)"
    )
    assert run(packages, code) == "599 _Loader\n"


def test_built_again_it_is_the_same(packages: Path) -> None:
    archive_modules(packages / "quick")
    first = (packages / "quick" / NAME).read_bytes()
    compile_folder(packages, str(packages), THIS)
    archive_modules(packages / "quick")
    assert (packages / "quick" / NAME).read_bytes() == first


def test_a_damaged_pyc_file_is_refused(packages: Path) -> None:
    (compiled,) = (packages / "quick").glob("__pycache__/plain.*")
    compiled.write_bytes(compiled.read_bytes()[:4] + bytes(12))
    with pytest.raises(PackagingError, match="plain"):
        archive_modules(packages / "quick")


@pytest.mark.parametrize("damage", ["closed", "taken"])
def test_a_descriptor_that_is_gone_costs_nothing(packages: Path, damage: str) -> None:
    """An app.py may close every descriptor that is not its own, and the number may then be another file's."""
    archive_modules(packages / "quick")
    taken = "" if damage == "closed" else "os.open(sys.executable, os.O_RDONLY)\n"
    code = f"import os, quick\nos.closerange(3, 100)\n{taken}import quick.plain\nprint(quick.plain.VALUE)"
    assert run(packages, code) == "1\n"
