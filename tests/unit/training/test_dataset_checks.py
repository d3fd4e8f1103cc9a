"""What is wrong with a train.py's data is said before anything is fitted, and names the array."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pilotlight.core.artifacts import Dataset
from pilotlight.core.errors import TrainingError
from pilotlight.training.dataset_checks import check_dataset, find_nan
from pilotlight_runtime.datatypes import BYTES, FP32, INT64
from pilotlight_runtime.signature import Signature, TensorSpec

TWO = Signature(
    (TensorSpec("image", FP32, (-1, 8)), TensorSpec("word", BYTES, (-1,))),
    (TensorSpec("price", FP32, (-1, 1)), TensorSpec("risk", FP32, (-1, 2))),
)
ONE = Signature((TensorSpec("x", FP32, (-1, 8)),), (TensorSpec("y", FP32, (-1, 1)),))
X, Y = np.zeros((4, 8)), np.zeros((4, 1))
WORDS = np.array(["a", "b", "c", "d"])
NAMED = {"image": X, "word": WORDS}


def check(x: Any, y: Any, signature: Signature | None, x_test: Any = None, y_test: Any = None) -> None:
    held = (x if x_test is None else x_test, y if y_test is None else y_test)
    check_dataset(Dataset(x, y, *held, source="made", fingerprint=""), Path("train.py"), signature)


@pytest.mark.parametrize(
    ("x", "y", "signature"),
    [
        (X, Y, ONE),
        (X.tolist(), Y.tolist(), ONE),
        (X, None, ONE),
        (X.astype(np.uint8), np.arange(4), ONE),
        (NAMED, {"price": Y, "risk": np.zeros(4, np.int64)}, TWO),
        (NAMED, {"risk": np.zeros(4, np.int64)}, TWO),
        (NAMED, Y, TWO),
        ({"any": X}, Y, None),
        (X, np.array(["a", "", "b", "c"]), ONE),
    ],
)
def test_what_fits_the_signature_passes(x: Any, y: Any, signature: Signature | None) -> None:
    check(x, y, signature)


BLANK = np.array([0.0, 1.0, np.nan, 3.0])


@pytest.mark.parametrize(
    ("x", "y", "signature", "message"),
    [
        ([X, WORDS], Y, TWO, "load returned x_train, which is a list of 2 arrays, and .* Give a dict of arrays by"),
        (X, Y, TWO, 'which is one array, and .* names image, word. Give a dict .*{"image": …, "word": …}'),
        (NAMED, [Y, Y], TWO, 'y_train, which is a list of 2 arrays. Give a dict of arrays by output name: {"price'),
        (NAMED, {"cost": Y}, TWO, "y_train, which has cost, which no output .* The outputs are price, risk"),
        ({"image": X, "words": WORDS}, Y, TWO, "x_train, which lacks word and has words"),
        ({"image": X, "word": WORDS[:3]}, Y, TWO, r"\['word'\], which has 3 samples, and x_train\['image'\] has 4"),
        ({"image": X, "word": np.arange(4)}, Y, TWO, r"x_train\['word'\], which holds int64, and word is BYTES"),
        ({"image": X.astype(str), "word": WORDS}, Y, TWO, r"x_train\['image'\], which holds texts"),
        (X.astype(object), Y, ONE, r"x_train, which holds Python objects .*\.astype\(np\.float32\)"),
        ([[1, 2], [3], [4], [5]], Y, ONE, "x_train, which has rows of different lengths"),
        (X, Y[:3], ONE, "load returned 4 samples in x_train and 3 in y_train"),
        (X, {"y": Y[:3]}, ONE, "load returned 4 samples in x_train and 3 in y_train"),
        (X[:0], Y[:0], ONE, "load returned 0 samples in x_train and 0 in y_train"),
        (X, BLANK, ONE, r"y_train, which has a blank \(NaN or None\), the first in sample 2. Leave those samples out"),
        (X, np.array(["a", None, "b", "c"], object), ONE, "y_train, which has a blank .* in sample 1"),
        (NAMED, {"price": Y, "risk": BLANK}, TWO, r"y_train\['risk'\], which has a blank"),
    ],
)  # fmt: skip
def test_what_does_not_is_named(x: Any, y: Any, signature: Signature, message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        check(x, y, signature)


def test_the_held_out_part_is_checked_too() -> None:
    with pytest.raises(TrainingError, match="x_test, which lacks word"):
        check(NAMED, Y, TWO, x_test={"image": X})
    with pytest.raises(
        TrainingError, match=r"x_test, which holds 1e\+300 at \[1, 0\] \(float64\), which"
    ):
        check(X, Y, ONE, x_test=np.where(np.arange(4)[:, None] == 1, 1e300, X))
    with pytest.raises(TrainingError, match="y_test, which has a blank"):
        check(X, Y, ONE, y_test=BLANK)
    with pytest.raises(TrainingError, match="y_test, which is None, and y_train is not"):
        check_dataset(Dataset(X, Y, X, None, source="", fingerprint=""), Path("train.py"), ONE)


def test_a_frame_with_blanks_among_its_targets_is_refused() -> None:
    pandas = pytest.importorskip("pandas", reason="the extra `tables` is not installed")
    with pytest.raises(TrainingError, match=r"y_train\['y'\], which has a blank, the first in sample 1"):
        check(X, pandas.DataFrame({"y": ["a", None, "b", "c"]}), ONE)
    with pytest.raises(TrainingError, match="y_train, which has a blank"):
        check(X, pandas.Series([1, None, 2, 3]), ONE)


def test_an_input_with_nan_is_found() -> None:
    holes = X.copy()
    holes[2, 5] = np.nan
    x = {"image": holes, "count": np.arange(4)}
    assert (
        find_nan(Dataset(x, Y, x, Y, source="", fingerprint="")) == "x_train['image'] holds NaN, the first in sample 2"
    )
    assert find_nan(Dataset(X, Y, X, Y, source="", fingerprint="")) == ""
    signature = Signature((TensorSpec("image", FP32, (-1, 8)), TensorSpec("count", INT64, (-1,))), ONE.outputs)
    check(x, Y, signature)  # only some models refuse NaN
