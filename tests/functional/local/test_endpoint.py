import io
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from pilotlight.core.errors import ServiceError
from pilotlight.local.endpoint import GatewayEndpoint, HttpEndpoint, require_success
from pilotlight.local.functions import Function
from pilotlight.local.gateway import Gateway, WebResponse
from pilotlight.local.http_exchange import Waits
from pilotlight.local.server import LocalServer


def seen(event: Any, _context: Any) -> Any:
    headers = {name.lower(): value for name, value in event["headers"].items()}
    kept = {name: headers.get(name) for name in ("accept", "x-api-key", "x-own")}
    body = json.dumps({"path": event["path"], "headers": kept})
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": body}


@pytest.fixture
def gateway() -> Gateway:
    return Gateway({}, Function("catalog", seen), io.StringIO())


@pytest.fixture
def address(gateway: Gateway) -> Iterator[str]:
    with LocalServer(gateway, 0, io.StringIO()) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.address
        server.shutdown()
        thread.join()


def test_the_stage_the_key_and_own_headers_are_sent(address: str) -> None:
    answer = HttpEndpoint(f"{address}/prod/", "the-key").send("POST", "/v2/x", {"X-Own": "1"}, b"{}")
    assert json.loads(answer.body) == {
        "path": "/prod/v2/x",
        "headers": {"accept": "*/*", "x-api-key": "the-key", "x-own": "1"},
    }


def test_without_a_key_no_header_is_sent(address: str) -> None:
    answer = HttpEndpoint(address, None).send("GET", "/v2", {}, b"")
    assert json.loads(answer.body)["headers"]["x-api-key"] is None


def test_http_and_the_gateway_give_the_same_bytes(gateway: Gateway, address: str) -> None:
    headers = {"Accept": "*/*"}
    direct = GatewayEndpoint(gateway).send("GET", "/v2/health/live", headers, b"")
    assert HttpEndpoint(address, None).send("GET", "/v2/health/live", headers, b"").body == direct.body


@pytest.mark.parametrize("url", ["localhost:8080", "ftp://host", "http://", "http://host:port"])
def test_what_is_no_address_is_said_so(url: str) -> None:
    with pytest.raises(ServiceError, match="is not a web address"):
        HttpEndpoint(url, None).send("GET", "/v2", {}, b"")


def test_nobody_there_is_said_so(gateway: Gateway) -> None:
    with LocalServer(gateway, 0, io.StringIO()) as server:
        address = server.address
    with pytest.raises(ServiceError, match=r"gave no answer.*Check the address"):
        HttpEndpoint(address, None, Waits(silence=5)).send("GET", "/v2", {}, b"")


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (403, b'{"message": "Forbidden"}', "answered 403: Forbidden. Give the endpoint's key with --api-key"),
        (400, b'{"error": "no input x"}', "answered 400: no input x. Correct the request."),
        (404, b"{}", "answered 404: {}. See which models answer"),
        (429, b"[1]", "answered 429: \\[1\\]. The usage plan"),
        (500, b"<html>", "answered 500: <html>. Read the function's log."),
        (503, b"", "answered 503: nothing"),
    ],
)
def test_each_refusal_says_what_to_do(status: int, body: bytes, said: str) -> None:
    with pytest.raises(ServiceError, match=said):
        require_success(WebResponse(status, [], body), "https://there")


def test_success_passes_through() -> None:
    answer = WebResponse(204, [], b"")
    assert require_success(answer, "there") is answer
