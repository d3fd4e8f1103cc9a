from pilotlight.cli.curve_text import HEIGHT, WIDTH, curve_text
from pilotlight.core.learning_curve import LearningCurve


def drawn(curve: LearningCurve) -> list[list[str]]:
    return [text.plain.split("\n") for text in curve_text(curve)]


def test_each_measure_is_drawn_between_its_least_and_its_most() -> None:
    series = {"loss": (4.0, 2.0, 1.0), "val_loss": (3.0, 2.0, 2.5), "accuracy": (0.5, 0.75, 1.0)}
    loss, accuracy = drawn(LearningCurve("epoch", (1, 2, 3), series))
    assert loss[0] == "loss  o training, x validation"
    assert accuracy[0] == "accuracy  o training"
    assert loss[1].startswith("         4 |o")
    assert loss[HEIGHT].startswith("         1 |")
    assert loss[HEIGHT].endswith("o")
    assert loss[HEIGHT + 1].strip() == "+" + "-" * WIDTH
    assert loss[HEIGHT + 2].split() == ["epoch", "1", "3"]
    body = "".join(loss[1 : HEIGHT + 1])
    assert [body.count(sign) for sign in "ox*"] == [2, 2, 1]
    assert max(len(line) for line in loss) <= 80


def test_one_point_a_flat_line_and_values_that_are_missing() -> None:
    (point,) = drawn(LearningCurve("epoch", (1,), {"loss": (2.0,)}))
    assert "".join(point[1 : HEIGHT + 1]).count("o") == 1
    (flat,) = drawn(LearningCurve("epoch", (1, 2, 3), {"loss": (2.0, None, 2.0)}))
    assert "".join(flat[1 : HEIGHT + 1]).count("o") == 2
    assert "." not in "".join(flat[1 : HEIGHT + 1])
    assert drawn(LearningCurve("epoch", (1,), {"loss": (None,)})) == []
