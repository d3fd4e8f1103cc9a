import sys
from pathlib import Path

import pytest

from pilotlight.core.errors import ServiceError
from pilotlight.local.functions import load_function


def packaged(folder: Path, app: str, features: str = "") -> Path:
    folder.mkdir()
    (folder / "app.py").write_text(app)
    if features:
        (folder / "features.py").write_text(features)
    return folder


def test_two_functions_keep_their_own_modules(tmp_path: Path) -> None:
    app = "from features import WORD\ndef handler(event, context): return WORD + context.function_name"
    one = load_function("one", packaged(tmp_path / "one", app, "WORD = 'a-'"))
    two = load_function("two", packaged(tmp_path / "two", app, "WORD = 'b-'"))
    assert (one({}, "id"), two({}, "id")) == ("a-one", "b-two")
    assert "features" not in sys.modules
    assert not any(str(tmp_path) in entry for entry in sys.path)


@pytest.mark.parametrize(
    ("app", "said"),
    [
        ("x = 1", "has no function called handler"),
        ("import tiny_words", "No module named 'tiny_words'. Install the package in this environment too"),
        ("raise ValueError('broken')", "app.py raised ValueError at import: broken"),
        ("def (", "app.py raised SyntaxError"),
        ("import sys; sys.exit(0)", r"app.py cannot be used: it calls sys.exit(0) while it is imported"),
        ("raise SystemExit", "it calls sys.exit(None) while it is imported"),
        ("import sys; sys.exit('done')", "it calls sys.exit('done') while it is imported"),
        ("exec('raise GeneratorExit')", "app.py raised GeneratorExit at import"),
        (
            "from pilotlight_runtime.errors import ChecksumMismatch\nraise ChecksumMismatch('model.onnx', 'aa', 'bb')",
            "refuses to start: model.onnx has sha256 bb",
        ),
    ],
)
def test_a_function_that_cannot_start_is_one_paragraph(tmp_path: Path, app: str, said: str) -> None:
    with pytest.raises(ServiceError) as caught:
        load_function("one", packaged(tmp_path / "one", app))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_without_app_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="is missing"):
        load_function("one", tmp_path)
