"""A tenant's consent and its captures, as administrators handle them, on both tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.metering import Service, sqlite_service
from support.sealed_captures import make_exchange, plain_key, seal_exchange, write_to_folder

from pilotlight.core.errors import MeteringError
from pilotlight.core.table_update import Item, Update
from pilotlight.metering import (
    DELETED,
    Administration,
    CaptureObjects,
    FolderObjects,
    PlainKeyMaker,
    Plan,
    Tenant,
    allow_capture,
    create_tenant,
    end_capture,
    find_tenant,
    forget_tenant,
    list_captures,
    read_audit_trail,
    read_capture,
    set_state,
    was_captured,
)
from pilotlight.metering.table import Table

PLAN = Plan("free", {"day": 10, "month": 100})
DAY = 86_400


class Stopped(Exception):
    """The process ends here."""


class Stopping:
    """A table and a folder that end the process before one of their changes. before: how many are made first."""

    def __init__(self, table: Table, objects: CaptureObjects, before: int) -> None:
        self._table = table
        self._objects = objects
        self._left = before
        self.location = table.location

    def read(self, pk: str, sk: str = "") -> Any:
        return self._table.read(pk, sk) if sk else self._objects.read(pk)

    def list_items(self, pk: str, prefix: str = "") -> Iterator[tuple[str, Item]]:
        return self._table.list_items(pk, prefix)

    def list_objects(self, prefix: str) -> Iterator[tuple[str, int]]:
        return self._objects.list_objects(prefix)

    def create(self, pk: str, sk: str, item: Item) -> bool:
        self._count()
        return self._table.create(pk, sk, item)

    def update(self, pk: str, sk: str, change: Update) -> bool:
        self._count()
        return self._table.update(pk, sk, change)

    def remove(self, where: str | Iterable[str], sk: str = "") -> None:
        if isinstance(where, str):
            self._count()
            self._table.remove(where, sk)
            return
        for name in where:
            self._count()
            self._objects.remove([name])

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise Stopped


class Captured:
    """A tenant with captures in a folder."""

    def __init__(self, service: Service, folder: Path, name: str = "acme") -> None:
        self.service, self.folder, self.name = service, folder, name
        self.objects = FolderObjects(folder)
        self.now = service.now.timestamp()
        create_tenant(service.administration, name, PLAN)
        allow_capture(service.administration, name, PlainKeyMaker())
        self.key = plain_key(self.tenant.item)

    @property
    def tenant(self) -> Tenant:
        return find_tenant(self.service.table, self.name)

    def add(self, ago: float = 0.0, days: int = 30, **fields: Any) -> str:
        """Writes a capture of some seconds ago, and returns its name."""
        now = self.now - ago
        name, content = seal_exchange(make_exchange(self.tenant.id, now, **fields), self.key, now, days)
        write_to_folder(self.folder, name, content)
        return name

    def names(self, **only: str) -> list[str]:
        return [entry.name for entry in list_captures(self.objects, self.tenant, self.now, **only)]

    def open_key(self, tenant: Tenant) -> bytes:
        return plain_key(tenant.item)

    def read(self, name: str) -> Any:
        return read_capture(self.objects, self.tenant, self.open_key, name, self.now)

    def files(self) -> list[Path]:
        return [path for path in self.folder.rglob("*") if path.is_file()]


@pytest.fixture
def acme(service: Service, tmp_path: Path) -> Captured:
    return Captured(service, tmp_path / "captures")


@pytest.fixture
def local(tmp_path: Path) -> Captured:
    """The same, with a table in a file."""
    return Captured(sqlite_service(tmp_path), tmp_path / "captures")


def test_consent_is_a_data_key_in_the_tenants_item(service: Service) -> None:
    create_tenant(service.administration, "acme", PLAN)
    assert "capture" not in find_tenant(service.table, "acme").item
    assert allow_capture(service.administration, "acme", PlainKeyMaker()) == ("acme", True, True, 0)
    consent = find_tenant(service.table, "acme").item["capture"]
    assert consent["kind"] == "plain"
    assert len(plain_key({"capture": consent})) == 32
    assert consent["since"] == int(service.now.timestamp())
    assert allow_capture(service.administration, "acme", PlainKeyMaker()) == ("acme", True, False, 0)
    assert find_tenant(service.table, "acme").item["capture"] == consent


def test_the_end_destroys_the_key_and_the_captures(acme: Captured) -> None:
    other = Captured(acme.service, acme.folder, "other")
    kept = other.add()
    names = [acme.add(), acme.add(days=7), acme.add(model="language")]
    assert sorted(acme.names()) == sorted(names)
    assert end_capture(acme.service.administration, "acme", acme.objects) == ("acme", False, True, 3)
    assert "capture" not in acme.tenant.item
    assert acme.names() == []
    assert [path.name for path in acme.files()] == [kept.rpartition("/")[2]]
    assert end_capture(acme.service.administration, "acme", acme.objects) == ("acme", False, False, 0)
    actions = [(entry.action, entry.detail) for entry in read_audit_trail(acme.service.table, acme.tenant.id)]
    found = [detail["capture"] for action, detail in actions if action == "tenants capture"]
    assert sorted(found) == ["off", "on"]  # all of it happened at the same moment
    assert "key" not in json.dumps(actions)


def test_a_new_consent_has_another_key(acme: Captured) -> None:
    end_capture(acme.service.administration, "acme", acme.objects)
    allow_capture(acme.service.administration, "acme", PlainKeyMaker())
    assert plain_key(acme.tenant.item) != acme.key


def test_a_deleted_tenant_gets_no_key(service: Service) -> None:
    create_tenant(service.administration, "acme", PLAN)
    set_state(service.administration, "acme", DELETED)
    with pytest.raises(MeteringError, match="is deleted"):
        allow_capture(service.administration, "acme", PlainKeyMaker())


def test_of_two_administrators_one_gives_the_key(service: Service) -> None:
    create_tenant(service.administration, "acme", PLAN)

    class Late(PlainKeyMaker):
        def make(self, tenant_id: str) -> Item:
            allow_capture(service.administration, "acme", PlainKeyMaker())
            return super().make(tenant_id)

    with pytest.raises(MeteringError, match="changed by somebody else"):
        allow_capture(service.administration, "acme", Late())


def test_captures_are_listed_by_model_and_day(local: Captured) -> None:
    old, digits, language = local.add(ago=3 * DAY), local.add(ago=60), local.add(model="language")
    assert local.names() == [old, digits, language]
    assert local.names(model="language") == [language]
    assert local.names(day="2026-11-26") == [digits, language]
    assert local.names(day="2026-11-26", model="digits") == [digits]
    assert local.names(model="digit") == []
    (entry,) = list_captures(local.objects, local.tenant, local.now, "language")
    assert (entry.model, entry.time, entry.days) == ("language", "2026-11-26 12:00:00", 30)
    assert entry.bytes == (local.folder / language).stat().st_size


@pytest.mark.parametrize(("days", "ago", "there"), [(7, 7 * DAY, 1), (7, 8 * DAY, 0), (1, DAY, 1), (1, 2 * DAY, 0)])
def test_what_is_over_its_days_is_not_there(local: Captured, days: int, ago: int, there: int) -> None:
    """S3 deletes it within a day or so of that time."""
    name = local.add(ago=ago, days=days)
    assert len(local.names()) == there
    if not there:
        with pytest.raises(MeteringError, match="is not among those of tenant acme"):
            local.read(name)


def test_a_capture_is_decrypted(local: Captured) -> None:
    found = local.read(local.add(response=b"\xff\x00"))
    assert (found.request, found.response, found.path) == (
        b'{"inputs": "kanarienvogel"}',
        b"\xff\x00",
        "/v2/models/digits/infer",
    )


def test_other_files_are_left_out(local: Captured) -> None:
    name = local.add()
    path = local.folder / name
    for other in (path.with_name(f"{path.name}.part"), path.with_name("notes.txt"), local.folder / "x"):
        other.write_text("not a capture")
    assert local.names() == [name]
    end_capture(local.service.administration, "acme", local.objects)
    assert [found.name for found in local.files()] == ["x"]


@pytest.mark.parametrize(
    "name",
    ["", "x", "../../etc/passwd", "captures/30/Tenant99/digits/2026-11-26/120000-" + "a" * 24, "\x1b[31m", "a" * 9000],
)
def test_no_other_file_is_read(local: Captured, name: str) -> None:
    with pytest.raises(MeteringError, match="is not among those of tenant acme") as caught:
        local.read(name)
    assert len(str(caught.value)) < 300
    assert str(caught.value).isprintable()


def test_a_capture_of_another_tenant_is_not_read(local: Captured) -> None:
    other = Captured(local.service, local.folder, "other")
    with pytest.raises(MeteringError, match="is not among those of tenant acme"):
        local.read(other.add())


def test_a_capture_that_was_changed_is_an_error(local: Captured) -> None:
    name = local.add()
    path = local.folder / name
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(MeteringError, match="it was changed, or encrypted with a data key that was destroyed"):
        local.read(name)


def test_nobody_reads_a_copy_after_the_key_is_destroyed(local: Captured) -> None:
    name = local.add()
    content = (local.folder / name).read_bytes()
    end_capture(local.service.administration, "acme", local.objects)
    write_to_folder(local.folder, name, content)  # a copy that somebody has kept
    with pytest.raises(MeteringError, match="the tenant's data key was destroyed"):
        local.read(name)
    allow_capture(local.service.administration, "acme", PlainKeyMaker())
    with pytest.raises(MeteringError, match="a data key that was destroyed"):
        local.read(name)


def test_forget_deletes_captures_and_key(acme: Captured) -> None:
    acme.add()
    acme.add(days=365, model="language")
    tenant_id = acme.tenant.id
    found = forget_tenant(acme.service.administration, "acme", acme.objects)
    assert found.captures == 2
    assert acme.files() == []
    item = acme.service.table.read(tenant_id, "state")
    assert item is not None
    assert "capture" not in item


def test_forget_needs_to_know_where_captures_are(acme: Captured) -> None:
    acme.add()
    before = acme.tenant.item
    with pytest.raises(MeteringError, match="nothing says where captures are"):
        forget_tenant(acme.service.administration, "acme")
    assert acme.tenant.item == before
    end_capture(acme.service.administration, "acme", acme.objects)
    with pytest.raises(MeteringError, match="nothing says where captures are"):
        forget_tenant(acme.service.administration, "acme")
    assert was_captured(acme.service.table, acme.tenant.id)


def test_who_was_never_captured_is_forgotten_without(service: Service) -> None:
    create_tenant(service.administration, "acme", PLAN)
    assert forget_tenant(service.administration, "acme").captures == 0


@pytest.mark.parametrize("changes", range(11))
def test_a_forgetting_that_stopped_is_finished_by_the_next(local: Captured, changes: int) -> None:
    for _ in range(3):
        local.add()
    tenant_id = local.tenant.id
    stopping = Stopping(local.service.table, local.objects, changes)
    administration = Administration(stopping, lambda: "ada", lambda: local.service.now)
    with pytest.raises(Stopped):
        forget_tenant(administration, "acme", stopping)
    pseudonym = forget_tenant(local.service.administration, "acme", local.objects).pseudonym
    assert local.files() == []
    assert "capture" not in find_tenant(local.service.table, pseudonym).item
    assert "acme" not in json.dumps(list(local.service.table.list_items(tenant_id)))


@pytest.mark.parametrize("changes", range(5))
def test_an_end_that_stopped_is_finished_by_the_next(local: Captured, changes: int) -> None:
    for _ in range(3):
        local.add()
    stopping = Stopping(local.service.table, local.objects, changes)
    administration = Administration(stopping, lambda: "ada", lambda: local.service.now)
    with pytest.raises(Stopped):
        end_capture(administration, "acme", stopping)
    end_capture(local.service.administration, "acme", local.objects)
    assert local.files() == []
    assert "capture" not in local.tenant.item


def test_a_pseudonym_has_its_late_captures_deleted(local: Captured) -> None:
    """One that was under way when the tenant was forgotten."""
    name = local.add()
    content = (local.folder / name).read_bytes()
    pseudonym = forget_tenant(local.service.administration, "acme", local.objects).pseudonym
    write_to_folder(local.folder, name, content)
    assert forget_tenant(local.service.administration, pseudonym, local.objects).captures == 1
    assert local.files() == []


def test_a_folder_that_cannot_be_used_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    objects = FolderObjects(tmp_path / "file")
    with pytest.raises(MeteringError, match="file: cannot be used"):
        objects.remove(["a/b"])
