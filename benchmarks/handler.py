"""What the handler costs without the model: `python -m benchmarks.handler` prints four ratios.

The model does next to nothing (it cuts ten numbers out of each image), so that all the time is the handler's: from
event to answer, with one log line and one line of metrics. The reference does the same for JSON with orjson, numpy and
onnxruntime's Python package, and checks nothing. Each figure is the median of interleaved rounds in one process; the
ratios of binary requests are to the reference's JSON for the same images, and then to its binary. "with new ids" are
binary requests whose JSON is never the same, so that nothing that the handler remembers of it helps.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import orjson
from onnx import TensorProto, helper, numpy_helper

from pilotlight_runtime.datatypes import FP32
from pilotlight_runtime.handler import model_handler
from pilotlight_runtime.manifest import ArtifactFile, Manifest
from pilotlight_runtime.manifest_json import content_version, dump_manifest
from pilotlight_runtime.signature import Signature, TensorSpec

ROUNDS = 9
CALLS = {1: 1000, 64: 40}
IDS = 100
"""Different requests, more than the handler remembers."""
TARGETS = {"1 image JSON": 1.0, "1 image binary": 0.5, "64 images JSON": 1.0, "64 images binary": 0.3}

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


class Context:
    """As much of Lambda's context as a handler reads."""

    aws_request_id = "2f7d3c2e-9f0a-4a53-8d0c-6f7f5f0f7a11"


def write_model(folder: Path) -> None:
    """model.onnx and manifest.json of a model that cuts out numbers 300 to 309 of each image."""
    constants = {"starts": [300], "ends": [310], "axes": [1]}
    graph = helper.make_graph(
        [
            helper.make_node("Flatten", ["image"], ["flat"]),
            helper.make_node("Slice", ["flat", *constants], ["probabilities"]),
        ],
        "cut",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 28, 28, 1])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["N", 10])],
        [numpy_helper.from_array(np.array(value, np.int64), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    raw = model.SerializeToString()
    onnx.checker.check_model(model)
    (folder / "model.onnx").write_bytes(raw)
    signature = Signature((TensorSpec("image", FP32, (-1, 28, 28, 1)),), (TensorSpec("probabilities", FP32, (-1, 10)),))
    files = (ArtifactFile("model.onnx", hashlib.sha256(raw).hexdigest(), len(raw)),)
    manifest = Manifest("cut", content_version(signature, files, None), signature, files, None, {}, {}, {})
    (folder / "manifest.json").write_bytes(dump_manifest(manifest))


class Reference:
    """What people write: orjson, numpy, onnxruntime, and print. json and binary are its handlers."""

    def __init__(self, folder: Path, stream: io.StringIO) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(folder / "model.onnx", options, ["CPUExecutionProvider"])
        self._version = json.loads((folder / "manifest.json").read_bytes())["version"]
        self._stream = stream

    def json(self, event: dict[str, Any], context: Context) -> dict[str, Any]:
        """JSON in, JSON out."""
        began = time.perf_counter()
        tensor = orjson.loads(event["body"])["inputs"][0]
        image = np.array(tensor["data"], np.float32).reshape(tensor["shape"])
        (answer,) = self._session.run(["probabilities"], {"image": image})
        output = {"name": "probabilities", "datatype": "FP32", "shape": answer.shape, "data": answer.ravel().tolist()}
        document = {"model_name": "cut", "model_version": self._version, "outputs": [output]}
        body = orjson.dumps(document).decode()
        self._log(event, context, image.shape, began)
        headers = {"Content-Type": "application/json"}
        return {"statusCode": 200, "headers": headers, "body": body, "isBase64Encoded": False}

    def binary(self, event: dict[str, Any], context: Context) -> dict[str, Any]:
        """Raw bytes in, raw bytes out."""
        began = time.perf_counter()
        raw = base64.b64decode(event["body"])
        length = int(event["headers"]["Inference-Header-Content-Length"])
        tensor = orjson.loads(raw[:length])["inputs"][0]
        image = np.frombuffer(raw, np.float32, offset=length).reshape(tensor["shape"])
        (answer,) = self._session.run(["probabilities"], {"image": image})
        blob = answer.tobytes()
        parameters = {"binary_data_size": len(blob)}
        output = {"name": "probabilities", "datatype": "FP32", "shape": answer.shape, "parameters": parameters}
        head = orjson.dumps({"model_name": "cut", "model_version": self._version, "outputs": [output]})
        self._log(event, context, image.shape, began)
        headers = {"Content-Type": "application/octet-stream", "Inference-Header-Content-Length": str(len(head))}
        body = base64.b64encode(head + blob).decode()
        return {"statusCode": 200, "headers": headers, "body": body, "isBase64Encoded": True}

    def _log(self, event: dict[str, Any], context: Context, shape: tuple[int, ...], began: float) -> None:
        took = (time.perf_counter() - began) * 1000
        line = {
            "level": "INFO",
            "message": "request",
            "timestamp": time.strftime("%Y-%m-%d %H:%M:%S%z"),
            "service": "cut",
            "version": self._version,
            "request_id": context.aws_request_id,
            "gateway_id": event["requestContext"]["requestId"],
            "status": 200,
            "milliseconds": took,
            "inputs": {"image": shape},
        }
        names = [{"Name": name, "Unit": unit} for name, unit in (("Latency", "Milliseconds"), ("Errors", "Count"))]
        directive = {"Namespace": "Reference", "Dimensions": [["model"]], "Metrics": names}
        metrics = {
            "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]},
            "model": "cut",
            "Latency": took,
            "Errors": 0,
        }
        self._stream.write(orjson.dumps(line).decode() + "\n")
        self._stream.write(orjson.dumps(metrics).decode() + "\n")


def events(count: int, identity: str = "") -> tuple[dict[str, Any], dict[str, Any]]:
    """The same `count` images in JSON and in binary, as a REST API sends them. identity: the request's id, if any."""
    images = np.random.default_rng(count).random((count, 28, 28, 1), np.float32)
    tensor = {"name": "image", "datatype": "FP32", "shape": list(images.shape)}
    text = json.dumps({"inputs": [{**tensor, "data": images.ravel().tolist()}]})
    head = json.dumps(
        {
            **({"id": identity} if identity else {}),
            "inputs": [{**tensor, "parameters": {"binary_data_size": images.nbytes}}],
            "parameters": {"binary_data_output": True},
        }
    ).encode()
    headers = {"Content-Type": "application/json", "Host": "example.com", "User-Agent": "benchmark"}
    event = {
        "resource": "/{proxy+}",
        "path": "/v2/models/cut/infer",
        "httpMethod": "POST",
        "headers": headers,
        "pathParameters": {"proxy": "v2/models/cut/infer"},
        "requestContext": {"requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef", "stage": "prod"},
    }
    binary_headers = {**headers, "Inference-Header-Content-Length": str(len(head))}
    binary = {"headers": binary_headers, "body": base64.b64encode(head + images.tobytes()).decode()}
    return {**event, "body": text, "isBase64Encoded": False}, {**event, **binary, "isBase64Encoded": True}


def microseconds(calls: dict[str, Callable[[], object]], repeat: int) -> dict[str, float]:
    """The median of ROUNDS rounds a call, each of `repeat` calls; the rounds of all are interleaved."""
    took: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(ROUNDS + 1):
        for name, call in calls.items():
            began = time.perf_counter()
            for _ in range(repeat):
                call()
            took[name].append((time.perf_counter() - began) / repeat * 1e6)
    return {name: statistics.median(found[1:]) for name, found in took.items()}


def logged(stream: io.StringIO, handler: Handler, event: dict[str, Any], context: Context) -> None:
    """One call, whose log lines take the place of the call's before."""
    stream.seek(0)
    handler(event, context)


def numbers(answer: dict[str, Any]) -> bytes:
    """The float32 numbers of an answer."""
    if not answer["isBase64Encoded"]:
        return np.array(json.loads(answer["body"])["outputs"][0]["data"], np.float32).tobytes()
    raw = base64.b64decode(answer["body"])
    return raw[int(answer["headers"]["Inference-Header-Content-Length"]) :]


def main() -> None:
    """See the module."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_model(folder)
        stream = io.StringIO()
        environ = {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769", "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001"}
        ours: Handler = model_handler(str(folder / "app.py"), environ=environ, stream=stream)
        reference = Reference(folder, stream)
        context = Context()
        for count, repeat in CALLS.items():
            in_json, in_binary = events(count)
            both: tuple[tuple[str, dict[str, Any], Handler], ...] = (
                ("JSON", in_json, reference.json),
                ("binary", in_binary, reference.binary),
            )
            calls: dict[str, Callable[[], object]] = {}
            for kind, event, theirs in both:
                if numbers(ours(event, context)) != numbers(theirs(event, context)):
                    raise SystemExit(f"{kind}: the outputs differ, so the durations cannot be compared.")
                calls[f"ours {kind}"] = partial(logged, stream, ours, event, context)
                calls[f"reference {kind}"] = partial(logged, stream, theirs, event, context)
            with_ids = cycle([events(count, f"request-{number}")[1] for number in range(IDS)])
            calls["ours binary with new ids"] = lambda: logged(stream, ours, next(with_ids), context)  # noqa: B023  (called in this round)
            found = microseconds(calls, repeat)
            for kind in ("JSON", "binary"):
                name = f"{count} image{'s' if count > 1 else ''} {kind}"
                ratio = found[f"ours {kind}"] / found["reference JSON"]
                print(
                    f"{name:16}  {found[f'ours {kind}']:8.1f} us  {ratio:5.2f} of the reference's JSON"
                    f" ({found['reference JSON']:.1f} us), at most {TARGETS[name]}"
                    f"; {found[f'ours {kind}'] / found[f'reference {kind}']:.2f} of its {kind}"
                )
            print(f"{'  with new ids':16}  {found['ours binary with new ids']:8.1f} us")


if __name__ == "__main__":
    main()
