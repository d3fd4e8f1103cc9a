"""Runs an exported decoder as it came, with its own inputs: the reference of the gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from onnx import helper

from pilotlight.language.decoders.exported_decoder import BRANCH, INPUT_IDS, MASK, OUTPUT, POSITIONS, ExportedDecoder
from pilotlight_runtime.datatypes import BY_ONNX, FP32
from pilotlight_runtime.session import Session
from pilotlight_runtime.tensor import Tensor

if TYPE_CHECKING:
    from pilotlight.language.files.tensor_file import Floats


class ExportedRunner:
    """A TextModel of an export. It computes a whole text in each call, so that the cache is not part of the reference.

    Args:
        exported: The export.
        session: The opened graph.
    """

    def __init__(self, exported: ExportedDecoder, session: Session) -> None:
        self._exported, self._session = exported, session

    def compute_logits(self, ids: list[int]) -> Floats:
        """See TextModel."""
        count = len(ids)
        known = {
            INPUT_IDS: np.array([ids]),
            MASK: np.ones((1, count)),
            POSITIONS: np.arange(count)[None],
            BRANCH: np.array([False]),
        }
        inputs = {}
        for name, kind in self._exported.inputs.items():
            array = known[name].astype(helper.tensor_dtype_to_np_dtype(kind))
            inputs[name] = Tensor.from_numpy(array, BY_ONNX[kind])
        empty = np.zeros((1, self._exported.heads, 0, self._exported.head_size), np.float32)
        inputs |= {name: Tensor.from_numpy(empty, FP32) for name in self._exported.past.values()}
        (logits,) = self._session.run(inputs, (OUTPUT,))
        found: Floats = logits.numpy()[0].astype(np.float32)
        return found

    def continue_greedily(self, prompt: list[int], most: int, stop: frozenset[int]) -> list[int]:
        """See TextModel."""
        found: list[int] = []
        while len(found) < most:
            following = int(self.compute_logits([*prompt, *found])[-1].argmax())
            if following in stop:
                break
            found.append(following)
        return found
