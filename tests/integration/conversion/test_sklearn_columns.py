"""Models that were fitted on frames: each column is an input, and ONNX Runtime answers as scikit-learn does.

Unknown categories, blanks and texts that training never saw are among the samples.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler, TargetEncoder
from support.column_models import (
    ADAPTER,
    DATATYPES,
    FRAME,
    SIZE,
    TARGET,
    classify,
    convert,
    encode,
    name_arrays,
    scale,
    sign,
    surprise,
)

from pilotlight.core.frames import read_columns
from pilotlight_runtime.datatypes import BOOL, BYTES, FP32, INT64
from pilotlight_runtime.signature import Signature, TensorSpec

pd = pytest.importorskip("pandas", reason="frames need the extra `tables`")

ORDINAL = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2)
MODELS: dict[str, Any] = {
    "whole numbers before floats": classify(("n", scale(), ["siblings", "age"])),
    "truths": classify(("p", "passthrough", ["member", "siblings"]), ("n", SimpleImputer(), ["age"])),
    "large whole numbers": classify(("w", encode(), ["id", "siblings", "sex"])),
    "floats as categories": classify(("w", encode(), ["age"])),
    "blanks as categories": classify(("w", encode(), ["port", "deck", "sex"])),
    "blanks filled": classify(("w", make_pipeline(SimpleImputer(strategy="most_frequent"), encode()), ["port"])),
    "blanks filled with a word": classify(
        ("w", make_pipeline(SimpleImputer(strategy="constant", fill_value="none"), encode()), ["port"])
    ),
    "empty words filled": classify(
        ("w", make_pipeline(SimpleImputer(missing_values="", strategy="most_frequent"), encode()), ["sex"])
    ),
    "numbers of categories": classify(("w", ORDINAL, ["port", "sex", "siblings"])),
    "means of the target": classify(("w", TargetEncoder(), ["sex", "port"])),
    "rare categories": classify(
        ("w", encode(handle_unknown="infrequent_if_exist", min_frequency=75), ["sex", "siblings"])
    ),
    "texts": classify(("t", TfidfVectorizer(ngram_range=(1, 2), min_df=2), "note"), ("w", encode(), ["sex"])),
    "texts with upper case": classify(("t", CountVectorizer(lowercase=False), "note")),
    "characters": classify(("t", TfidfVectorizer(analyzer="char", ngram_range=(1, 2)), "note")),
    "columns by place": classify(("n", scale(), [0, 1]), ("w", encode(), [3, 4])),
    "columns by datatype": classify(("n", scale(), make_column_selector(dtype_include=np.number)), remainder="drop"),
    "a name that is no identifier": classify(("n", StandardScaler(), [SIZE]), ("w", encode(), ["sex"])),
    "a search": GridSearchCV(
        classify(("n", scale(), ["age"]), ("w", encode(), ["sex"])), {"logisticregression__C": [0.1, 1]}
    ),
    "a union": make_pipeline(
        FeatureUnion(
            [
                ("w", ColumnTransformer([("w", encode(), ["sex"])])),
                ("n", ColumnTransformer([("n", StandardScaler(), ["siblings"])])),
            ]
        ),
        LogisticRegression(),
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_it_answers_as_scikit_learn_does(tmp_path: Path, name: str) -> None:
    model = MODELS[name].fit(FRAME, TARGET)
    signature = sign(list(DATATYPES))
    session = convert(model, signature, tmp_path)
    assert [each.name for each in session.get_inputs()] == list(DATATYPES)
    inputs = surprise(name_arrays(FRAME, signature))
    expected = ADAPTER.predict(model, inputs, signature)["probabilities"]
    np.testing.assert_allclose(session.run(None, inputs)[0], expected, atol=1e-5)
    np.testing.assert_allclose(expected[4:], model.predict_proba(FRAME)[4:], atol=1e-5)


@pytest.mark.parametrize(
    ("model", "columns"),
    [
        (make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression()), ["age", "siblings", "member"]),
        (make_pipeline(encode(), LogisticRegression()), ["sex", "port"]),
        (make_pipeline(encode(), LogisticRegression()), ["siblings", "sex"]),
        (RandomForestClassifier(10, random_state=0), ["siblings", "member"]),
    ],
)
@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
def test_a_model_without_a_column_transformer(
    tmp_path: Path, model: Any, columns: list[str], shape: tuple[int, ...]
) -> None:
    model.fit(FRAME[columns], TARGET)
    signature = sign(columns[::-1], shape)  # the order in model.toml may differ from the frame's
    session = convert(model, signature, tmp_path)
    inputs = surprise(name_arrays(FRAME, signature))
    expected = ADAPTER.predict(model, inputs, signature)["probabilities"]
    np.testing.assert_allclose(session.run(None, inputs)[0], expected, atol=1e-5)


def test_a_polars_frame_is_as_good_as_a_pandas_frame(tmp_path: Path) -> None:
    polars = pytest.importorskip("polars", reason="frames need the extra `tables`")
    columns = ["siblings", "sex", "member"]
    model = classify(("n", StandardScaler(), ["siblings"]), ("w", encode(), ["sex"]), ("p", "passthrough", ["member"]))
    model.fit(polars.DataFrame(FRAME[columns].to_dict("list")), TARGET)
    signature = sign(columns)
    session = convert(model, signature, tmp_path)
    found = session.run(None, name_arrays(FRAME, signature))[0]
    np.testing.assert_allclose(found, model.predict_proba(FRAME[columns]), atol=1e-5)


@pytest.mark.parametrize("names", [["shape", "cast/shape", "label"], ["/w0", "a b", "a_b"], ["1", "é", "x" * 300]])
def test_columns_of_any_names(tmp_path: Path, names: list[str]) -> None:
    frame = FRAME[["siblings", "sex", "member"]].set_axis(names, axis=1)
    model = classify(("n", StandardScaler(), names[:1]), ("w", encode(), names[1:2]), ("p", "passthrough", names[2:]))
    model.fit(frame, TARGET)
    inputs = tuple(TensorSpec(name, kind, (-1,)) for name, kind in zip(names, (INT64, BYTES, BOOL), strict=True))
    signature = Signature(inputs, (TensorSpec("probabilities", FP32, (-1, 2)),))
    session = convert(model, signature, tmp_path)
    found = session.run(None, dict(read_columns(frame, "x").items()))[0]
    np.testing.assert_allclose(found, model.predict_proba(frame), atol=1e-5)


def test_a_frame_of_numbers_is_one_matrix_where_the_signature_says_so(tmp_path: Path) -> None:
    frame = FRAME[["siblings", "age", SIZE]]
    model = classify(("a", scale(), ["age", SIZE]), ("b", encode(), ["siblings"])).fit(frame, TARGET)
    signature = Signature((TensorSpec("features", FP32, (-1, 3)),), (TensorSpec("probabilities", FP32, (-1, 2)),))
    session = convert(model, signature, tmp_path)
    matrix = frame.to_numpy(np.float32)
    expected = ADAPTER.predict(model, {"features": matrix}, signature)["probabilities"]
    np.testing.assert_allclose(session.run(None, {"features": matrix})[0], expected, atol=1e-5)
    np.testing.assert_allclose(expected, model.predict_proba(frame), atol=1e-5)


def test_a_matrix_of_words_is_one_input(tmp_path: Path) -> None:
    words = FRAME[["sex", "note"]].to_numpy(object)
    model = make_pipeline(encode(), LogisticRegression()).fit(words, TARGET)
    signature = Signature((TensorSpec("words", BYTES, (-1, 2)),), (TensorSpec("probabilities", FP32, (-1, 2)),))
    session = convert(model, signature, tmp_path)
    np.testing.assert_allclose(session.run(None, {"words": words})[0], model.predict_proba(words), atol=1e-5)


def test_texts_without_a_frame_are_one_input(tmp_path: Path) -> None:
    texts = FRAME["note"].to_numpy(object)
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, TARGET)
    signature = Signature((TensorSpec("note", BYTES, (-1,)),), (TensorSpec("probabilities", FP32, (-1, 2)),))
    session = convert(model, signature, tmp_path)
    np.testing.assert_allclose(session.run(None, {"note": texts})[0], model.predict_proba(texts), atol=1e-5)
    assert ADAPTER.predict(model, {"note": texts}, signature)["probabilities"].shape == (240, 2)


@pytest.mark.parametrize("encoder", [OneHotEncoder(), OrdinalEncoder()], ids=["one-hot", "ordinal"])
def test_an_encoder_that_forbids_the_unknown_has_not_seen_a_blank(tmp_path: Path, encoder: object) -> None:
    """The shapes of the graph are found with blank samples, which such an encoder refuses."""
    seen = FRAME.assign(sex=["male", "female"] * (len(FRAME) // 2))
    model = classify(("w", encoder, ["sex"])).fit(seen[["sex"]], TARGET)
    signature = sign(["sex"])
    session = convert(model, signature, tmp_path)
    given = {"sex": np.array(["female", "male"], dtype=object)}
    wanted = ADAPTER.predict(model, given, signature)["probabilities"]
    (found,) = session.run(["probabilities"], given)
    np.testing.assert_allclose(found, wanted, atol=1e-6)
