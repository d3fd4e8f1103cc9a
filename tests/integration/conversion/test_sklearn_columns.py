"""Models that were fitted on frames: each column is an input, and ONNX Runtime answers as scikit-learn does.

Unknown categories, blanks and texts that training never saw are among the samples.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler, TargetEncoder

from pilotlight.conversion.sklearn.adapter import SklearnAdapter
from pilotlight.core.artifacts import NamedArrays
from pilotlight.core.errors import ConversionError
from pilotlight.core.frames import read_columns
from pilotlight.core.model_config import ModelConfig
from pilotlight_runtime.datatypes import BOOL, BYTES, FP32, INT64, Datatype
from pilotlight_runtime.signature import Signature, TensorSpec

pd = pytest.importorskip("pandas", reason="frames need the extra `tables`")

DATATYPES: dict[str, Datatype] = {
    "siblings": INT64,
    "age": FP32,
    "id": INT64,
    "sex": BYTES,
    "port": BYTES,
    "deck": BYTES,
    "member": BOOL,
    "note": BYTES,
    "Größe (m) / x": FP32,
}
SIZE = "Größe (m) / x"
ADAPTER = SklearnAdapter()


def make_frame(count: int = 240) -> Any:
    draw = np.random.default_rng(3)
    words = ["ein", "gute", "über", "Film", "é", "x1", "CAPS"]
    frame = pd.DataFrame(
        {
            "siblings": draw.integers(0, 4, count),
            "age": draw.normal(30, 9, count).astype(np.float32),
            "id": draw.choice([2**40, 2**40 + 1, 5], count),
            "sex": pd.Series(draw.choice(["m", "f", ""], count), dtype=object),
            "port": pd.Series([name or np.nan for name in draw.choice(["x", "y", ""], count)], dtype=object),
            "deck": pd.Series([name or None for name in draw.choice(["x", "y", ""], count)], dtype=object),
            "member": draw.random(count) < 0.5,
            "note": pd.Series([" ".join(draw.choice(words, 4)) for _ in range(count)], dtype=object),
            SIZE: draw.normal(size=count).astype(np.float32),
        }
    )
    frame.loc[::7, "age"] = np.nan
    return frame


FRAME = make_frame()
TARGET = ((FRAME["sex"] == "f") ^ (FRAME["siblings"] > 2)).astype(int).to_numpy()


def sign(columns: list[str], shape: tuple[int, ...] = (-1,)) -> Signature:
    inputs = tuple(TensorSpec(name, DATATYPES[name], shape) for name in columns)
    return Signature(inputs, (TensorSpec("probabilities", FP32, (-1, 2)),))


def convert(model: Any, signature: Signature, folder: Path) -> Any:
    ADAPTER.export(model, ModelConfig("people", "sklearn", signature=signature), folder)
    return onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])


def name_arrays(frame: Any, signature: Signature) -> dict[str, Any]:
    columns = read_columns(frame, "x")
    rank = len(signature.inputs[0].shape)
    return {
        spec.name: columns[spec.name].astype(spec.datatype.numpy).reshape((-1,) + (1,) * (rank - 1))
        for spec in signature.inputs
    }


def surprise(arrays: dict[str, Any]) -> NamedArrays:
    """The samples with unknown categories, unknown texts and blanks in their first rows."""
    for name, array in arrays.items():
        if DATATYPES[name] is BYTES:
            array[:4] = np.array(["new", "ÜBER Film", "", "a"], dtype=object).reshape(4, *array.shape[1:])
    if "id" in arrays:
        arrays["id"][0] = 7
    return arrays


def scale() -> Any:
    return make_pipeline(SimpleImputer(), StandardScaler())


def encode(**settings: Any) -> OneHotEncoder:
    return OneHotEncoder(**{"handle_unknown": "ignore", **settings})


def classify(*steps: Any, **settings: Any) -> Any:
    return make_pipeline(ColumnTransformer(list(steps), **settings), LogisticRegression(max_iter=500))


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
            classify(("n", SimpleImputer(add_indicator=True), ["age"]), ("w", encode(), ["sex"])),
            ["age", "sex"],
            ["age", "sex"],
            "SimpleImputer in train.py: has add_indicator=True",
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


@pytest.mark.filterwarnings("ignore:Skipping features without any observed values:UserWarning")
@pytest.mark.parametrize("imputer", [SimpleImputer(), SimpleImputer(strategy="median"), KNNImputer()], ids=str)
@pytest.mark.parametrize("place", ["a column transformer", "a pipeline"])
def test_a_column_without_a_value_is_named(imputer: Any, place: str, tmp_path: Path) -> None:
    frame = FRAME[["siblings", "age"]].assign(age=np.nan)
    steps = make_pipeline(imputer, StandardScaler())
    first = ColumnTransformer([("numbers", steps, ["siblings", "age"])]) if place == "a column transformer" else steps
    model = make_pipeline(first, LogisticRegression()).fit(frame, TARGET)
    with pytest.raises(ConversionError, match=r"x_train in train.py: has the column 'age', which holds no value"):
        convert(model, sign(["siblings", "age"]), tmp_path)


@pytest.mark.filterwarnings("ignore:Skipping features without any observed values:UserWarning")
def test_a_column_without_a_value_is_counted_in_an_array(tmp_path: Path) -> None:
    matrix = FRAME[["siblings", "age"]].assign(age=np.nan).to_numpy()
    model = make_pipeline(SimpleImputer(), LogisticRegression()).fit(matrix, TARGET)
    signature = Signature((TensorSpec("x", FP32, (-1, 2)),), sign([]).outputs)
    with pytest.raises(ConversionError, match="has the column 1, which holds no value"):
        convert(model, signature, tmp_path)
