import numpy as np
import pytest

from pilotlight import folds
from pilotlight.core.errors import DataError


def test_each_fold_has_its_share_of_each_class() -> None:
    labels = np.array([0] * 20 + [1] * 10)
    for _, held in folds(labels, 3, "here").split(labels[:, None], labels):
        assert np.bincount(labels[held]).tolist() == [4, 2]


def test_a_rare_class_makes_fewer_folds_and_a_single_sample_none() -> None:
    assert folds(np.array([0, 0, 0, 1, 1]), 0, "here").get_n_splits() == 2
    assert folds(np.array([0.5, 0.5, 1.5]), 0, "here").get_n_splits() == 3
    with pytest.raises(DataError, match="here: has a class with one training sample"):
        folds(np.array([0, 0, 1]), 0, "here")
