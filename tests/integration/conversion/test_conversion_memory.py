"""A conversion's memory is bounded by a multiple of the weights. Without `graph_copies` it took twice as much."""

from __future__ import annotations

import json
import subprocess
import sys

CONVERT = """
import json
import resource
import sys
import keras
from pilotlight.conversion.tensorflow.keras_graph import convert_to_onnx
from pilotlight_runtime.datatypes import FP32
from pilotlight_runtime.signature import Signature, TensorSpec

def most_resident():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

layers = [keras.layers.Dense(2000, activation="gelu") for _ in range(6)]
model = keras.Sequential([keras.Input((2000,), name="x"), *layers, keras.layers.Dense(10, name="y")])
signature = Signature((TensorSpec("x", FP32, (-1, 2000)),), (TensorSpec("y", FP32, (-1, 10)),))
before = most_resident()
content = convert_to_onnx(model, signature, "wide", 18)
print("\\n" + json.dumps([len(content), most_resident() - before]))
"""


def test_a_conversion_takes_a_bounded_multiple_of_the_weights() -> None:
    done = subprocess.run([sys.executable, "-c", CONVERT], check=True, capture_output=True, text=True, timeout=600)
    size, grown = json.loads(done.stdout.splitlines()[-1])
    assert size > 90_000_000
    assert grown < 30 * size  # 20 with graph_copies, 52 without
