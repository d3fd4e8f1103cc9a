"""What `new --kind sklearn` writes, trained from the command line; its learning curve; a table of one's own."""

import csv
from pathlib import Path

import pytest
from PIL import Image
from sklearn.datasets import load_iris
from support.project import Desk, new_project


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = new_project(tmp_path_factory.mktemp("tables"))
    ran = desk("new", "flowers", "--kind", "sklearn")
    assert ran.code == 0, ran.err
    desk.imported()
    return desk


def test_several_seeds_are_told_drawn_and_stored(desk: Desk) -> None:
    ran = desk("train", "flowers", "--seeds", "3")
    assert ran.code == 0, ran.err
    for seed in (20, 21, 22):
        assert f"seed {seed}: accuracy 0.9" in ran.err
    assert "median of 3 seeds: accuracy 0.9" in ran.err
    assert "accuracy  o training, x validation" in ran.out
    assert "training samples 17" in ran.out
    (picture,) = (desk.root / ".pilotlight" / "curves").glob("flowers-*.png")
    assert f"learning curve: .pilotlight/curves/{picture.name}" in ran.err
    shown = desk("show", "flowers", "--json").json["provenance"]
    assert list(shown["scores"]["by_seed"]) == ["20", "21", "22"]
    assert shown["curve"]["at"] == [17.0, 35.0, 53.0, 71.0, 89.0]


def test_the_curve_is_drawn_again_from_the_manifest(desk: Desk) -> None:
    assert desk("train", "flowers").code == 0
    ran = desk("show", "flowers", "--curve", "again.png")
    assert ran.code == 0, ran.err
    with Image.open(desk.root / "again.png") as picture:
        assert picture.format == "PNG"
    assert "accuracy  o training, x validation" in ran.out
    assert "'at':" not in ran.out


def test_a_version_without_a_curve_says_so(desk: Desk) -> None:
    ran = desk("show", "adder", "--curve", "none.png")
    assert ran.code == 1
    assert "has no learning curve" in ran.err
    assert not (desk.root / "none.png").exists()


def test_for_scripts_all_of_it_is_one_object(desk: Desk) -> None:
    told = desk("train", "flowers", "--seeds", "2", "--json").json
    assert list(told["scores"]["by_seed"]) == ["20", "21"]
    assert told["scores"]["kept"] in (20, 21)
    assert told["curve"]["axis"] == "training samples"
    assert desk("train", "flowers", "--json").json["scores"] is None


def test_a_table_of_ones_own_gives_the_same_model_as_the_bundled_one(desk: Desk) -> None:
    bunch = load_iris()
    with (desk.root / "mine.csv").open("w", newline="") as file:
        rows = [
            [*map(float, row), bunch.target_names[kind]] for row, kind in zip(bunch.data, bunch.target, strict=True)
        ]
        csv.writer(file).writerows([["a", "b", "c", "d", "species"], *rows])
    own = desk("train", "flowers", "--data", str(desk.root / "mine.csv"), "--json")
    assert own.code == 0, own.err
    assert own.json["version"] == desk("train", "flowers", "--json").json["version"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a,b,c,d\n1,2,3,4\n", "bad.csv:1: lacks the columns 'species'"),
        ("a,b,c,d,species\n1,2,nan,4,setosa\n", "bad.csv:2: column 'c' holds 'nan'"),
        ("a,b,c,d,species\n1,2,3,4,tulip\n", "bad.csv:2: has the class 'tulip', which model.toml does not name"),
        ("", "bad.csv: is empty"),
    ],
)
def test_a_bad_table_is_one_paragraph_and_changes_nothing(desk: Desk, content: str, said: str) -> None:
    lock = desk.root / "functions" / "flowers" / "model.lock"
    before = lock.read_bytes() if lock.exists() else None
    (desk.root / "bad.csv").write_text(content)
    ran = desk("train", "flowers", "--data", str(desk.root / "bad.csv"))
    assert ran.code == 1
    assert said in ran.err
    assert "Traceback" not in ran.err
    assert (lock.read_bytes() if lock.exists() else None) == before


def test_more_columns_than_the_signature_is_refused(desk: Desk) -> None:
    path = desk.root / "wide.csv"
    kinds = ("setosa", "versicolor", "virginica")
    path.write_text("a,b,species\n" + "".join(f"{n / 8},{n * n % 7},{kinds[n % 3]}\n" for n in range(60)))
    ran = desk("train", "flowers", "--data", str(path))
    assert ran.code == 1
    assert "Traceback" not in ran.err
    assert "gives the input features 4 features, and the model was fitted on 2" in ran.err


def test_every_kind_but_onnx_is_named_by_an_unknown_one(desk: Desk) -> None:
    ran = desk("new", "more", "--kind", "pytorch")
    assert "Known are keras-image, keras-text, onnx, sklearn, torch" in ran.err
    assert not Path(desk.root, "functions", "more").exists()
