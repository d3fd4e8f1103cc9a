import re
from pathlib import Path

import pytest

from pilotlight_runtime.engine.library import explain_machine, find_library
from pilotlight_runtime.errors import SessionError

PROVIDERS = "libonnxruntime_providers_shared.so"


def wheel(root: Path, *names: str) -> str:
    folder = root / "onnxruntime" / "capi"
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).touch()
    return str(root)


@pytest.mark.parametrize("name", ["libonnxruntime.so.1.32.0", "libonnxruntime.so", "libonnxruntime.1.32.0.dylib"])
def test_beside_the_other_libraries(name: str, tmp_path: Path) -> None:
    entry = wheel(tmp_path, PROVIDERS, name, "__init__.py", "onnxruntime_pybind11_state.so")
    assert find_library([entry]) == str(tmp_path / "onnxruntime" / "capi" / name)


def test_first_entry_that_has_it(tmp_path: Path) -> None:
    archive = tmp_path / "code.zip"
    archive.touch()
    entries = [str(tmp_path / "absent"), str(archive), "", wheel(tmp_path / "a", PROVIDERS)]
    entries += [wheel(tmp_path / "b", "libonnxruntime.so.1.2.3"), wheel(tmp_path / "c", "libonnxruntime.so.9.9.9")]
    assert Path(find_library(entries)).is_relative_to(tmp_path / "b")


def test_nowhere(tmp_path: Path) -> None:
    with pytest.raises(SessionError, match=str(tmp_path)):
        find_library([str(tmp_path)])


def elf(path: Path, machine: int) -> str:
    path.write_bytes(b"\x7fELF\x02\x01" + bytes(12) + machine.to_bytes(2, "little") + bytes(44))
    return str(path)


@pytest.mark.parametrize(
    ("e_machine", "machine", "said"),
    [
        (62, "aarch64", "for x86_64, and this processor is aarch64: .* Architecture=arm64"),
        (183, "x86_64", "for aarch64, and this processor is x86_64: .* Architecture=x86_64"),
        (62, "x86_64", ""),
        (183, "aarch64", ""),
        (243, "x86_64", ""),
        (62, "riscv64", ""),
    ],
)
def test_a_library_for_another_processor_is_explained(e_machine: int, machine: str, said: str, tmp_path: Path) -> None:
    explained = explain_machine(elf(tmp_path / "library.so", e_machine), machine)
    assert re.search(said, explained)
    assert bool(explained) is bool(said)


@pytest.mark.parametrize("content", [b"", b"\x7fELF", b"no library"])
def test_what_is_no_library_is_not_explained(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "library.so").write_bytes(content)
    assert not explain_machine(str(tmp_path / "library.so"), "x86_64")
