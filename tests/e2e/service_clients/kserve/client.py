"""KServe's own REST client: client.py ADDRESS HEADER VALUE prints what came back as JSON.

It asks the model adder: HEADER with VALUE is the key of a plan of three requests.
"""

import asyncio
import json
import sys
from typing import Any

import httpx
import numpy as np
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig

ADDRESS, HEADER, VALUE = sys.argv[1:4]
KEY = {HEADER: VALUE}
MODEL = "adder"
LEFT = "x-ratelimit-remaining-requests"
ROW = [1.0, 2.0, 3.0]


def write_request(*, binary: bool) -> InferRequest:
    inputs = [InferInput(name, [1, 3], "FP32") for name in ("a", "b")]
    for each in inputs:
        each.set_data_from_numpy(np.array([ROW], np.float32), binary_data=binary)
    return InferRequest(MODEL, inputs)


async def refused(client: InferenceRESTClient, headers: dict[str, str]) -> list[Any]:
    """The client's error: its type, the status and the message."""
    try:
        await client.infer(ADDRESS, write_request(binary=False), MODEL, headers=headers)
    except httpx.HTTPStatusError as error:
        return [type(error).__name__, error.response.status_code, str(error)]
    return ["answered", 200, ""]


async def main() -> dict[str, Any]:
    found: dict[str, Any] = {"left": []}
    async with (
        InferenceRESTClient(RESTConfig(protocol="v2")) as client,
        InferenceRESTClient(RESTConfig(protocol="v1")) as older,
    ):
        found["ready"] = [
            await client.is_server_live(ADDRESS),
            await client.is_server_ready(ADDRESS),
            await client.is_model_ready(ADDRESS, MODEL),
        ]
        found["no key"] = await refused(client, {})
        found["wrong key"] = await refused(client, {HEADER: VALUE[:-1] + "!"})
        for name, binary in (("json", False), ("binary", True)):
            told: dict[str, str] = {}
            request = write_request(binary=binary)
            answer = await client.infer(ADDRESS, request, MODEL, headers={**KEY}, response_headers=told)
            found[name] = {output.name: output.as_numpy().tolist() for output in answer.outputs}
            found["left"].append(told[LEFT])
        told = {}
        instances = {"instances": [{"a": ROW, "b": ROW}]}
        answer = await older.infer(ADDRESS, instances, MODEL, headers={**KEY}, response_headers=told)
        found["predictions"] = answer["predictions"]
        found["left"].append(told[LEFT])
        found["used up"] = await refused(client, {**KEY})
    return found


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main())))
