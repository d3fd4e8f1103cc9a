"""Starts the captures of a function."""

from __future__ import annotations

import sys
from posix import urandom

from pilotlight_runtime.environment import CAPTURES_VARIABLE, SERVICE_VARIABLE
from pilotlight_runtime.errors import LoadError
from pilotlight_runtime.light_typing import TYPE_CHECKING, Any, Callable, Final, Mapping, TextIO
from pilotlight_runtime.metering.captures.aes_gcm import CipherMissing, open_cipher
from pilotlight_runtime.metering.captures.data_keys import DataKeys, KmsKeys, PlainKeys
from pilotlight_runtime.metering.captures.names import Location, parse_location
from pilotlight_runtime.metering.captures.sampling import Sampler, Served, Work
from pilotlight_runtime.metering.captures.settings import read_settings
from pilotlight_runtime.metering.captures.writing import CaptureStore, CaptureWriter, Parts
from pilotlight_runtime.metering.opening import BUNDLE_VARIABLE, SQLITE, find_endpoint, find_other_endpoint

if TYPE_CHECKING:
    from pilotlight_runtime.metering.charge import Item

CLIENT: Final = "pilotlight_runtime.lambda_client.loop"
KMS_SECONDS: Final = 1.0
"""For one call of KMS, which answers within 20 ms nearly always."""
_RANDOM_BYTES: Final = 7
"""More than the 53 bits that a float holds."""


def draw() -> float:
    """A random number from 0 to 1, without 1. Environments that are restored from one snapshot draw different ones."""
    return (int.from_bytes(urandom(_RANDOM_BYTES), "big") >> 3) / (1 << 53)


def start_captures(
    manifest: Mapping[str, Any],
    environ: Mapping[str, str],
    read: Callable[[str], Item | None],
    log: TextIO,
    clock: Callable[[], float],
    modules: Mapping[str, Any] = sys.modules,
) -> Sampler:
    """Starts the captures of a model whose manifest has the field `capture`.

    Args:
        manifest: The parsed manifest.json.
        environ: The function's environment variables.
        read: Reads a tenant's item as it is now.
        log: Takes the lines about captures that are lost.
        clock: Seconds since the epoch.
        modules: The loaded modules. Where Pilotlight's client is among them, captures are written after the response.

    Returns:
        What captures.

    Raises:
        LoadError: This Python cannot encrypt, or the location or the field is wrong.
    """
    settings = read_settings(manifest["capture"])
    try:
        location, cipher = parse_location(environ[CAPTURES_VARIABLE]), open_cipher()
    except ValueError as error:
        raise LoadError(f"{CAPTURES_VARIABLE}: {error}") from error
    except CipherMissing as error:
        raise LoadError(
            f"requests cannot be captured here: {error}; leave {CAPTURES_VARIABLE} empty, or use another Python"
        ) from error
    parts = Parts(read, _open_keys(environ, clock), cipher, _open_store(location, environ, clock))
    client = modules.get(CLIENT)
    defer: Callable[[Work], None] | None = None if client is None else client.after_response.append
    writer = CaptureWriter(parts, settings.days, log, clock, urandom)
    served = Served(str(manifest["model"]), str(manifest["version"]))
    return Sampler(served, settings.share, writer, draw=draw, clock=clock, defer=defer)


def _open_keys(environ: Mapping[str, str], clock: Callable[[], float]) -> DataKeys:
    if environ[SERVICE_VARIABLE].startswith(SQLITE):
        return PlainKeys()
    from pilotlight_runtime.aws_signature import HeaderSigner
    from pilotlight_runtime.metering.service_calls import ServiceCalls
    from pilotlight_runtime.metering.sockets import parse_endpoint
    from pilotlight_runtime.uploads.credentials import CredentialSource

    calls = ServiceCalls(
        parse_endpoint(find_endpoint(environ, "kms"), environ.get(BUNDLE_VARIABLE, "")),
        HeaderSigner(environ.get("AWS_REGION", ""), "kms"),
        CredentialSource(environ, clock).find,
        clock=clock,
        seconds=KMS_SECONDS,
        content_type="application/x-amz-json-1.1",
    )
    return KmsKeys(calls, clock)


def _open_store(location: Location, environ: Mapping[str, str], clock: Callable[[], float]) -> CaptureStore:
    if location.folder:
        from pilotlight_runtime.metering.captures.folder import CaptureFolder

        return CaptureFolder(location.folder, clock)
    from pilotlight_runtime.metering.captures.bucket import CaptureBucket
    from pilotlight_runtime.uploads.bucket import Bucket
    from pilotlight_runtime.uploads.credentials import CredentialSource

    bucket = Bucket(location.bucket, environ.get("AWS_REGION", ""), find_other_endpoint(environ, "s3"), location.prefix)
    bundle = environ.get(BUNDLE_VARIABLE, "")
    return CaptureBucket(bucket, CredentialSource(environ, clock), bundle=bundle, clock=clock)
