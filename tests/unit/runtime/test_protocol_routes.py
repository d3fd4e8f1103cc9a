import pytest

from pilotlight_runtime.errors import MethodNotAllowed, NotFound
from pilotlight_runtime.protocol.routes import Route, route


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/v2", Route("server")),
        ("get", "/v2/", Route("server")),
        ("GET", "/v2/health/live", Route("live")),
        ("GET", "/v2/health/ready", Route("ready")),
        ("POST", "/v2/repository/index", Route("index")),
        ("GET", "/v2/models/digits", Route("metadata", "digits")),
        ("GET", "/v2/models/digits/versions/12ab", Route("metadata", "digits", "12ab")),
        ("GET", "/v2/models/digits/ready", Route("model_ready", "digits")),
        ("GET", "/v2/models/digits/versions/12ab/ready", Route("model_ready", "digits", "12ab")),
        ("POST", "/v2/models/digits/infer", Route("infer", "digits")),
        ("POST", "/v2/models/digits/versions/12ab/infer", Route("infer", "digits", "12ab")),
        ("GET", "/v1/models/digits", Route("status", "digits")),
        ("GET", "/v1/models/digits/versions/12ab", Route("status", "digits", "12ab")),
        ("POST", "/v1/models/digits:predict", Route("predict", "digits")),
        ("POST", "/v1/models/digits%3Apredict", Route("predict", "digits")),
        ("POST", "/v1/models/digits/versions/12ab:predict", Route("predict", "digits", "12ab")),
    ],
)
def test_each_path(method: str, path: str, expected: Route) -> None:
    assert route(method, path) == expected


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/v2/models",
        "/v2/models/",
        "/v2/models//infer",
        "/v2/models/digits/versions",
        "/v2/models/digits/versions/1/2",
        "/v2/models/digits/infer/more",
        "/v1/models/digits/infer",
        "/v1/models/digits:classify",
        "/v1/models/:predict",
        "/v3",
        "/v2/health",
    ],
)
def test_no_such_path(path: str) -> None:
    with pytest.raises(NotFound, match="there is no route for"):
        route("GET", path)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v2/models/digits/infer", "POST"),
        ("POST", "/v2/models/digits", "GET"),
        ("DELETE", "/v2", "GET"),
        ("PUT", "/v1/models/digits:predict", "POST"),
        ("X" * 1000, "/v2", "GET"),
    ],
)
def test_another_method(method: str, path: str, allowed: str) -> None:
    with pytest.raises(MethodNotAllowed) as caught:
        route(method, path)
    assert caught.value.headers == {"Allow": allowed}
    assert f"use {allowed}" in str(caught.value)
    assert len(str(caught.value)) < 100
