"""A quantised graph computes the same on a CPU without VNNI instructions, bit by bit. QEMU plays that CPU."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from pilotlight.core.artifacts import Candidate
from pilotlight.language.decoders.blocks import BLOCK, pack_zeros, quantize_rows
from pilotlight.quantization import quantize
from pilotlight_runtime.datatypes import FP32
from pilotlight_runtime.engine import ort_session
from pilotlight_runtime.signature import Signature, TensorSpec

QEMU = shutil.which("qemu-x86_64")
WIDTH = 256
ASK = """
import sys
from pilotlight_runtime.datatypes import FP32
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.tensor import Tensor
raw = open(sys.argv[2], "rb").read()
(found,) = open_session(sys.argv[1], 1).run({"x": Tensor(FP32, (16, WIDTH), memoryview(raw))}, ["y"])
sys.stdout.buffer.write(bytes(found.buffer))
"""


def dense(folder: Path) -> Candidate:
    """Its sums overflow where two products of 8 bits are added in 16: all weights and all inputs are large."""
    draw = np.random.default_rng(2)
    weights = numpy_helper.from_array(draw.uniform(0.9, 1.0, (WIDTH, 8)).astype(np.float32), "w")
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "dense",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", WIDTH])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 8])],
        [weights],
    )
    folder.mkdir()
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8), folder / "model.onnx"
    )
    ends = (TensorSpec("x", FP32, (-1, WIDTH)),), (TensorSpec("y", FP32, (-1, 8)),)
    return Candidate(folder, Signature(*ends))


def pixels() -> np.ndarray:
    return np.random.default_rng(3).uniform(0.9, 1.0, (16, WIDTH)).astype(np.float32)


def answers(graph: Path, *before: str) -> bytes:
    """What the graph answers to `pixels`. before: what the process is started by."""
    inputs = graph.with_name("inputs.bin")
    inputs.write_bytes(pixels().tobytes())
    paths = [str(Path(ort_session.__file__).parents[2]), *(path for path in sys.path if "site-packages" in path)]
    code = f"import sys; sys.path[:0] = {paths!r}\n" + ASK.replace("WIDTH", str(WIDTH))
    python = str(Path(sys.executable).resolve())
    command = [*before, python, "-c", code, str(graph), str(inputs)]
    return subprocess.run(command, check=True, capture_output=True, timeout=300).stdout


@pytest.mark.skipif(QEMU is None, reason="qemu-x86_64 is not installed (package qemu-user)")
@pytest.mark.parametrize("mode", ["dynamic", "static"])
def test_a_cpu_without_vnni_answers_the_same(tmp_path: Path, mode: str) -> None:
    samples = {"x": pixels()} if mode == "static" else None
    graph = quantize("dense", dense(tmp_path / "plain"), samples, tmp_path / "quantized").folder / "model.onnx"
    here = answers(graph)
    assert here == answers(graph, str(QEMU), "-cpu", "Haswell")
    expected = pixels() @ numpy_helper.to_array(onnx.load(tmp_path / "plain" / "model.onnx").graph.initializer[0])
    np.testing.assert_allclose(np.frombuffer(here, np.float32).reshape(16, 8), expected, rtol=0.02)


@pytest.mark.skipif(QEMU is None, reason="qemu-x86_64 is not installed (package qemu-user)")
def test_with_8_bits_it_would_not(tmp_path: Path) -> None:
    """Why weights take 7 bits; and that the test above can fail."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    source = dense(tmp_path / "plain").folder / "model.onnx"
    target = tmp_path / "whole.onnx"
    quantize_dynamic(source, target, weight_type=QuantType.QInt8)
    expected = pixels() @ numpy_helper.to_array(onnx.load(source).graph.initializer[0])
    found = np.frombuffer(answers(target, str(QEMU), "-cpu", "Haswell"), np.float32).reshape(16, 8)
    assert np.all(found < 0.9 * expected)


@pytest.mark.skipif(QEMU is None, reason="qemu-x86_64 is not installed (package qemu-user)")
@pytest.mark.parametrize("bits", [8, 4])
def test_blocks_of_weights_are_multiplied_the_same(tmp_path: Path, bits: int) -> None:
    """Language models have such weights; all of these are large, and so are the inputs."""
    weights = np.random.default_rng(2).uniform(0.9, 1.0, (8, WIDTH)).astype(np.float32)
    blocks = quantize_rows(weights, bits)
    arrays = {"w": blocks.values.reshape(8, WIDTH // BLOCK, BLOCK * bits // 8), "scales": blocks.scales.reshape(-1)}
    if blocks.zeros is not None:
        arrays["zeros"] = pack_zeros(blocks.zeros, bits)
    graph = helper.make_graph(
        [
            helper.make_node(
                "MatMulNBits",
                ["x", *arrays],
                ["y"],
                domain="com.microsoft",
                K=WIDTH,
                N=8,
                bits=bits,
                block_size=BLOCK,
                accuracy_level=4,
            )
        ],
        "blocks",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", WIDTH])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 8])],
        [numpy_helper.from_array(array, name) for name, array in arrays.items()],
    )
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("com.microsoft", 1)]
    path = tmp_path / "model.onnx"
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=10), path)
    here, there = (
        np.frombuffer(found, np.float32).reshape(16, 8)
        for found in (answers(path), answers(path, str(QEMU), "-cpu", "Haswell"))
    )
    np.testing.assert_allclose(there, here, rtol=1e-5)
    np.testing.assert_allclose(here, pixels() @ weights.T, rtol=0.05)
