import numpy as np

from pilotlight.conversion import resolve_label_ties
from pilotlight.core.model_config import ParityConfig
from pilotlight_runtime.datatypes import FP32, INT64
from pilotlight_runtime.signature import Signature, TensorSpec

LABEL, SCORES = TensorSpec("label", INT64, (-1,)), TensorSpec("probabilities", FP32, (-1, 3))
EXPECTED = {
    "label": np.array([0, 0, 2, 1]),
    "probabilities": np.array([[0.5, 0.5, 0], [0.6, 0.4, 0], [0, 0, 1], [0.2, 0.4000001, 0.4]], np.float32),
}


def test_a_class_with_as_high_a_score_is_accepted_and_no_other() -> None:
    found = {"label": np.array([1, 1, 7, 2]), "probabilities": EXPECTED["probabilities"]}
    resolved = resolve_label_ties(EXPECTED, found, Signature((), (LABEL, SCORES)), ParityConfig())
    assert resolved["label"].tolist() == [1, 0, 2, 2]
    assert resolved["probabilities"] is EXPECTED["probabilities"]


def test_without_scores_the_classes_stay_as_they_are() -> None:
    found = {"label": np.array([1, 1, 7, 2])}
    assert resolve_label_ties(EXPECTED, found, Signature((), (LABEL,)), ParityConfig()) is EXPECTED
