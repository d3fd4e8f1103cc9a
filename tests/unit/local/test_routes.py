import pytest

from pilotlight.local.routes import Route, find_route

MODELS = ("digits", "digits-small")


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        ("GET", "/v2", Route("catalog", "/v2", None)),
        ("GET", "/v2/", Route("catalog", "/v2", None)),
        ("GET", "/v2/health/live", Route("catalog", "/v2/{proxy+}", "health/live")),
        ("POST", "/v2/repository/index", Route("catalog", "/v2/{proxy+}", "repository/index")),
        ("GET", "/v2/models/digits", Route("digits", "/v2/models/digits", None)),
        ("POST", "/v2/models/digits/infer", Route("digits", "/v2/models/digits/{proxy+}", "infer")),
        ("GET", "/v2/models/digits-small/ready", Route("digits-small", "/v2/models/digits-small/{proxy+}", "ready")),
        ("GET", "/v2/models/absent", Route("catalog", "/v2/{proxy+}", "models/absent")),
        ("GET", "/v2/models/catalog", Route("catalog", "/v2/{proxy+}", "models/catalog")),
        ("POST", "/v1/models/digits:predict", Route("digits", "/v1/models/digits:predict", None)),
        ("POST", "/v1/models/digits:explain", Route("catalog", "/{proxy+}", "v1/models/digits:explain")),
        (
            "POST",
            "/v1/models/digits/versions/abc:predict",
            Route("digits", "/v1/models/digits/{proxy+}", "versions/abc:predict"),
        ),
        ("GET", "/favicon.ico", Route("catalog", "/{proxy+}", "favicon.ico")),
    ],
)
def test_a_path_belongs_to_the_most_exact_resource(method: str, path: str, route: Route) -> None:
    assert find_route(method, path, MODELS) == route


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v2"),
        ("POST", "/v2/models/digits"),
        ("HEAD", "/v2/models/digits"),
        ("GET", "/v1/models/digits:predict"),
        ("GET", "/"),
        ("GET", ""),
    ],
)
def test_a_resource_without_the_method_answers_nothing(method: str, path: str) -> None:
    assert find_route(method, path, MODELS) is None
