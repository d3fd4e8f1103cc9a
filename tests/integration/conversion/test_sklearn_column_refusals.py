"""What ONNX Runtime could not answer as scikit-learn does is refused in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, TargetEncoder
from support.column_models import (
    ADAPTER,
    FRAME,
    TARGET,
    classify,
    convert,
    encode,
    scale,
    sign,
)

from pilotlight.core.errors import ConversionError

pd = pytest.importorskip("pandas", reason="frames need the extra `tables`")


def test_an_unknown_category_that_the_encoder_forbids_is_no_answer(tmp_path: Path) -> None:
    model = classify(("w", OneHotEncoder(), ["sex"])).fit(FRAME[["sex"]], TARGET)
    signature = sign(["sex"])
    session = convert(model, signature, tmp_path)
    unknown = {"sex": np.array(["new"], dtype=object)}
    with pytest.raises(Exception, match="indices element out of data bounds"):
        session.run(None, unknown)
    with pytest.raises(
        ConversionError, match=r"are refused by the model \(Found unknown categories \['new'\].*Set handle"
    ):
        ADAPTER.predict(model, unknown, signature)


@pytest.mark.parametrize(
    ("model", "columns", "declared", "message"),
    [
        (classify(("n", scale(), ["age"])), ["age", "siblings"], ["age", "sex"], "lacks siblings.* and has sex"),
        (
            classify(("w", TargetEncoder(), ["sex", "siblings"])),
            ["sex", "siblings"],
            ["sex", "siblings"],
            "gives TargetEncoder words and numbers together: sex, siblings",
        ),
        (
            classify(("t", TfidfVectorizer(sublinear_tf=True), "note"), ("w", encode(), ["sex"])),
            ["note", "sex"],
            ["note", "sex"],
            "TfidfVectorizer in train.py: has sublinear_tf=True",
        ),
        (
            classify(
                ("w", make_pipeline(SimpleImputer(strategy="most_frequent", add_indicator=True), encode()), ["port"])
            ),
            ["port"],
            ["port"],
            "SimpleImputer with add_indicator converts on numbers, not on words",
        ),
    ],
)
def test_what_cannot_be_equal_is_refused_in_one_line(
    tmp_path: Path, model: Any, columns: list[str], declared: list[str], message: str
) -> None:
    model.fit(FRAME[columns], TARGET)
    with pytest.raises(ConversionError, match=message) as caught:
        convert(model, sign(declared), tmp_path)
    assert "\n" not in str(caught.value)


def test_columns_need_a_model_that_knows_their_names(tmp_path: Path) -> None:
    model = LogisticRegression().fit(FRAME[["siblings", "id"]].to_numpy(), TARGET)
    with pytest.raises(ConversionError, match="fitted on an array, whose columns have no names"):
        convert(model, sign(["siblings", "id"]), tmp_path)
