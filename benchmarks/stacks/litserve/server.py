"""LitServe. Run as `python server.py PORT MODEL`."""

import sys
from typing import Any

import litserve
import numpy as np
import onnxruntime


class Digits(litserve.LitAPI):
    """The digits network."""

    def setup(self, device: str) -> None:
        """Opens the model, in each worker."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(sys.argv[2], options, providers=["CPUExecutionProvider"])

    def decode_request(self, request):  # noqa: ANN001, ANN201  (LitServe takes an annotation for a query parameter's)
        """JSON to an array."""
        tensor = request["inputs"][0]
        return tensor["name"], np.array(tensor["data"], dtype=np.float32).reshape(tensor["shape"])

    def predict(self, x: Any) -> Any:
        """Runs the model."""
        name, image = x
        return self.session.run(None, {name: image})[0]

    def encode_response(self, output: Any) -> Any:
        """An array to JSON."""
        values = {"name": "probabilities", "datatype": "FP32", "shape": list(output.shape)}
        return {"outputs": [{**values, "data": output.ravel().tolist()}]}


if __name__ == "__main__":
    server = litserve.LitServer(Digits(api_path="/v2/models/digits/infer"), accelerator="cpu", workers_per_device=1)
    server.run(host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", generate_client_file=False)
