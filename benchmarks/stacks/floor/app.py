"""The floor: the least that onnxruntime's Python package needs. No checks, no log, no metrics, no errors."""

import base64
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import orjson

OPTIONS = onnxruntime.SessionOptions()
OPTIONS.intra_op_num_threads = 1
MODEL = str(Path(__file__).parent / "model.onnx")
SESSION = onnxruntime.InferenceSession(MODEL, OPTIONS, providers=["CPUExecutionProvider"])


def handler(event: Any, context: Any) -> Any:
    """Tensors in JSON in, tensors in JSON out."""
    tensor = orjson.loads(base64.b64decode(event["body"]))["inputs"][0]
    image = np.array(tensor["data"], np.float32).reshape(tensor["shape"])
    (found,) = SESSION.run(None, {tensor["name"]: image})
    output = {"name": "probabilities", "datatype": "FP32", "shape": found.shape, "data": found.ravel()}
    body = orjson.dumps({"outputs": [output]}, option=orjson.OPT_SERIALIZE_NUMPY).decode()
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": body}
