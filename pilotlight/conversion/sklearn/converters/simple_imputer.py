"""SimpleImputer on numbers. That on words is skl2onnx's own."""

from __future__ import annotations

from typing import Any

import numpy as np

from pilotlight.conversion.sklearn.converters.missing import add_indicator, fill_missing, find_missing
from pilotlight.conversion.sklearn.converters.nodes import Nodes
from pilotlight.conversion.sklearn.converters.registry import set_output_types, write_results
from pilotlight.conversion.sklearn.not_convertible import NotConvertible

_ALIAS = "SklearnSimpleImputer"


def register_simple_imputer() -> None:
    """Give skl2onnx a converter that leaves words to the one it has.

    Those of skl2onnx refuse a missing value that is no float, read the type of a column from its statistics, and leave
    add_indicator out.
    """
    from skl2onnx import update_registered_converter
    from skl2onnx.common._registration import get_converter, get_shape_calculator
    from sklearn.impute import SimpleImputer

    convert_words, set_word_types = get_converter(_ALIAS), get_shape_calculator(_ALIAS)

    def set_types(operator: Any) -> None:
        if _takes_words(operator):
            set_word_types(operator)
        else:
            set_output_types(operator)

    def convert(scope: Any, operator: Any, container: Any) -> None:
        imputer = operator.raw_operator
        if not _takes_words(operator):
            nodes = Nodes(scope, container, operator)
            write_results(nodes, [fill(imputer, nodes, nodes.read())])
        elif imputer.add_indicator:
            raise NotConvertible("SimpleImputer with add_indicator converts on numbers, not on words")
        else:
            convert_words(scope, operator, container)

    update_registered_converter(SimpleImputer, _ALIAS, set_types, convert, overwrite=True)


def fill(imputer: Any, nodes: Nodes, samples: str) -> str:
    """Fill each column with its statistic, as SimpleImputer.transform does."""
    missing = find_missing(imputer, nodes, samples)
    filled = fill_missing(nodes, samples, missing, np.asarray(imputer.statistics_, np.float64))
    return add_indicator(imputer, nodes, filled, missing)


def _takes_words(operator: Any) -> bool:
    from skl2onnx.common.data_types import StringTensorType

    return isinstance(operator.inputs[0].type, StringTensorType)
