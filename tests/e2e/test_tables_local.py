"""The tabular functions under `sam local`, in the same stack, asked by an unmodified Triton client."""

import sys
from typing import Any

import numpy as np
import pytest
from sklearn import datasets
from sklearn.metrics import adjusted_rand_score, r2_score
from support.sam_local import accepting, tensor

if sys.platform != "linux":
    pytest.skip("tritonclient has wheels for Linux alone", allow_module_level=True)

from tritonclient import http as triton
from tritonclient.utils import InferenceServerException


def asked(client: Any, model: str, name: str, samples: np.ndarray, *, binary: bool = True) -> Any:
    """The answer to `samples` of the input `name`; outputs in binary, or all in JSON."""
    metadata = client.get_model_metadata(model, headers=accepting())
    wanted = [triton.InferRequestedOutput(output["name"], binary_data=binary) for output in metadata["outputs"]]
    given = tensor(name, samples.astype(np.float32), "FP32", binary=binary)
    return client.infer(model, [given], outputs=wanted, headers=accepting())


@pytest.mark.parametrize(
    ("model", "load", "name", "least"),
    [
        ("tumor", datasets.load_breast_cancer, "measurements", 0.95),
        ("cultivar", datasets.load_wine, "measurements", 0.95),
        ("species", datasets.load_iris, "lengths", 0.95),
    ],
)
def test_a_classifier_gives_probabilities_and_the_name_of_the_best(
    client: Any, model: str, load: Any, name: str, least: float
) -> None:
    bunch = load()
    answer = asked(client, model, name, bunch.data)
    scores, labels = answer.as_numpy("probabilities"), answer.as_numpy("label")
    np.testing.assert_allclose(scores.sum(axis=1), 1, rtol=1e-5)
    names = np.array([str(text).encode() for text in bunch.target_names], dtype=object)
    np.testing.assert_array_equal(labels, names[scores.argmax(axis=1)])
    assert np.mean(labels == names[bunch.target]) >= least
    text = asked(client, model, name, bunch.data[:2], binary=False)
    assert [str(item) for item in text.as_numpy("label")] == [item.decode() for item in labels[:2]]


def test_a_regressor_gives_a_number(client: Any) -> None:
    bunch = datasets.load_diabetes()
    found = asked(client, "progression", "measurements", bunch.data).as_numpy("progression")
    assert found.shape == (442, 1)
    assert r2_score(bunch.target, found) > 0.4


def test_a_clusterer_gives_the_nearest_cluster_and_the_distance_to_each(client: Any) -> None:
    bunch = datasets.load_wine()
    answer = asked(client, "segments", "measurements", bunch.data)
    cluster, distances = answer.as_numpy("cluster"), answer.as_numpy("distances")
    np.testing.assert_array_equal(cluster, distances.argmin(axis=1))
    assert adjusted_rand_score(bunch.target, cluster) > 0.8


def test_nan_is_refused(client: Any) -> None:
    samples = np.full((1, 4), np.nan)
    with pytest.raises(InferenceServerException, match=r"input 'lengths': data\[0\] is nan") as caught:
        asked(client, "species", "lengths", samples)
    assert "400" in str(caught.value.status())
