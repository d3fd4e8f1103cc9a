from pathlib import Path

import numpy as np
import pytest
from support.onnx_models import add_model, save
from support.project import Desk

from pilotlight.core.project import find_project


def test_init_says_what_to_type_next_and_refuses_to_overwrite(tmp_path: Path) -> None:
    first = Desk(tmp_path)("init", "mine")
    assert first.code == 0
    assert "cd mine && pilotlight new NAME" in first.out
    (tmp_path / "mine" / "Makefile").write_text("my own")
    again = Desk(tmp_path)("init", "mine")
    assert again.code == 1
    assert "has Makefile already, with other content. Nothing was written" in again.err


def test_init_again_changes_nothing(tmp_path: Path) -> None:
    Desk(tmp_path)("init", "mine")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    (tmp_path / "mine" / "README.md").unlink()
    assert Desk(tmp_path)("init", "mine").code == 0
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_an_init_that_is_refused_leaves_no_lock_file(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text("my own")
    assert Desk(tmp_path)("init", ".").code == 1
    assert [path.name for path in tmp_path.iterdir()] == ["Makefile"]


def test_new_adds_a_folder_and_a_resource(desk: Desk) -> None:
    ran = desk("new", "spam-filter")
    assert ran.code == 0
    assert "functions/spam-filter" in ran.out
    assert "  SpamFilterFunction:" in (desk.root / "template.yaml").read_text()


@pytest.mark.parametrize("kind", ["keras-image", "keras-text", "sklearn", "torch", "onnx"])
def test_new_may_add_a_model_that_streams(desk: Desk, kind: str) -> None:
    assert desk("new", "chat", "--kind", kind, "--stream").code == 0
    assert "\nstream = true\n" in (desk.root / "functions" / "chat" / "model.toml").read_text()
    assert "${ChatFunction.Arn}:live/response-streaming-invocations" in (desk.root / "template.yaml").read_text()


def test_new_adds_a_model_of_a_table_that_streams(desk: Desk) -> None:
    (desk.root / "people.csv").write_text(
        "age,survived\n" + "".join(f"{age * 7 % 30},{age % 2}\n" for age in range(40))
    )
    argv = ("new", "chat", "--kind", "sklearn", "--data", "people.csv", "--target", "survived", "--stream")
    ran = desk(*argv)
    assert ran.code == 0, ran.err
    assert "\nstream = true\n" in (desk.root / "functions" / "chat" / "model.toml").read_text()


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["new", "Spam"], "model name 'Spam'"),
        (["new", "catalog"], "is reserved by Pilotlight"),
        (["new", "ok", "--kind", "pytorch"], "Known are"),
    ],
)
def test_new_refuses_names_and_kinds(desk: Desk, argv: list[str], said: str) -> None:
    ran = desk(*argv)
    assert ran.code == 1
    assert said in ran.err
    assert "Traceback" not in ran.err


def test_import_publishes_pins_and_adds_the_function(desk: Desk) -> None:
    version = desk.imported()
    assert "  AdderFunction:" in (desk.root / "template.yaml").read_text()
    listed = desk("models", "--json").json["models"]
    assert [(model["name"], model["pinned"]) for model in listed] == [("adder", version)]
    assert desk.imported() == version


def test_import_says_when_nothing_was_compared_and_compares_golden_samples(desk: Desk) -> None:
    file = save(add_model(), desk.root / "adder.onnx")
    plain = desk("import", str(file), "--name", "adder", "--json").json
    assert plain["parity"]["largest_difference"] is None
    assert plain["parity"]["note"]
    a, b = np.ones((2, 3), np.float32), np.full((2, 3), 2, np.float32)
    np.savez(desk.root / "golden.npz", a=a, b=b, sum=a + b, difference=a - b)
    told = desk("import", "adder.onnx", "--name", "adder", "--golden", "golden.npz", "--json").json
    assert told["parity"]["largest_difference"] == 0


def test_import_refuses_what_the_golden_samples_contradict(desk: Desk) -> None:
    save(add_model(), desk.root / "adder.onnx")
    a, b = np.ones((2, 3), np.float32), np.full((2, 3), 2, np.float32)
    np.savez(desk.root / "golden.npz", a=a, b=b, sum=a - b)
    ran = desk("import", "adder.onnx", "--name", "adder", "--golden", "golden.npz")
    assert ran.code == 1
    assert "differ from those of its source" in ran.err
    assert desk("models", "--json").json["models"] == []


@pytest.mark.parametrize("content", [None, b"", b"not a model"])
def test_import_of_no_model_is_one_paragraph(desk: Desk, content: bytes | None) -> None:
    if content is not None:
        save(content, desk.root / "bad.onnx")
    ran = desk("import", "bad.onnx", "--name", "bad")
    assert ran.code == 1
    assert "bad.onnx" in ran.err
    assert "Traceback" not in ran.err
    assert not (desk.root / "functions" / "bad").exists()


def test_outside_a_project_the_error_names_init(tmp_path: Path) -> None:
    ran = Desk(tmp_path)("models")
    assert ran.code == 1
    assert "pilotlight init" in ran.err


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("keras-image", "then pilotlight train pets"),
        ("sklearn", "then pilotlight train pets"),
        ("keras-text", "then pilotlight train pets"),
        ("torch", "then pilotlight train pets"),
        ("onnx", "Next: pilotlight import FILE.onnx --name pets"),
    ],
)
def test_new_says_what_its_kind_needs_next(desk: Desk, kind: str, said: str) -> None:
    assert said in " ".join(desk("new", "pets", "--kind", kind).out.split())


def test_an_onnx_model_that_was_not_imported_is_told_to_be(desk: Desk) -> None:
    desk("new", "pets", "--kind", "onnx")
    ran = desk("train", "pets")
    assert ran.code == 1
    assert "pilotlight import FILE.onnx --name pets" in ran.err
    assert "pilotlight import FILE.onnx --name pets" in desk("check", "--json").out


def test_publishing_again_says_that_the_first_manifest_stays(desk: Desk) -> None:
    desk.imported()
    ran = desk("import", "adder.onnx", "--name", "adder")
    assert "was published before" in ran.out
    assert "versions are immutable" in ran.out


def test_a_folder_that_cannot_be_made_is_the_persons_to_mend(desk: Desk) -> None:
    (desk.root / "file").touch()
    ran = desk("init", "file/below")
    assert ran.code == 1
    assert "Check the path, its permissions and the free space" in ran.err


def people(root: Path, rows: str = "") -> Path:
    lines = "".join(f"{place * 3},{'male' if place % 2 else 'female'},{place % 2}\n" for place in range(20))
    (root / "people.csv").write_text(f"age,sex,survived\n{rows or lines}")
    return root / "people.csv"


TABLE = ("new", "people", "--kind", "sklearn", "--data", "people.csv", "--target")


def test_new_with_a_table_writes_its_signature(desk: Desk) -> None:
    people(desk.root)
    ran = desk(*TABLE, "survived")
    assert ran.code == 0, ran.err
    assert "the target 'survived' is 2 classes: 0, 1" in ran.err
    assert "features: age (INT64), sex (BYTES)" in ran.err
    config = find_project(desk.root, {}).read_config("people")
    assert config.signature is not None
    assert [(spec.name, spec.datatype.name, spec.shape) for spec in config.signature.inputs] == [
        ("age", "INT64", (-1,)),
        ("sex", "BYTES", (-1,)),
    ]
    assert config.training.data == "../../people.csv"
    before = (desk.root / "functions/people/train.py").read_bytes()
    assert desk(*TABLE, "survived").code == 0
    assert (desk.root / "functions/people/train.py").read_bytes() == before


@pytest.mark.parametrize(
    ("rows", "target", "message"),
    [
        ("", "lived", r"lacks the columns 'lived' (it has 'age', 'sex', 'survived')"),
        ("1,male,\n2,female,1\n", "survived", "people.csv:2: column 'survived' is empty"),
        ("1,male,1\n2,female,1\n", "survived", "has one value in the target 'survived': 1"),
        ("1,,0\n2,,1\n" * 4, "survived", "has the column 'sex', which is blank in every line"),
        ("1,male,0\n2,male,1\n3,male,1\n", "survived", "has one line of the class '0'"),
        ("".join(f"{n},a,name{n}\n" for n in range(300)), "survived", "has 300 different words in the target"),
    ],
)
def test_new_refuses_a_table_that_nothing_can_be_learned_from(desk: Desk, rows: str, target: str, message: str) -> None:
    people(desk.root, rows)
    ran = desk(*TABLE, target)
    assert ran.code == 1
    assert message in " ".join(ran.err.split())
    assert not (desk.root / "functions/people").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--data", "people.csv", "--target", "survived"), "Use --kind sklearn --data FILE --target COLUMN"),
        (("--kind", "sklearn", "--data", "people.csv"), "has a table and no target. Add --target COLUMN"),
        (("--kind", "sklearn", "--target", "survived"), "Use --kind sklearn --data FILE --target COLUMN"),
        (("--kind", "sklearn", "--data", "none.csv", "--target", "x"), "none.csv: does not exist"),
        (("--kind", "sklearn", "--data", "people.xlsx", "--target", "x"), "is no table with named columns"),
    ],
)
def test_new_says_which_options_a_table_needs(desk: Desk, arguments: tuple[str, ...], message: str) -> None:
    people(desk.root)
    ran = desk("new", "people", *arguments)
    assert ran.code == 1
    assert message in " ".join(ran.err.split())
    assert not (desk.root / "functions/people").exists()


def test_a_column_with_another_word_in_each_line_is_left_out_and_said(desk: Desk) -> None:
    people(desk.root, "".join(f"{place * 3},passenger{place},{place % 2}\n" for place in range(60)))
    ran = desk(*TABLE, "survived")
    assert ran.code == 0, ran.err
    assert "left out the column 'sex' of people.csv, which has another word in each line" in ran.err
