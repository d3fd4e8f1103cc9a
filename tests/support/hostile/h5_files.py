"""Hostile .h5 files of Keras: each entry of H5 changes a copy of a sound file, which lies at the path."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import h5py
import numpy as np

from support.hostile.arrays import PLACES
from support.hostile.keras_files import CANARY

WriteH5 = Callable[[Path], object]
_CONFIG: Final = "model_config"
_CODE: Final = "4wEAAAAAAAAAAAAAAAEAAAADAAAA8wYAAACXAHwAUwCpAE6pACkB2gF4cwEAAAAg"


def _raw(change: Callable[[bytes], bytes]) -> WriteH5:
    return lambda path: path.write_bytes(change(path.read_bytes()))


def _inside(change: Callable[[Any], object]) -> WriteH5:
    """The opened file changed."""

    def write(path: Path) -> None:
        with h5py.File(path, "a") as opened:
            change(opened)

    return write


def _text(config: str) -> WriteH5:
    return _inside(lambda opened: opened.attrs.__setitem__(_CONFIG, config))


def _layer(change: Callable[[dict[str, Any]], object]) -> WriteH5:
    """The last layer of the configuration changed."""

    def write(opened: Any) -> None:
        config = json.loads(opened.attrs[_CONFIG])
        change(config["config"]["layers"][-1])
        opened.attrs[_CONFIG] = json.dumps(config)

    return _inside(write)


def _class(name: str, module: str | None = None, **settings: Any) -> WriteH5:
    def change(layer: dict[str, Any]) -> None:
        layer.update(class_name=name, config={"name": "x", **settings})
        if module is not None:
            layer.update(module=module, registered_name=name)

    return _layer(change)


def _activation(value: Any) -> WriteH5:
    return _layer(lambda layer: layer["config"].update(activation=value))


def _function(module: str, name: str) -> dict[str, Any]:
    return {"module": module, "class_name": "function", "config": name, "registered_name": name}


def _first_dataset(opened: Any) -> Any:
    found: list[Any] = []
    opened.visititems(lambda _, item: found.append(item) if isinstance(item, h5py.Dataset) else None)
    return found[0]


def _replace_dataset(make: Callable[[Any, str], object]) -> WriteH5:
    def write(opened: Any) -> None:
        name = _first_dataset(opened).name
        del opened[name]
        make(opened, name)

    return _inside(write)


def _make_virtual(opened: Any, name: str) -> None:
    layout = h5py.VirtualLayout((4, 2), np.float32)
    layout[:] = h5py.VirtualSource("other.h5", "data", shape=(4, 2))
    opened.create_virtual_dataset(name, layout)


_LAMBDA: Final = {"class_name": "__lambda__", "config": {"code": _CODE, "defaults": None, "closure": None}}

H5: Final[dict[str, WriteH5]] = {
    **{name: (lambda path, write=write: (path.unlink(), write(path))) for name, write in PLACES.items()},
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_bytes(b"no model\n"),
    "cut in the middle": _raw(lambda content: content[: len(content) // 2]),
    "cut after its signature": _raw(lambda content: content[:8]),
    "random bytes": _raw(lambda content: content[:8] + os.urandom(4_000)),
    "no configuration": _inside(lambda opened: opened.attrs.__delitem__(_CONFIG)),
    "no weights": _inside(lambda opened: opened.__delitem__("model_weights")),
    "a configuration that is no JSON": _text("{"),
    "a configuration that is a list": _text("[]"),
    "a configuration that is empty": _text("{}"),
    "a configuration of a number": _inside(lambda opened: opened.attrs.__setitem__(_CONFIG, 7)),
    "a configuration that is nested deeply": _text('{"a":' * 5_000 + "1" + "}" * 5_000),
    "a link to another file": _replace_dataset(
        lambda opened, name: opened.__setitem__(name, h5py.ExternalLink("/etc/passwd", "/data"))
    ),
    "a link inside the file": _replace_dataset(
        lambda opened, name: opened.__setitem__(name, h5py.SoftLink("/model_weights"))
    ),
    "a content in another file": _replace_dataset(
        lambda opened, name: opened.create_dataset(name, (4, 2), np.float32, external=[("/etc/passwd", 0, 32)])
    ),
    "a content of other files": _replace_dataset(_make_virtual),
    "weights that are not there": _replace_dataset(
        lambda opened, name: opened.create_dataset(name, (1 << 40,), np.float32, chunks=(1 << 20,))
    ),
    "weights of another shape": _replace_dataset(lambda opened, name: opened.create_dataset(name, (3, 3), np.float32)),
    "a layer of a lambda": _class("Lambda", function=_LAMBDA),
    "a layer of a lambda of Keras 2": _class("Lambda", function=[_CODE, None, None], function_type="lambda"),
    "an activation of a lambda": _activation(_LAMBDA),
    "a layer that is os.system": _class("system", "os", command=f"mkdir {CANARY}"),
    "a layer that is subprocess.Popen": _class("Popen", "subprocess", args=["mkdir", CANARY]),
    "a layer that is exec": _class("exec", "builtins"),
    "a layer that turns the safe mode off": _class("enable_unsafe_deserialization", "keras.config"),
    "a layer that downloads": _class("get_file", "keras.utils", origin="http://127.0.0.1:1/evil"),
    "an activation that is os.mkdir": _activation(_function("os", "mkdir")),
    "an activation that is builtins.eval": _activation(_function("builtins", "eval")),
    "an activation of an unknown name": _activation("no_such_activation"),
    "a layer that does not exist": _class("NoSuchLayer"),
    "units of 2**62": _layer(lambda layer: layer["config"].update(units=2**62)),
    "negative units": _layer(lambda layer: layer["config"].update(units=-4)),
    "a layer without a configuration": _layer(lambda layer: layer.pop("config")),
}
"""Files that Keras cannot load, or must not."""
