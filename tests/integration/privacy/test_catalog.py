"""As test_tensor_function, for the catalog, which also sends traces to X-Ray's daemon."""

from pathlib import Path

import pytest
from support.canaries import CANARY
from support.leaks import look, send
from support.private_requests import as_bodies, everywhere_but_in_the_body, rest
from support.watched_function import watching

from pilotlight_runtime.catalog_index import CatalogEntry, dump_catalog

pytestmark = pytest.mark.integration

APP = "from pilotlight_runtime import catalog_handler\n\nhandler = catalog_handler(__file__)\n"
INDEX = "/v2/repository/index"


def test_what_the_catalog_answers_leaves_nothing_of_the_request(tmp_path: Path) -> None:
    folder = tmp_path / "function"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "catalog.json").write_bytes(dump_catalog([CatalogEntry("tiny", "0123456789ab")]))
    events = [*as_bodies(CANARY, INDEX, {"ready": True, "name": CANARY.text})]
    for path in ("/v2", "/v2/health/ready", "/v1/models", "/v2/models/tiny"):
        events += everywhere_but_in_the_body(CANARY, path, None)
    events += everywhere_but_in_the_body(CANARY, "/v1/chat/completions", {"model": CANARY.text, "messages": []})
    events += [("files", rest("/v1/files", {"bytes": CANARY.number, "filename": CANARY.text, "purpose": CANARY.text}))]
    events += [("direct", {"inputs": [CANARY.text]}), ("no event", CANARY.text)]
    with watching(tmp_path) as function:
        statuses = {send(function, event, said) for said, event in events}
        look(function, "all requests")
    assert {200, 400, 404, 405} <= statuses
    assert len(function.segments) >= len(events) / 2  # those that reach the handler
