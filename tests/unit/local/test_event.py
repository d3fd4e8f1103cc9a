import base64

from pilotlight.local.event import WebRequest, rest_event
from pilotlight.local.routes import Route

ROUTE = Route("digits", "/v2/models/digits/{proxy+}", "infer")


def request(**changes: object) -> WebRequest:
    plain = WebRequest("POST", "/v2/models/digits/infer", [("Host", "h")], b"{}", "id-1", 1_600_000_000.25)
    return plain._replace(**changes)


def test_a_body_arrives_in_base64_whatever_its_type() -> None:
    event = rest_event(request(body=b"\x00\xff{}", headers=[("Content-Type", "application/json")]), ROUTE)
    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == b"\x00\xff{}"


def test_no_body_is_null() -> None:
    event = rest_event(request(body=b""), ROUTE)
    assert (event["body"], event["isBase64Encoded"]) == (None, False)


def test_path_query_and_proxy() -> None:
    event = rest_event(request(target="/v2/models/digits/infer?a=1&a=2&b=%20x&c"), ROUTE)
    assert event["path"] == "/v2/models/digits/infer"
    assert event["pathParameters"] == {"proxy": "infer"}
    assert event["queryStringParameters"] == {"a": "2", "b": " x", "c": ""}
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"], "b": [" x"], "c": [""]}
    assert event["requestContext"]["path"] == "/local/v2/models/digits/infer"


def test_a_header_that_came_twice_keeps_both_values() -> None:
    event = rest_event(request(headers=[("X-A", "1"), ("X-A", "2"), ("User-Agent", "me")]), ROUTE)
    assert event["headers"] == {"X-A": "2", "User-Agent": "me"}
    assert event["multiValueHeaders"] == {"X-A": ["1", "2"], "User-Agent": ["me"]}
    assert event["requestContext"]["identity"]["userAgent"] == "me"


def test_an_exact_resource_has_no_path_parameters() -> None:
    event = rest_event(request(), Route("digits", "/v2/models/digits", None))
    assert event["pathParameters"] is None
    assert event["queryStringParameters"] is None


def test_times_are_those_of_the_request() -> None:
    context = rest_event(request(), ROUTE)["requestContext"]
    assert context["requestTimeEpoch"] == 1_600_000_000_250
    assert context["requestTime"] == "13/Sep/2020:12:26:40 +0000"
    assert context["requestId"] == "id-1"
