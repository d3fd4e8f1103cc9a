"""What a function's requirements.txt may say."""

from pathlib import Path

import pytest

from pilotlight.core.errors import PackagingError
from pilotlight.packaging.requirements import Pin, check_not_shared, read_pins

FILE = f"""\ufeff# what app.py imports
--index-url https://mirror.example/simple
--find-links=wheels
six==1.17.0  # a remark

tokenizers[testing] == 0.21.1 \\
    --hash=sha256:{"a" * 64} \\
    --hash=sha256:{"b" * 64}
zope.interface==7.2+local
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "requirements.txt"


def test_pins_with_and_without_hashes(file: Path) -> None:
    file.write_text(FILE, encoding="utf-8")
    assert read_pins(file) == (Pin("six", "1.17.0"), Pin("tokenizers", "0.21.1"), Pin("zope.interface", "7.2+local"))


@pytest.mark.parametrize("text", ["", "# nothing yet\n\n"])
def test_no_pins(file: Path, text: str) -> None:
    assert read_pins(file) == ()
    file.write_text(text)
    assert read_pins(file) == ()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("six", r"line 2 \(six\) is not pinned"),
        ("six>=1.17", r"line 2 \(six\) is not pinned.*NAME==VERSION"),
        ("six==1.*", "is not pinned"),
        ("six===1.17.0", "is not pinned"),
        ("six==1.17.0,<2", "is not pinned"),
        ("six==1.17.0 --no-deps", "is not pinned"),
        ("./wheels/six.whl", "line 2 is not pinned"),
        ("six @ https://user:secret@mirror.example/six.whl", r"line 2 \(six\) is not pinned"),
        ("git+https://user:secret@mirror.example/six", r"line 2 \(git\) is not pinned"),
        ("six==1.17.0; python_version < '3.12'", r"line 2 \(six\) has a condition"),
        ("-r others.txt", "line 2 is an option that is not allowed here"),
        ("--requirement=others.txt", "is an option that is not allowed here"),
        ("-e .", "is an option that is not allowed here"),
        ("--no-binary :all:", "is an option that is not allowed here"),
    ],
)
def test_a_line_that_leaves_something_open(file: Path, line: str, said: str) -> None:
    file.write_text(f"tokenizers==0.21.1\n{line}\n")
    with pytest.raises(PackagingError, match=said) as caught:
        read_pins(file)
    assert caught.value.where == str(file)
    assert "secret" not in str(caught.value)


def test_the_line_is_where_it_begins(file: Path) -> None:
    file.write_text("a==1 \\\n  --hash=sha256:00\nb \\\n  ~=2\n")
    with pytest.raises(PackagingError, match=r"line 3 \(b\)"):
        read_pins(file)


@pytest.mark.parametrize("text", ["# a remark \\\nsix\n", "six \\", "six \\\n# a remark"])
def test_lines_that_go_on_end_where_pip_ends_them(file: Path, text: str) -> None:
    file.write_text(text)
    with pytest.raises(PackagingError, match=r"\(six\) is not pinned"):
        read_pins(file)


def test_another_encoding(file: Path) -> None:
    file.write_bytes(b"# caf\xe9\n")
    with pytest.raises(PackagingError, match="is not UTF-8 text"):
        read_pins(file)


def test_what_the_layer_has_is_refused_however_it_is_written(file: Path, tmp_path: Path) -> None:
    layer = tmp_path / "layer.txt"
    layer.write_text(f"# locked\naws-lambda-powertools==3.20.0 \\\n    --hash=sha256:{'a' * 64}\n")
    check_not_shared(file, (Pin("six", "1.17.0"),), layer)
    with pytest.raises(PackagingError, match=r"AWS_Lambda\.Powertools, which is in the layer already. Take that line"):
        check_not_shared(file, (Pin("six", "1.17.0"), Pin("AWS_Lambda.Powertools", "3.0")), layer)


def test_a_project_without_a_layer(file: Path, tmp_path: Path) -> None:
    check_not_shared(file, (Pin("six", "1.17.0"),), tmp_path / "absent.txt")
