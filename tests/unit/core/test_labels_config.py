import pytest

from pilotlight.core.labels import LabelsConfig, add_label_outputs, remove_label_outputs
from pilotlight_runtime.datatypes import BYTES, FP32
from pilotlight_runtime.signature import Signature, TensorSpec

NAMES = ("no", "yes")


@pytest.mark.parametrize("rows", [-1, 8])
@pytest.mark.parametrize("scores", ["", "z"])
def test_there_are_as_many_names_as_scores_and_they_are_told_by_their_name(rows: int, scores: str) -> None:
    other = TensorSpec("y", FP32, (rows if not scores else 1, 2))
    own = Signature((TensorSpec("x", FP32, (rows, 4)),), (other, TensorSpec("z", FP32, (rows, 2))))
    labels = LabelsConfig(NAMES, scores, "kind")
    assert add_label_outputs(own, (labels,)).outputs == (*own.outputs, TensorSpec("kind", BYTES, (rows,)))
    assert remove_label_outputs(add_label_outputs(own, (labels,)), (labels,)) == own


def test_without_labels_a_signature_stays_as_it_is() -> None:
    own = Signature((), (TensorSpec("y", FP32, (-1, 2)),))
    assert add_label_outputs(own, ()) is own
    assert remove_label_outputs(own, ()) is own
