"""FastAPI on uvicorn. Run as `python server.py PORT MODEL`."""

import sys
from typing import Any

import numpy as np
import onnxruntime
import uvicorn
from fastapi import Body, FastAPI

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(sys.argv[2], options, providers=["CPUExecutionProvider"])
app = FastAPI()


@app.post("/v2/models/digits/infer")
def infer(body: dict[str, Any] = Body()) -> dict[str, Any]:  # noqa: B008, FAST002  (FastAPI's own idiom)
    """Tensors in JSON in, tensors in JSON out."""
    tensor = body["inputs"][0]
    image = np.array(tensor["data"], dtype=np.float32).reshape(tensor["shape"])
    (found,) = session.run(None, {tensor["name"]: image})
    output = {"name": "probabilities", "datatype": "FP32", "shape": list(found.shape), "data": found.ravel().tolist()}
    return {"outputs": [output]}


uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
