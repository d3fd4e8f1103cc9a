"""What a run is: the same code, data and settings are the same run."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from pilotlight.batch.protocol import Objects
from pilotlight.core.data_source import DataSource, SourceKind
from pilotlight.core.errors import DataError

RUN_DIGITS: Final = 12


def run_id(model: str, image: str, settings: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    """The first 12 hex digits of the sha256 over canonical JSON of what decides a run's result.

    image: the tag, which is a digest of the project's code. settings: every one, resolved. data: see `data_identity`.
    """
    facts = {"model": model, "image": image, "settings": dict(settings), "data": dict(data)}
    canonical = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:RUN_DIGITS]


def data_identity(source: DataSource, objects: Objects) -> dict[str, Any]:
    """What says whether the data at `source` are the same: of a built-in set its name, of S3 the ETags and sizes.

    DataError where nothing is at an s3:// address, or it is a prefix and has no slash at its end, by which a container
    tells one from an object. An object's ETag changes with its content (Amazon S3 API Reference, "Object"); of a
    prefix, the list of all of them stands for the content.
    """
    if not source.in_s3:
        return {"built_in": source.text}
    url = source.text
    found = objects.one(url)
    if found is not None:
        return {"object": url, "etag": found[0], "size": found[1]}
    below = objects.below(url)
    if not below:
        hint = "Correct the address, or upload the data; nothing was submitted."
        raise DataError(url, "there is no such object, and nothing below it", hint)
    if source.kind is not SourceKind.PREFIX:
        hint = f"End it with a slash, {url}/; nothing was submitted."
        raise DataError(url, "is no object, but there are some below it", hint)
    return {"prefix": url.rstrip("/"), "objects": [list(item) for item in below]}


def local_data(source: str, store: str, *, folder: bool) -> DataError:
    """The error for data on this machine, which a container elsewhere cannot read. store: names a bucket."""
    bucket = store.removeprefix("s3://").partition("/")[0]
    target = f"s3://{bucket}/data/{source.rstrip('/').rpartition('/')[2]}"
    copy = f"aws s3 cp {'--recursive ' if folder else ''}{source} {target}"
    what = "is on this machine, where a container of AWS Batch cannot read it"
    return DataError(source, what, f"Upload it, for instance `{copy}`, and give `--data {target}`.")
