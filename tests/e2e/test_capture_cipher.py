"""Captures are encrypted by the libcrypto of the Python that Lambda's base image, or the stand-in for it, has."""

import subprocess
from pathlib import Path

import pilotlight_runtime

CODE = """
import sys
sys.path.insert(0, "/runtime")
from pilotlight_runtime.metering.captures.aes_gcm import SealBroken, open_cipher
cipher = open_cipher()
sealed = cipher.seal(bytes(32), bytes(12), b"a text", b"a name")
assert cipher.unseal(bytes(32), bytes(12), sealed, b"a name") == b"a text"
try:
    cipher.unseal(bytes(32), bytes(12), sealed, b"another")
except SealBroken:
    print(cipher.seal(bytes(32), bytes(12), bytes(16), b"").hex())
"""


def test_the_base_image_can_encrypt(base_image: str) -> None:
    runtime = Path(pilotlight_runtime.__file__).parents[1]
    command = ["docker", "run", "--rm", "-v", f"{runtime}:/runtime:ro", "--entrypoint", "/var/lang/bin/python3.13"]
    ran = subprocess.run([*command, base_image, "-I", "-S", "-c", CODE], check=False, capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.strip() == "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"
