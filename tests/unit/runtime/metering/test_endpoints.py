"""Where the services of AWS answer that a metered function calls."""

from __future__ import annotations

import pytest

from pilotlight_runtime.metering.opening import find_endpoint


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({"AWS_REGION": "eu-central-1"}, "https://kms.eu-central-1.amazonaws.com"),
        ({"AWS_REGION": "cn-north-1"}, "https://kms.cn-north-1.amazonaws.com.cn"),
        ({"AWS_REGION": "eu-central-1", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "http://127.0.0.1:1"),
        ({"AWS_ENDPOINT_URL_KMS": "http://a", "AWS_ENDPOINT_URL": "http://b"}, "http://a"),
        ({"AWS_REGION": "r", "AWS_ENDPOINT_URL_DYNAMODB": "http://a"}, "https://kms.r.amazonaws.com"),
    ],
)
def test_the_endpoint_is_that_of_awss_sdks(environ: dict[str, str], url: str) -> None:
    assert find_endpoint(environ, "kms") == url
