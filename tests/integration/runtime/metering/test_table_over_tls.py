"""The table's endpoint over TLS: only the trusted certificates, only for the right name."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.certificates import self_signed
from support.fault_proxy import OTHER, PASS, FaultProxy, write_reply
from support.tenants import TENANT, Table, make_charge, make_item, new_key, open_store

from pilotlight_runtime.metering.amazon_roots import AMAZON_ROOTS
from pilotlight_runtime.metering.sockets import make_context, parse_endpoint
from pilotlight_runtime.metering.store import ReplyLost, StoreFailed

KEY = new_key()


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return self_signed(tmp_path / "certificate.pem")


@pytest.fixture
def proxy(moto: Table, certificate: Path) -> Iterator[FaultProxy]:
    moto.put(TENANT, make_item({KEY: {}}, day_limit=5))
    made = FaultProxy(int(moto.url.rpartition(":")[2]), certificate)
    yield made
    made.close()


def test_a_trusted_endpoint_is_used_on_one_connection(proxy: FaultProxy, certificate: Path) -> None:
    store = open_store(proxy.url, bundle=str(certificate))
    assert [store.charge(make_charge(KEY)).reason for _ in range(6)] == ["", "", "", "", "", "day"]
    assert proxy.connections == 1
    store.close()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_the_connection_that_the_start_has_opened_is_used(
    moto: Table, certificate: Path, version: ssl.TLSVersion
) -> None:
    """TLS 1.3 sends tickets after the handshake, which are no end of the connection."""
    moto.put(TENANT, make_item({KEY: {}}, day_limit=5))
    proxy = FaultProxy(int(moto.url.rpartition(":")[2]), certificate, version)
    store = open_store(proxy.url, bundle=str(certificate))
    try:
        store.connect()
        time.sleep(0.1)  # until the tickets are there
        assert [store.charge(make_charge(KEY)).reason for _ in range(2)] == ["", ""]
        assert proxy.connections == 1
        proxy.cut_idle()
        time.sleep(0.05)
        assert store.charge(make_charge(KEY)).reason == ""
        assert proxy.connections == 2
    finally:
        store.close()
        proxy.close()


def test_an_endpoint_that_aws_did_not_certify_gets_no_request(proxy: FaultProxy) -> None:
    store = open_store(proxy.url)
    with pytest.raises(StoreFailed, match="cannot be reached") as failed:
        store.charge(make_charge(KEY))
    assert not isinstance(failed.value, ReplyLost)
    assert proxy.requests == 0


def test_a_certificate_for_another_name_gets_no_request(proxy: FaultProxy, certificate: Path) -> None:
    store = open_store(f"https://127.0.0.1:{proxy.port}", bundle=str(certificate))
    with pytest.raises(StoreFailed, match="cannot be reached"):
        store.charge(make_charge(KEY))
    assert proxy.requests == 0


def test_the_roots_are_amazons() -> None:
    context = make_context("")
    assert len(context.get_ca_certs()) == AMAZON_ROOTS.count("BEGIN CERTIFICATE") == 5
    names = {dict(part[0] for part in found["subject"])["organizationName"] for found in context.get_ca_certs()}
    assert names == {"Amazon", "Starfield Technologies, Inc."}


def test_certificates_names_and_versions_are_checked_as_ssls_own_contexts_check_them() -> None:
    ours, theirs = make_context(""), ssl.create_default_context()
    assert make_context("") is ours
    assert ours.verify_mode == ssl.CERT_REQUIRED
    assert ours.check_hostname
    assert ours.minimum_version == ssl.TLSVersion.TLSv1_2
    assert ours.options & ssl.OP_NO_COMPRESSION
    assert ours.verify_mode == theirs.verify_mode
    assert ours.check_hostname == theirs.check_hostname


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_each_version_of_tls_is_spoken(moto: Table, certificate: Path, version: ssl.TLSVersion) -> None:
    moto.put(TENANT, make_item({KEY: {}}, day_limit=3))
    proxy = FaultProxy(int(moto.url.rpartition(":")[2]), certificate, version)
    store = open_store(proxy.url, bundle=str(certificate))
    try:
        assert [store.charge(make_charge(KEY)).reason for _ in range(4)] == ["", "", "", "day"]
        assert proxy.connections == 1
    finally:
        store.close()
        proxy.close()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_connection_that_was_opened_ahead_is_used_and_replaced_where_it_has_ended(
    moto: Table, certificate: Path, version: ssl.TLSVersion
) -> None:
    """A server that speaks TLS 1.3 sends tickets after the handshake, which are no answer."""
    moto.put(TENANT, make_item({KEY: {}}, day_limit=9))
    proxy = FaultProxy(int(moto.url.rpartition(":")[2]), certificate, version)
    store = open_store(proxy.url, bundle=str(certificate))
    try:
        store.connect()
        time.sleep(0.2)
        assert store.charge(make_charge(KEY)).reason == ""
        assert proxy.connections == 1
        for connections in (2, 3):
            proxy.cut_idle()
            time.sleep(0.1)
            assert store.charge(make_charge(KEY)).reason == ""
            assert proxy.connections == connections
        proxy.fault, proxy.other = OTHER, write_reply(200, b"{}") * 2
        with pytest.raises(StoreFailed):
            store.charge(make_charge(KEY))
        proxy.fault = PASS
        assert store.charge(make_charge(KEY)).windows
    finally:
        store.close()
        proxy.close()


@pytest.mark.parametrize("url", ["", "dynamodb", "ftp://host", "http://", "http://host:x", "http://host/path"])
def test_an_endpoint_of_another_form_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="must be http"):
        parse_endpoint(url)
