"""As tutorials write it: Powertools' resolver, logger, metrics and tracer, a boto3 client, onnxruntime."""

import os
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import onnxruntime
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.metrics import MetricUnit

logger = Logger(service="digits")
tracer = Tracer(service="digits")
metrics = Metrics(namespace="bench", service="digits")
app = APIGatewayRestResolver()
s3 = boto3.client("s3", region_name=os.environ["AWS_REGION"])

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(
    str(Path(__file__).parent / "model.onnx"), options, providers=["CPUExecutionProvider"]
)


@app.post("/v2/models/<model>/infer")
@tracer.capture_method
def infer(model: str) -> dict[str, Any]:
    """Tensors in JSON in, tensors in JSON out."""
    tensor = app.current_event.json_body["inputs"][0]
    image = np.array(tensor["data"], dtype=np.float32).reshape(tensor["shape"])
    (found,) = session.run(None, {tensor["name"]: image})
    logger.info("answered", extra={"shape": image.shape})
    metrics.add_metric(name="requests", unit=MetricUnit.Count, value=1)
    output = {"name": "probabilities", "datatype": "FP32", "shape": list(found.shape), "data": found.ravel().tolist()}
    return {"model_name": model, "outputs": [output]}


@metrics.log_metrics(capture_cold_start_metric=True)
@tracer.capture_lambda_handler
@logger.inject_lambda_context
def handler(event: Any, context: Any) -> Any:
    """The resolver's answer."""
    return app.resolve(event, context)
