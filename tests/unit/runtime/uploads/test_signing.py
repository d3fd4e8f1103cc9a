"""Addresses that allow one request, compared with those that AWS's own library signs."""

import datetime as dt
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, urlsplit

import botocore.auth
import botocore.credentials
import pytest
from botocore.awsrequest import AWSRequest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotlight_runtime.uploads.credentials import Credentials
from pilotlight_runtime.uploads.signing import presign

NOW = 1_795_651_200
SEGMENT = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_characters="?#/"), min_size=1)
HEADER = st.text("abcdefghijklmnopqrstuvwxyz0123456789/-.;= ", min_size=1, max_size=20)


class Wanted(NamedTuple):
    """A request to sign."""

    method: str
    key: str
    credentials: Credentials
    region: str
    now: int
    seconds: int
    headers: dict[str, str]

    @property
    def url(self) -> str:
        return f"https://bucket.s3.{self.region}.amazonaws.com/{self.key}"


def by_botocore(wanted: Wanted) -> str:
    """What S3SigV4QueryAuth makes of the same request, at the same time."""

    class At(botocore.auth.S3SigV4QueryAuth):
        def add_auth(self, request: AWSRequest) -> None:
            stamp = dt.datetime.fromtimestamp(wanted.now, dt.UTC).strftime("%Y%m%dT%H%M%SZ")
            request.context["timestamp"] = stamp
            self._modify_request_before_signing(request)
            text = self.string_to_sign(request, self.canonical_request(request))
            self._inject_signature_to_request(request, self.signature(text, request))

    parts = urlsplit(wanted.url)
    encoded = f"{parts.scheme}://{parts.netloc}{quote(parts.path, safe='/-_.~')}"
    request = AWSRequest(wanted.method, encoded, headers=dict(wanted.headers))
    access, secret, token = wanted.credentials
    own = botocore.credentials.Credentials(access, secret, token or None)
    At(own, "s3", wanted.region, expires=wanted.seconds).add_auth(request)
    return str(request.url)


CREDENTIALS = st.builds(
    Credentials,
    st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=16, max_size=20),
    st.text("abcdefABCDEF0123456789+/", min_size=40, max_size=40),
    st.one_of(st.just(""), st.text("abcdefABCDEF0123456789+/=", min_size=4, max_size=400)),
)
REQUESTS = st.builds(
    Wanted,
    st.sampled_from(["GET", "PUT", "HEAD"]),
    st.lists(SEGMENT, min_size=1, max_size=4).map("/".join),
    CREDENTIALS,
    st.sampled_from(["eu-central-1", "us-east-1", "cn-north-1"]),
    st.integers(NOW, NOW + 10**8),
    st.integers(1, 604_800),
    st.dictionaries(
        st.sampled_from(["content-length", "content-type", "x-amz-acl"]),
        HEADER.map(lambda text: " ".join(text.split()) or "0"),
    ),
)


@settings(max_examples=300, deadline=None)
@given(REQUESTS)
def test_every_signature_is_that_of_botocore(wanted: Wanted) -> None:
    ours = presign(
        wanted.method,
        wanted.url,
        wanted.credentials,
        region=wanted.region,
        now=wanted.now,
        seconds=wanted.seconds,
        headers=wanted.headers,
    )
    theirs = by_botocore(wanted)
    assert dict(parse_qsl(urlsplit(ours).query)) == dict(parse_qsl(urlsplit(theirs).query))
    assert ours.partition("?")[0] == theirs.partition("?")[0]


@pytest.mark.parametrize("change", ["method", "size", "key", "time"])
def test_another_request_has_another_signature(change: str) -> None:
    def sign(method: str = "PUT", size: str = "10", key: str = "one", now: float = NOW) -> str:
        url = f"https://bucket.s3.eu-central-1.amazonaws.com/{key}"
        credentials = Credentials("AKID", "SECRET", "TOKEN")
        signed = presign(
            method, url, credentials, region="eu-central-1", now=now, seconds=60, headers={"Content-Length": size}
        )
        return signed.rpartition("=")[2]

    other = {
        "method": sign(method="GET"),
        "size": sign(size="11"),
        "key": sign(key="two"),
        "time": sign(now=NOW + 1),
    }
    assert other[change] != sign()
