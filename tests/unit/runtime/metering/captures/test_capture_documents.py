"""What a capture holds and where it lies: written, read, and refused where it was changed."""

from __future__ import annotations

import gzip
import json
import os
import re

import pytest

from pilotlight_runtime.errors import ManifestError
from pilotlight_runtime.metering.captures.aes_gcm import KEY_BYTES, SealBroken, open_cipher
from pilotlight_runtime.metering.captures.documents import MOST_BYTES, Exchange, read_document, write_document
from pilotlight_runtime.metering.captures.names import (
    DAYS,
    Location,
    find_first_day,
    make_name,
    name_prefix,
    parse_location,
    parse_name,
)
from pilotlight_runtime.metering.captures.sealing import seal, unseal
from pilotlight_runtime.metering.captures.settings import CaptureSettings, read_settings

NOW = 1_795_651_200.0 + 3661
"""2026-11-26 01:01:01 UTC."""
DAY = 86_400
EXCHANGE = Exchange(
    time=int(NOW),
    tenant="Tenant01",
    key_id="k0",
    model="digits",
    version="0123456789ab",
    request_id="7b2f",
    method="POST",
    path="/v2/models/digits/infer",
    status=200,
    request=b'{"inputs": []}',
    response=bytes(range(256)),
    whole=True,
)


def test_a_document_is_gzip_of_json_with_the_bodies_in_base64() -> None:
    raw = write_document(EXCHANGE)
    document = json.loads(gzip.decompress(raw))
    assert document["schema"] == 1
    assert document["request"] == "eyJpbnB1dHMiOiBbXX0="
    assert set(document) == {"schema", *Exchange._fields}
    assert read_document(raw) == EXCHANGE


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no gzip",
        gzip.compress(b"no json"),
        gzip.compress(b"[]"),
        gzip.compress(b"{}"),
        gzip.compress(b'{"schema": 2}'),
        gzip.compress(gzip.decompress(write_document(EXCHANGE)).replace(b'"schema":1', b'"schema":2')),
        gzip.compress(b'{"schema": 1, "request": 7, "response": ""}'),
        gzip.compress(b'{"schema": 1, "request": "", "response": ""}'),
        gzip.compress(b" " * (6 * MOST_BYTES)),
        write_document(EXCHANGE)[:-20],
    ],
)
def test_another_document_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"the capture is (damaged|of schema 2)"):
        read_document(raw)


def test_the_longest_bodies_are_read_again() -> None:
    longest = EXCHANGE._replace(request=os.urandom(MOST_BYTES), response=os.urandom(MOST_BYTES))
    assert read_document(write_document(longest)) == longest


def test_a_capture_is_opened_under_its_own_name_alone() -> None:
    cipher, key = open_cipher(), os.urandom(KEY_BYTES)
    name, other = (make_name(30, tenant, "digits", NOW, os.urandom) for tenant in ("Tenant01", "Tenant02"))
    kept = seal(cipher, key, name, b"a document", os.urandom)
    assert kept[:4] == b"PLC1"
    assert b"document" not in kept
    assert unseal(cipher, key, name, kept) == b"a document"
    for wrong_name, wrong in (
        (other, kept),
        (name, kept[1:]),
        (name, b"PLC2" + kept[4:]),
        (name, b""),
        (name, kept[:9]),
    ):
        with pytest.raises(SealBroken):
            unseal(cipher, key, wrong_name, wrong)


def test_no_two_captures_have_the_same_nonce() -> None:
    cipher, key = open_cipher(), os.urandom(KEY_BYTES)
    assert len({seal(cipher, key, "name", b"the same", os.urandom) for _ in range(1000)}) == 1000


def test_a_name_says_who_when_and_how_long() -> None:
    name = make_name(30, "Tenant01", "spam-filter", NOW, os.urandom)
    assert re.fullmatch(r"captures/30/Tenant01/spam-filter/2026-11-26/010101-[0-9a-f]{24}", name)
    assert name.startswith(name_prefix(30, "Tenant01", "spam-filter"))
    assert parse_name(name) == (name, 30, "Tenant01", "spam-filter", "2026-11-26", "010101")


END = "010101-" + "a" * 24


@pytest.mark.parametrize(
    "name",
    [
        "",
        "captures",
        f"other/30/Tenant01/m/2026-11-26/{END}",
        f"captures/x/Tenant01/m/2026-11-26/{END}",
        f"captures/30/Tenant01/m/2026-11-26/{END}.part",
        f"captures/30/Tenant01/m/2026-11-26/{END}/more",
        f"captures/30/Tenant01/../2026-11-26/{END}",
        f"captures/30/Tenant01/m/../{END}",
        f"captures/30/Tenant01/m/2026-11-2x/{END}",
        f"captures/30/Tenant01/m/2026-11-26/0101-{'a' * 24}",
    ],
)
def test_other_names_are_none(name: str) -> None:
    assert parse_name(name) is None


@pytest.mark.parametrize("days", DAYS)
def test_a_capture_stays_for_its_days_and_until_midnight(days: int) -> None:
    day = parse_name(make_name(days, "Tenant01", "m", NOW, os.urandom))
    assert day is not None
    midnight = NOW // DAY * DAY
    assert day.day >= find_first_day(days, midnight + (days + 1) * DAY - 1)
    assert day.day < find_first_day(days, midnight + (days + 1) * DAY)


@pytest.mark.parametrize(
    ("text", "location"),
    [
        ("s3://bucket", Location("bucket", "", "")),
        ("s3://bucket/", Location("bucket", "", "")),
        ("s3://bucket/a/b/", Location("bucket", "a/b/", "")),
        ("/a/folder/", Location("", "", "/a/folder")),
        ("/", Location("", "", "/")),
    ],
)
def test_a_location_is_a_bucket_or_a_folder(text: str, location: Location) -> None:
    assert parse_location(text) == location


@pytest.mark.parametrize("text", ["", "folder", "s3://", "s3:///x", "S3://bucket", "http://x"])
def test_other_locations_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be s3://BUCKET"):
        parse_location(text)


def test_the_settings_of_a_manifest() -> None:
    assert read_settings({"share": 0.01, "days": 7}) == CaptureSettings(0.01, 7)
    assert read_settings({"share": 1, "days": 365}) == CaptureSettings(1.0, 365)


@pytest.mark.parametrize(
    "found",
    [
        True,
        [],
        {},
        {"share": 0.1},
        {"days": 30},
        *({"share": share, "days": 30} for share in (0, -1, 1.1, True, "1", None, float("nan"), float("inf"))),
        *({"share": 1, "days": days} for days in (0, 2, 30.0, "30", True, None)),
    ],
)
def test_other_settings_are_refused(found: object) -> None:
    with pytest.raises(ManifestError, match=r"capture must have a share above 0.*package the model again"):
        read_settings(found)
