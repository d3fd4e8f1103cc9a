"""Trained networks, quantised each way: gated, published, served."""

import json
import re
from pathlib import Path

import numpy as np
import onnx
import pytest
from support.handler_calls import Called
from support.small_networks import Small
from support.workflow_calls import import_model, train_model

from pilotlight.cli.results import show_result
from pilotlight.core.errors import ConversionError, ParityError, ProjectError
from pilotlight.core.lock import read_lock
from pilotlight.packaging import package_function
from pilotlight.workflows.types import TrainResult


def operators(small: Small, result: TrainResult) -> set[str]:
    path = Path(small.project.store) / "small" / result.version / "model.onnx"
    return {node.op_type for node in onnx.load(path).graph.node}


@pytest.mark.parametrize(
    ("network", "mode", "becomes"),
    [
        ("dense", "dynamic", {"MatMulInteger", "DynamicQuantizeLinear"}),
        ("dense", "static", {"QuantizeLinear", "DequantizeLinear"}),
        ("conv", "dynamic", {"MatMulInteger", "Conv"}),
        ("conv", "static", {"QuantizeLinear", "DequantizeLinear"}),
    ],
)
def test_a_quantised_network_passes_and_is_told(small: Small, network: str, mode: str, becomes: set[str]) -> None:
    plain = small.train(network, "none")
    assert plain.quantization is None
    assert "quantization" not in plain.published.manifest.provenance
    result = small.train(network, mode)
    assert result.version != plain.version
    assert becomes <= operators(small, result)
    found = result.quantization
    assert found is not None
    assert found.bytes_before == plain.sizes["model.onnx"]
    assert found.bytes_after == result.sizes["model.onnx"] < 0.7 * found.bytes_before
    assert found.samples == 200
    assert found.metric_before == plain.metrics["accuracy"] == result.parity.source_metric
    assert found.metric_after == result.parity.onnx_metric
    assert 1e-6 < (found.largest_difference or 0) < 0.1
    assert 0 < (found.run_ms_before or 0) < 1000
    assert 0 < (found.run_ms_after or 0) < 1000
    told = result.published.manifest.provenance["quantization"]
    assert (told["mode"], told["bytes_after"], told["run_ms_after"]) == (mode, found.bytes_after, found.run_ms_after)
    assert result.published.manifest.parity["atol"] == 0.05


@pytest.mark.parametrize("mode", ["dynamic", "static"])
def test_a_fixed_batch_is_asked_whole(small: Small, mode: str) -> None:
    small.write("dense", mode)
    path = small.project.folder("small") / "model.toml"
    path.write_text(path.read_text().replace("shape = [-1, ", "shape = [8, "))
    found = train_model(small.project, "small", store=small.store).quantization
    assert found is not None
    assert 0 < (found.run_ms_before or 0) < 1000
    assert 0 < (found.run_ms_after or 0) < 1000


@pytest.mark.parametrize("mode", ["dynamic", "static"])
def test_the_handler_serves_it(small: Small, tmp_path: Path, mode: str) -> None:
    small.train("conv", mode)
    lock = read_lock(small.project.folder("small") / "model.lock")
    (small.project.folder("small") / "app.py").write_text("")
    package_function("small", small.project.folder("small"), small.store, lock, tmp_path / "function")
    called = Called(tmp_path / "function")
    assert called.lines == []
    arrays = small.data()
    pixels = arrays["x_test"][:50]
    tensor = {"name": "pixels", "datatype": "FP32", "shape": list(pixels.shape), "data": pixels.ravel().tolist()}
    answer = called.post("/v2/models/small/infer", {"inputs": [tensor]})
    assert answer.status == 200
    scores = np.reshape(answer.head["outputs"][0]["data"], (50, 4))
    assert np.mean(scores.argmax(1) == arrays["y_test"][:50]) > 0.9


@pytest.mark.parametrize("mode", ["dynamic", "static"])
def test_the_same_training_is_the_same_version(tmp_path: Path, mode: str) -> None:
    small = Small.at(tmp_path, None)
    first, second = small.train("conv", mode), small.train("conv", mode)
    assert first.version == second.version
    assert not second.published.new


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("rtol = 0.0\natol = 0.0\noutliers = 0.0", "quantized: output scores: "),
        ("rtol = 0.0\natol = 1e-6", r"quantized: output scores: \d+ of 800 values differ beyond the tolerance"),
    ],
)
@pytest.mark.parametrize("mode", ["dynamic", "static"])
def test_too_tight_a_tolerance_stops_it(small: Small, mode: str, settings: str, said: str) -> None:
    with pytest.raises(ParityError, match=said) as caught:
        small.train("conv", mode, settings)
    assert "before quantization" not in str(caught.value)
    assert "[quantization]" in caught.value.hint
    assert not Path(small.project.store).exists()
    assert small.project.read_lock("small") is None


SPOIL = """
    kernel, bias = model.layers[1].get_weights()
    other, out = model.layers[2].get_weights()
    kernel[:, 0], bias[0], other[0] = 0.0, 1000.0, 1000.0
    model.layers[1].set_weights([kernel, bias])
    model.layers[2].set_weights([other, out])
"""


def test_a_metric_that_falls_too_far_stops_it(small: Small) -> None:
    """One weight a thousand times as large as the others, the same for every class, leaves nothing of the others."""
    with pytest.raises(ParityError, match=r"quantized: accuracy falls from \S+ to \S+, by more than 0.05"):
        small.train("dense", "static", "outliers = 1.0\nmetric_drop = 0.05", SPOIL.strip())
    assert not Path(small.project.store).exists()


def test_a_fault_of_the_conversion_is_not_hidden_by_wide_tolerances(small: Small) -> None:
    with pytest.raises(ParityError, match="before quantization: output scores"):
        small.train("dense", "static", "[parity]\nrtol = 0.0\natol = 0.0")


@pytest.mark.parametrize(
    ("network", "mode", "settings", "said"),
    [
        ("dense", "static", "samples = 501", "needs 501 samples for quantization, but the training part has 500"),
        ("conv only", "dynamic", "", "has nothing to quantize: no MatMul, Gemm, LSTM, Gather"),
    ],
)
def test_what_cannot_be_quantised_is_said(small: Small, network: str, mode: str, settings: str, said: str) -> None:
    with pytest.raises(ConversionError, match=said):
        small.train(network, mode, settings)
    assert not Path(small.project.store).exists()


def test_calibration_sees_every_class_of_sorted_data(small: Small) -> None:
    few = small.train("conv", "static", "samples = 8")
    assert few.quantization is not None
    assert few.quantization.metric_after == pytest.approx(few.quantization.metric_before, abs=0.01)


def test_an_imported_file_is_not_quantised_unseen(small: Small, tmp_path: Path) -> None:
    small.write("dense", "dynamic")
    with pytest.raises(ProjectError, match="an imported file has no data to verify a quantized model"):
        import_model(small.project, "small", tmp_path / "any.onnx", store=small.store)


def test_the_command_line_tells_it(small: Small, capsys: pytest.CaptureFixture[str]) -> None:
    result = small.train("dense", "dynamic")
    show_result(result, as_json=True, following="")
    document = json.loads(capsys.readouterr().out)
    assert document["quantization"]["mode"] == "dynamic"
    assert document["quantization"]["bytes_after"] == result.sizes["model.onnx"]
    show_result(result, as_json=False, following="")
    shown = " ".join(capsys.readouterr().out.split())
    assert re.search(r"quantised dynamic: \S+ kB → \S+ kB; accuracy \S+ → \S+; one sample \S+ → \S+ ms", shown)
