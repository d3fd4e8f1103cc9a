"""JSON and TOML files with any content: each that cannot be read is one error that names the file."""

from pathlib import Path

import pytest

from pilotlight.core.documents import InvalidDocument, parse_object
from pilotlight.core.errors import ProjectError
from pilotlight.core.model_toml import load_model_config
from pilotlight.core.project import read_project_settings
from pilotlight.core.stack import read_stack_name


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "Expecting value"),
        (b"{", "Expecting"),
        (b"\xff", "not UTF-8 at byte 0"),
        ("{}".encode("utf-16"), "not UTF-8"),
        (b"{}\0", "Extra data"),
        (b'{"a": "\\ud800"}', "half of a surrogate pair"),
        (b'{"\\udfff": 1}', "half of a surrogate pair"),
        (b'{"a": NaN}', "NaN|Infinity|too large"),
        (b'{"a": -Infinity}', "NaN|Infinity|too large"),
        (b'{"a": 1e999}', "NaN|Infinity|too large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "64 bits"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested more than 64 deep"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested more than 64 deep"),
        (b'{"a": {"b": 1, "b": 2}}', "the name 'b' twice"),
        *((raw, "not an object") for raw in (b"[]", b"3", b"1.5", b'"text"', b"null", b"true")),
    ],
)
def test_what_is_no_json_object_is_a_short_error(raw: bytes, said: str) -> None:
    with pytest.raises(InvalidDocument, match=said) as caught:
        parse_object(raw)
    assert len(str(caught.value)) < 200


def test_a_json_object_is_read() -> None:
    assert parse_object('{"a": [1, 2.5, "é", {"b": null}]}'.encode()) == {"a": [1, 2.5, "é", {"b": None}]}


TOML = {
    "UTF-16": 'kind = "onnx"'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbfkind = "onnx"',
    "Latin-1": 'description = "café"'.encode("latin-1"),
    "NUL": b'kind = "onnx"\0',
    "deep": b"a = " + b"[" * 100_000,
    "many digits": b"a = " + b"9" * 5000,
    "twice": b"a = 1\na = 2",
    "half of a character": b'a = "\\ud800"',
    "a wrong day": b"a = 2026-02-31",
    "cut off": b'a = "x',
}


@pytest.mark.parametrize("name", TOML)
def test_what_is_no_toml_is_one_error_that_names_the_file(tmp_path: Path, name: str) -> None:
    for file, read in {
        "model.toml": lambda path: load_model_config("tiny", path),
        "pilotlight.toml": lambda path: read_project_settings(path.parent),
        "samconfig.toml": lambda path: read_stack_name(path.parent),
    }.items():
        path = tmp_path / name.replace(" ", "-") / file
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(TOML[name])
        with pytest.raises(ProjectError, match=rf"{file}: (is not TOML|a is not a setting)") as caught:
            read(path)
        assert len(str(caught.value).splitlines()) == 1
        path.unlink()


@pytest.mark.parametrize(
    "line",
    [
        *("samples = nan", "samples = 1e999", "samples = true", "samples = []", "samples = 2026-01-01"),
        *("rtol = nan", "rtol = inf", "rtol = -1", f"rtol = 0x{'f' * 5000}", f"samples = -0x{'f' * 5000}"),
        *("atol = {}", f"samples{'.a' * 10_000} = 1", 'atol = "1"', f"atol = {'[' * 100}{']' * 100}"),
    ],
)
def test_a_wrong_value_is_one_short_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "model.toml"
    path.write_text(f'kind = "onnx"\n[parity]\n{line}\n')
    with pytest.raises(ProjectError, match=r"model\.toml: ") as caught:
        load_model_config("tiny", path)
    assert len(str(caught.value)) < 600
    assert len(str(caught.value).splitlines()) == 1


def test_a_folder_in_place_of_a_file_names_it(tmp_path: Path) -> None:
    (tmp_path / "model.toml").mkdir()
    with pytest.raises(ProjectError, match=r"model\.toml: cannot be read, since it is a folder and not a file"):
        load_model_config("tiny", tmp_path / "model.toml")
