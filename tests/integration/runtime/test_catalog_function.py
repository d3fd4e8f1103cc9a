import io
import json
from pathlib import Path

import pytest

from pilotlight_runtime.catalog import catalog_handler
from pilotlight_runtime.catalog_index import CatalogEntry, dump_catalog
from pilotlight_runtime.errors import ManifestError


def test_the_catalog_answers_and_logs(tmp_path: Path) -> None:
    (tmp_path / "catalog.json").write_bytes(dump_catalog([CatalogEntry("tiny", "0123456789ab")]))
    log = io.StringIO()
    handler = catalog_handler(str(tmp_path / "app.py"), environ={}, stream=log)
    answer = handler({"path": "/v2/repository/index", "body": {"ready": True}}, None)
    assert json.loads(answer["body"]) == [{"name": "tiny", "version": "0123456789ab", "state": "READY", "reason": ""}]
    assert handler({"path": "/nothing"}, None)["statusCode"] == 404
    assert handler({"inputs": []}, None)["status"] == 404
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [line["status"] for line in lines if "status" in line] == [200, 404, 404]
    assert {line["model"] for line in lines} == {"catalog"}


def test_a_catalog_without_its_list_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"catalog\.json cannot be read"):
        catalog_handler(str(tmp_path / "app.py"))


def test_a_catalog_with_a_damaged_list_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "catalog.json").write_bytes(b"{")
    with pytest.raises(ManifestError, match="is malformed"):
        catalog_handler(str(tmp_path / "app.py"))
