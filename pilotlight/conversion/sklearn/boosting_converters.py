"""Gives skl2onnx the converters of LightGBM, XGBoost and CatBoost, alone and as steps of a pipeline."""

from __future__ import annotations

import functools
import importlib.util
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import onnx

from pilotlight.conversion.sklearn.converters.plain_attributes import convert_plainly
from pilotlight.conversion.sklearn.converters.registry import find_label_type, set_output_types
from pilotlight.conversion.sklearn.not_convertible import NotConvertible
from pilotlight.core.errors import ConversionError

_INSTALL: Final = "Run `pip install 'pilotlight[boosting]'`."
_CLASSIFIER_OPTIONS: Final = {"zipmap": [True, False, "columns"], "nocl": [True, False], "raw_scores": [True, False]}


def register_boosters() -> None:
    """Give skl2onnx the converters of the libraries that are in use.

    Raises:
        ConversionError: onnxmltools is missing.
    """
    for name, register in _REGISTER.items():
        if name in sys.modules:
            register()


@functools.cache
def _register_lightgbm() -> None:
    _require_onnxmltools("LightGBM")
    import lightgbm
    from onnxmltools.convert.lightgbm.operator_converters.LightGbm import convert_lightgbm

    convert = convert_plainly(convert_lightgbm)
    _register(lightgbm.LGBMClassifier, convert, _CLASSIFIER_OPTIONS)
    for kind in (lightgbm.LGBMRegressor, lightgbm.LGBMRanker):
        _register(kind, convert, {"split": None})


@functools.cache
def _register_xgboost() -> None:
    _require_onnxmltools("XGBoost")
    import xgboost

    convert = convert_plainly(_convert_xgboost)
    for kind in (xgboost.XGBClassifier, xgboost.XGBRFClassifier):
        _register(kind, convert, _CLASSIFIER_OPTIONS)
    for kind in (xgboost.XGBRegressor, xgboost.XGBRFRegressor, xgboost.XGBRanker):
        _register(kind, convert, {})


@functools.cache
def _register_catboost() -> None:
    import catboost

    _register(catboost.CatBoostClassifier, _convert_catboost, _CLASSIFIER_OPTIONS)
    for kind in (catboost.CatBoostRegressor, catboost.CatBoostRanker):
        _register(kind, _convert_catboost, {})


_REGISTER: Final[dict[str, Callable[[], None]]] = {
    "lightgbm": _register_lightgbm,
    "xgboost": _register_xgboost,
    "catboost": _register_catboost,
}


def _register(kind: Any, convert: Callable[..., None], options: Mapping[str, Any]) -> None:
    from skl2onnx import update_registered_converter

    alias = f"Pilotlight{kind.__name__}"
    update_registered_converter(kind, alias, set_output_types, convert, parser=_parse, options=dict(options))


def _parse(scope: Any, model: Any, inputs: Any, custom_parsers: Any = None) -> Any:
    """Declare the outputs of a model: label and probabilities of a classifier, else one."""
    del custom_parsers  # it is for the steps of a model, and this one has none
    from skl2onnx import get_model_alias
    from skl2onnx.common.data_types import FloatTensorType

    operator = scope.declare_local_operator(get_model_alias(type(model)), model)
    operator.inputs = inputs
    results = ["label", "scores"] if type(model).__name__.endswith("Classifier") else ["value"]
    for result in results:
        kind = find_label_type(model) if result == "label" else FloatTensorType
        operator.outputs.append(scope.declare_local_variable(result, kind()))
    return operator.outputs


class _NumberedContainer:
    """skl2onnx's container of nodes, which gives each tree of XGBoost the class or target that XGBoost gave it.

    onnxmltools takes the number of the tree modulo the number of classes. That is another class where a round grows
    several trees for each class, as a random forest does, and another target where there are several.
    """

    def __init__(self, container: Any, groups: Sequence[int]) -> None:
        self._container = container
        self._groups = groups

    def __getattr__(self, name: str) -> Any:
        return getattr(self._container, name)

    def add_node(self, op_type: str, inputs: Any, outputs: Any, **attributes: Any) -> None:
        """Add a node, as the container does."""
        for kind in ("class", "target"):
            trees = attributes.get(f"{kind}_treeids")
            if trees and len(set(self._groups)) > 1:
                attributes[f"{kind}_ids"] = [self._groups[tree] for tree in trees]
        self._container.add_node(op_type, inputs, outputs, **attributes)


def _convert_xgboost(scope: Any, operator: Any, container: Any) -> None:
    from onnxmltools.convert.xgboost.operator_converters.XGBoost import convert_xgboost

    model = operator.raw_operator
    learner = json.loads(bytes(model.get_booster().save_raw("json")))["learner"]
    booster = learner["gradient_booster"]
    if booster["name"] != "gbtree":
        raise NotConvertible(f"XGBoost's booster {booster['name']!r} does not convert; booster='gbtree' does")
    if model.get_params().get("multi_strategy") == "multi_output_tree":
        raise NotConvertible("XGBoost's multi_output_tree does not convert; multi_strategy='one_output_per_tree' does")
    convert_xgboost(scope, operator, _NumberedContainer(container, booster["model"]["tree_info"]))


def _convert_catboost(scope: Any, operator: Any, container: Any) -> None:
    """Add the ensemble of trees that CatBoost exports. The ZipMap behind it is left out."""
    from catboost.utils import convert_to_onnx_object

    model = operator.raw_operator
    if str(model.get_all_params().get("loss_function", "")).startswith("Multi") and len(operator.outputs) == 1:
        raise NotConvertible("CatBoost exports one target; XGBRegressor converts with several")
    exported = convert_to_onnx_object(model).graph
    (trees,) = (node for node in exported.node if node.op_type.startswith("TreeEnsemble"))
    attributes = {each.name: onnx.helper.get_attribute_value(each) for each in trees.attribute}
    attributes = {name: value for name, value in attributes.items() if value not in ([], b"")}
    container.add_node(
        trees.op_type,
        [operator.inputs[0].full_name],
        [variable.full_name for variable in operator.outputs],
        op_domain=trees.domain,
        name=scope.get_unique_operator_name(trees.op_type),
        **attributes,
    )


def _require_onnxmltools(library: str) -> None:
    if importlib.util.find_spec("onnxmltools") is None:
        raise ConversionError(f"a model of {library}", "needs onnxmltools to be converted", _INSTALL)
