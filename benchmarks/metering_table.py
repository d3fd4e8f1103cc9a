"""A table on loopback that answers 4 ms after each request: `python -m benchmarks.metering_table ITEM CERTIFICATE`.

It decides nothing: it reads and writes one tenant's item as it is, and has no other tenant. So all that a function
needs besides these 4 ms is its own. It listens on two ports, which its first line names: one plain, one with TLS.
"""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from boto3.dynamodb.types import TypeSerializer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from pilotlight_runtime.metering.amazon_roots import AMAZON_ROOTS
from pilotlight_runtime.metering.keys import LIVE, hash_key
from pilotlight_runtime.metering.windows import label_windows

SECONDS: Final = 0.004
TENANT: Final = "Tenant01"
_AWAKE: Final = 0.001
"""Seconds before an answer from which on the table does not sleep, since sleep ends late."""
_LIMIT: Final = 10**6
FUNCTION: Final = {
    "PILOTLIGHT_SERVICE_TABLE": "tenants",
    "AWS_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "ASIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "AWS_SESSION_TOKEN": "T" * 800,  # about as long as those of functions
}
"""Environment variables of a function that uses the table."""


@contextmanager
def run_table(folder: Path, key: str) -> Iterator[dict[str, dict[str, str]]]:
    """Runs a table whose tenant has the key.

    Args:
        folder: Where its certificates go.
        key: The key.

    Yields:
        By "plain" and "TLS", the environment variables of a function that uses it in that way.
    """
    chain, bundle = write_certificates(folder)
    command = [sys.executable, "-m", "benchmarks.metering_table", json.dumps(make_item(key)), str(chain)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, text=True) as process:
        try:
            plain, secure = next(iter(process.stdout or ())).split()
            yield {
                "plain": {**FUNCTION, "AWS_ENDPOINT_URL_DYNAMODB": f"http://127.0.0.1:{plain}"},
                "TLS": {
                    **FUNCTION,
                    "AWS_ENDPOINT_URL_DYNAMODB": f"https://localhost:{secure}",
                    "AWS_CA_BUNDLE": str(bundle),
                },
            }
        finally:
            process.kill()


def make_item(key: str) -> dict[str, Any]:
    """The item of a tenant with one key, as DynamoDB writes it. Its windows last until the day ends."""
    entry = {"id": "k0", "label": "", "expires": 0, "kind": LIVE, "created": 0}
    labels = label_windows(time.time())
    item: dict[str, Any] = {"pk": TENANT, "sk": "state", "schema": 1, "name": "tenant", "state": "active"}
    item |= {"plan": "free", "keys": {hash_key(key): entry}, **labels}
    for name in labels:
        item |= {f"{name}_left": _LIMIT, f"{name}_limit": _LIMIT}
    serialize = TypeSerializer().serialize
    return {name: serialize(value) for name, value in item.items()}


def write_certificates(folder: Path) -> tuple[Path, Path]:
    """Writes certificates like those of AWS: RSA of 2,048 bits, a root, an intermediate one, and the server's.

    Returns:
        The server's key and chain; and a bundle of AWS's own roots with that one.
    """
    root_key, middle_key, own_key = (rsa.generate_private_key(65537, 2048) for _ in range(3))
    root = _certify("root", root_key, "root", root_key, authority=True)
    middle = _certify("intermediate", middle_key, "root", root_key, authority=True)
    own = _certify("localhost", own_key, "intermediate", middle_key, authority=False)
    private = own_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain, bundle = folder / "chain.pem", folder / "bundle.pem"
    chain.write_bytes(private + own + middle)
    bundle.write_bytes(AMAZON_ROOTS.encode() + root)
    return chain, bundle


def _certify(
    name: str, key: rsa.RSAPrivateKey, issuer: str, issuer_key: rsa.RSAPrivateKey, *, authority: bool
) -> bytes:
    now = datetime.now(UTC)
    names = [x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, each)]) for each in (name, issuer)]
    builder = (
        x509.CertificateBuilder()
        .subject_name(names[0])
        .issuer_name(names[1])
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    if not authority:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


class Replies:
    """What the table answers. item: of the tenant, as DynamoDB writes it in JSON."""

    def __init__(self, item: str) -> None:
        self._read = _encode(f'{{"Item":{item}}}')
        self._written = _encode(f'{{"Attributes":{item}}}')
        self._none = _encode("{}")
        self._tenant = f'"{TENANT}"'.encode()

    def find(self, request: bytes) -> bytes:
        """The answer to a request."""
        if b".UpdateItem\r\n" in request:
            return self._written
        return self._read if self._tenant in request else self._none


def _encode(body: str) -> bytes:
    """An answer with the headers that DynamoDB sends."""
    head = (
        "HTTP/1.1 200 OK\r\nServer: Server\r\nDate: Thu, 26 Nov 2026 12:00:00 GMT\r\n"
        f"Content-Type: application/x-amz-json-1.0\r\nContent-Length: {len(body)}\r\nConnection: keep-alive\r\n"
        f"x-amzn-RequestId: {'A' * 52}\r\nx-amz-crc32: 1234567890\r\n\r\n"
    )
    return (head + body).encode()


def _serve(listener: socket.socket, replies: Replies, context: ssl.SSLContext | None) -> None:
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=_answer, args=(connection, replies, context), daemon=True).start()


def _answer(connection: socket.socket, replies: Replies, context: ssl.SSLContext | None) -> None:
    """Answers the requests of one connection until it ends."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        if context is not None:
            connection = context.wrap_socket(connection, server_side=True)
        while request := connection.recv(65_536):
            due = time.perf_counter() + SECONDS
            while not _is_whole(request):
                request += connection.recv(65_536)
            reply = replies.find(request)
            time.sleep(SECONDS - _AWAKE)
            while time.perf_counter() < due:
                pass
            connection.sendall(reply)
    except OSError:
        pass
    finally:
        connection.close()


def _is_whole(request: bytes) -> bool:
    head, end, body = request.partition(b"\r\n\r\n")
    length = head.rpartition(b"content-length: ")[2].partition(b"\r\n")[0]
    return bool(end) and len(body) >= int(length)


def main(item: str, certificate: str) -> None:
    """Listens until the process is killed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    replies = Replies(item)
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    threads = [
        threading.Thread(target=_serve, args=(listener, replies, encryption))
        for listener, encryption in zip(listeners, (None, context), strict=True)
    ]
    for thread in threads:
        thread.start()
    print(*[listener.getsockname()[1] for listener in listeners], flush=True)
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
