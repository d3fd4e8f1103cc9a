"""Hostile .keras files: each entry of KERAS takes a sound file's entries and writes a hostile one to a path."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from support.hostile.arrays import PLACES

Parts = Mapping[str, bytes]
WriteKeras = Callable[[Path, Parts], object]

WEIGHTS: Final = "model.weights.h5"
CANARY: Final = "keras-canary"
"""The folder that code of a hostile file would make."""


def read_parts(path: Path) -> dict[str, bytes]:
    """The entries of a .keras file."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _write(path: Path, parts: Parts, method: int = zipfile.ZIP_DEFLATED) -> None:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def _raw(change: Callable[[bytes], bytes]) -> WriteKeras:
    def write(path: Path, parts: Parts) -> None:
        stream = io.BytesIO()
        _write(stream, parts)  # type: ignore[arg-type]
        path.write_bytes(change(stream.getvalue()))

    return write


def _replaced(**changes: bytes | None) -> WriteKeras:
    """Entries replaced, or left out; two underscores in a name stand for a full stop."""
    new = {name.replace("__", "."): content for name, content in changes.items()}

    def write(path: Path, parts: Parts) -> None:
        _write(path, {name: content for name, content in (dict(parts) | new).items() if content is not None})

    return write


def _configured(change: Callable[[dict[str, Any]], object]) -> WriteKeras:
    """The configuration changed."""

    def write(path: Path, parts: Parts) -> None:
        config = json.loads(parts["config.json"])
        change(config)
        _write(path, dict(parts) | {"config.json": json.dumps(config).encode()})

    return write


def _last_layer(config: dict[str, Any]) -> dict[str, Any]:
    layer: dict[str, Any] = config["config"]["layers"][-1]
    return layer


def _call(module: str, name: str, *arguments: Any) -> Callable[[dict[str, Any]], None]:
    """A layer that is a function of any module, called with these arguments."""

    def change(config: dict[str, Any]) -> None:
        _last_layer(config).update(
            module=module,
            class_name=name,
            registered_name=name,
            config={"name": "x", "arguments": arguments},
            inbound_nodes=[{"args": list(arguments), "kwargs": {}}],
        )

    return change


def _activation(value: Any) -> WriteKeras:
    return _configured(lambda config: _last_layer(config)["config"].update(activation=value))


def _function(module: str, name: str) -> dict[str, Any]:
    return {"module": module, "class_name": "function", "config": name, "registered_name": name}


_LAMBDA: Final = {
    "class_name": "__lambda__",
    "config": {
        "code": "4wEAAAAAAAAAAAAAAAEAAAADAAAA8wYAAACXAHwAUwCpAE6pACkB2gF4cwEAAAAg",
        "defaults": None,
        "closure": None,
    },
}
_H5: Final = b"\x89HDF\r\n\x1a\n"

KERAS: Final[dict[str, WriteKeras]] = {
    **{name: (lambda path, _, write=write: write(path)) for name, write in PLACES.items()},
    "empty": lambda path, _: path.write_bytes(b""),
    "text": lambda path, _: path.write_bytes(b"no model\n"),
    "HDF5 alone": lambda path, parts: path.write_bytes(parts[WEIGHTS]),
    "an empty archive": lambda path, _: _write(path, {}),
    "cut in the middle": _raw(lambda content: content[: len(content) // 2]),
    "cut by one byte": _raw(lambda content: content[:-1]),
    "compressed with lzma": lambda path, parts: _write(path, parts, zipfile.ZIP_LZMA),
    "no configuration": _replaced(config__json=None),
    "no metadata": _replaced(metadata__json=None),
    "no weights": _replaced(model__weights__h5=None),
    "a configuration that is no JSON": _replaced(config__json=b"{"),
    "a configuration that is a list": _replaced(config__json=b"[]"),
    "a configuration that is empty": _replaced(config__json=b"{}"),
    "a configuration that is nested deeply": _replaced(config__json=b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
    "a configuration of NaN": _replaced(config__json=b'{"class_name": NaN}'),
    "a configuration that is not UTF-8": _replaced(config__json=b'{"\xff": 1}'),
    "weights that are text": _replaced(model__weights__h5=b"no weights"),
    "weights that are cut": lambda path, parts: _write(path, dict(parts) | {WEIGHTS: parts[WEIGHTS][:300]}),
    "weights of random bytes": _replaced(model__weights__h5=_H5 + os.urandom(4_000)),
    "a weights bomb": lambda path, parts: _write(path, dict(parts) | {WEIGHTS: bytes(1 << 29)}),
    "names that leave the folder": _replaced(**{"../../../tmp/evil": b"x"}),
    "absolute names": _replaced(**{"/etc/evil": b"x"}),
    "a layer of a lambda": _configured(
        lambda config: _last_layer(config).update(
            class_name="Lambda", module="keras.layers", config={"name": "l", "function": _LAMBDA}
        )
    ),
    "an activation of a lambda": _activation(_LAMBDA),
    "a layer that is os.system": _configured(_call("os", "system", f"mkdir {CANARY}")),
    "a layer that is os.mkdir": _configured(_call("os", "mkdir", CANARY)),
    "a layer that is exec": _configured(_call("builtins", "exec", f"import os; os.mkdir('{CANARY}')")),
    "a layer that is subprocess.Popen": _configured(_call("subprocess", "Popen", ["mkdir", CANARY])),
    "a layer that turns the safe mode off": _configured(_call("keras.config", "enable_unsafe_deserialization")),
    "a layer that downloads": _configured(_call("keras.utils", "get_file", "evil", "http://127.0.0.1:1/evil")),
    "an activation that is os.mkdir": _activation(_function("os", "mkdir")),
    "an activation that is builtins.eval": _activation(_function("builtins", "eval")),
    "an activation of an unknown name": _activation("no_such_activation"),
    "a layer that does not exist": _configured(_call("keras.layers", "NoSuchLayer")),
    "units of 2**62": _configured(lambda config: _last_layer(config)["config"].update(units=2**62)),
    "negative units": _configured(lambda config: _last_layer(config)["config"].update(units=-4)),
    "a layer without a configuration": _configured(lambda config: _last_layer(config).pop("config")),
}
"""Files that Keras cannot load, or must not."""
