"""catalog.json: the models of an endpoint. Packaging writes it, the catalog's function reads it."""

from __future__ import annotations

from pilotlight_runtime.errors import ManifestError
from pilotlight_runtime.json_text import loads
from pilotlight_runtime.light_typing import Final, NamedTuple

SCHEMA: Final = 1
CATALOG_NAME: Final = "catalog.json"


class CatalogEntry(NamedTuple):
    """A model of the endpoint and the version that is deployed.

    task: of a language model, such as "generate"; "" for any other model. created: when the version was published, in
    seconds since the epoch; 0 where it is not known. OpenAI's clients see the models that have a task.
    """

    name: str
    version: str
    task: str = ""
    created: int = 0


def dump_catalog(entries: list[CatalogEntry]) -> bytes:
    """Writes catalog.json: models sorted by name, a newline at the end."""
    import json  # the tool alone writes catalogs

    models = [{field: value for field, value in entry._asdict().items() if value} for entry in sorted(entries)]
    document = {"schema": SCHEMA, "models": models}
    return (json.dumps(document, indent=2) + "\n").encode()


def load_catalog(raw: bytes) -> list[CatalogEntry]:
    """Reads catalog.json; ManifestError says what is wrong."""
    try:
        document = loads(raw)
        if document["schema"] != SCHEMA:
            raise ManifestError(f"{CATALOG_NAME} has schema {document['schema']!r}; this runtime reads schema {SCHEMA}")
        return [
            CatalogEntry(
                str(model["name"]), str(model["version"]), str(model.get("task", "")), int(model.get("created", 0))
            )
            for model in document["models"]
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ManifestError(f"{CATALOG_NAME} is malformed ({error!r}); package the catalog again") from error
