"""Which run it is: the same code, data and settings are the same run."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from pilotlight.batch.protocol import Objects
from pilotlight.core.data_source import DataSource, SourceKind
from pilotlight.core.errors import DataError

RUN_DIGITS: Final = 12


def compute_run_id(model: str, image: str, settings: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    """Return the first 12 hex digits of the SHA-256 over canonical JSON of everything that decides a run's result.

    Args:
        model: The model's name.
        image: The image's tag, which is a digest of the project's code.
        settings: Every setting of the run, resolved.
        data: What identifies the data: see `identify_data`.
    """
    facts = {"model": model, "image": image, "settings": dict(settings), "data": dict(data)}
    canonical = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:RUN_DIGITS]


def identify_data(source: DataSource, objects: Objects) -> dict[str, Any]:
    """Return what changes whenever the data change: a built-in set's name, or the ETags and sizes of objects in S3.

    An object's ETag changes with its content (Amazon S3 API Reference, "Object"). For a prefix, the list of all its
    objects stands for the content.

    Raises:
        DataError: Nothing is at the s3:// address, or it is a prefix without a slash at its end. The container tells a
            prefix from an object by that slash.
    """
    if not source.in_s3:
        return {"built_in": source.text}
    url = source.text
    found = objects.find(url)
    if found is not None:
        return {"object": url, "etag": found[0], "size": found[1]}
    below = objects.list_prefix(url)
    if not below:
        hint = "Correct the address, or upload the data; nothing was submitted."
        raise DataError(url, "there is no such object, and none below it", hint)
    if source.kind is not SourceKind.PREFIX:
        hint = f"End it with a slash, {url}/; nothing was submitted."
        raise DataError(url, "is a prefix with objects below it, not an object", hint)
    return {"prefix": url.rstrip("/"), "objects": [list(item) for item in below]}


def check_data_in_s3(source: DataSource, given: str, bucket: str) -> None:
    """Check that a container elsewhere can read the data.

    Args:
        source: The data source, parsed.
        given: The data source as the person wrote it.
        bucket: The bucket of the store, which is proposed in the message.

    Raises:
        DataError: The data are on this machine.
    """
    if not source.is_local:
        return
    folder = source.kind is SourceKind.FOLDER
    target = f"s3://{bucket}/data/{given.rstrip('/').rpartition('/')[2]}"
    copy = f"aws s3 cp {'--recursive ' if folder else ''}{given} {target}"
    what = "is on this machine, where a container of AWS Batch cannot read it"
    raise DataError(given, what, f"Upload it, for instance `{copy}`, and give `--data {target}`.")
