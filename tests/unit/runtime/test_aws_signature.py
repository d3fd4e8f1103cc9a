"""Requests with signed headers, beside what botocore makes of them."""

import itertools
import string
from calendar import timegm
from time import strptime

import numpy as np
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from pilotlight_runtime.aws_signature import HeaderSigner

LETTERS = string.ascii_letters + string.digits + "/+="


def word(source: np.random.Generator, most: int, letters: str = LETTERS) -> str:
    return "".join(source.choice(list(letters), size=source.integers(1, most)))


def test_a_thousand_random_requests_are_signed_as_botocore_signs_them() -> None:
    source = np.random.default_rng(14)
    signer, fast = (HeaderSigner("eu-central-1", "dynamodb") for _ in range(2))
    fast.hasten()
    for _ in range(1000):
        keys = (word(source, 20), word(source, 40), str(source.choice(["", word(source, 300)])))
        host = f"{word(source, 20, string.ascii_lowercase)}.amazonaws.com{source.choice(['', ':8000'])}"
        target = f"DynamoDB_20120810.{word(source, 12, string.ascii_letters)}"
        body = "".join(map(chr, source.choice([*range(32, 127), *range(160, 50_000)], size=50)))
        theirs = AWSRequest(
            "POST",
            f"https://{host}/",
            data=body.encode(),
            headers={"content-type": "application/x-amz-json-1.0", "x-amz-target": target, "host": host},
        )
        SigV4Auth(Credentials(keys[0], keys[1], keys[2] or None), "dynamodb", "eu-central-1").add_auth(theirs)
        now = timegm(strptime(theirs.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ"))
        headers = (("content-type", "application/x-amz-json-1.0"), ("host", host), ("x-amz-target", target))
        heads = {each.write_head(keys, headers, body.encode(), now) for each in (signer, signer, fast)}
        (head,) = heads  # the second one by what the signer keeps
        first, *lines, empty, end = head.split("\r\n")
        ours = dict(line.split(": ", 1) for line in lines)
        assert (first, empty, end) == ("POST / HTTP/1.1", "", "")
        assert ours["content-length"] == str(len(body.encode()))
        assert {name: ours[name] for name, _ in headers} == dict(headers)
        assert ours["authorization"] == theirs.headers["Authorization"]
        assert ours["x-amz-date"] == theirs.headers["X-Amz-Date"]
        assert ours.get("x-amz-security-token", "") == keys[2]


def test_what_is_kept_of_a_day_is_not_used_for_other_credentials_another_day_or_other_headers() -> None:
    kept = HeaderSigner("eu-central-1", "dynamodb")
    for key, host, now in itertools.product(("A", "B"), ("a.example", "b.example"), (0.0, 86_400.0)):
        for secret, token in itertools.product(("S", "T"), ("", "U")):
            request = ((key, secret, token), (("host", host),), b"{}", now)
            assert kept.write_head(*request) == HeaderSigner("eu-central-1", "dynamodb").write_head(*request)
