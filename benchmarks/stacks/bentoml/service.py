"""The digits network as a BentoML service."""

import os
from typing import Any

import bentoml
import numpy as np
import onnxruntime


@bentoml.service(workers=1)
class Digits:
    """The digits network."""

    def __init__(self) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(
            os.environ["BENCH_MODEL"], options, providers=["CPUExecutionProvider"]
        )

    @bentoml.api(route="/v2/models/digits/infer")
    def infer(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        """Tensors in JSON in, tensors in JSON out."""
        tensor = inputs[0]
        image = np.array(tensor["data"], dtype=np.float32).reshape(tensor["shape"])
        (found,) = self.session.run(None, {tensor["name"]: image})
        values = {"name": "probabilities", "datatype": "FP32", "shape": list(found.shape)}
        return {"outputs": [{**values, "data": found.ravel().tolist()}]}
