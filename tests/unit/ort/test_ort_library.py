from pathlib import Path

import pytest

from pilotlight_runtime.engine.library import find_library
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
