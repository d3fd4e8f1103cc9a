import pytest
from support.handler_calls import Called
from support.manifests import signature_of
from support.onnx_models import (
    add_model,
    gather_model,
    log_model,
    package,
)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Called:
    """Inputs a and b, outputs sum and difference, FP32 [-1, 3]."""
    folder = tmp_path_factory.mktemp("pair")
    signature = signature_of(
        [("a", "FP32", (-1, 3)), ("b", "FP32", (-1, 3))], [("sum", "FP32", (-1, 3)), ("difference", "FP32", (-1, 3))]
    )
    package(folder, add_model(), signature)
    return Called(folder)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Called:
    """Fails inside the model on an index outside -4..3."""
    folder = tmp_path_factory.mktemp("rows")
    package(folder, gather_model(), signature_of([("index", "INT64", (-1,))], [("row", "FP32", (-1, 1))]))
    return Called(folder)


@pytest.fixture(scope="module")
def logarithm(tmp_path_factory: pytest.TempPathFactory) -> Called:
    folder = tmp_path_factory.mktemp("log")
    package(folder, log_model(), signature_of([("x", "FP32", (-1, 2))], [("y", "FP32", (-1, 2))]))
    return Called(folder)
