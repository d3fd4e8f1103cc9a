"""Models of LightGBM, XGBoost and CatBoost, alone; a pipeline that ends in one belongs to adapter.py.

They have the interface of scikit-learn's estimators, so their outputs are those of outputs.py, and skl2onnx
converts them: LightGBM's and XGBoost's by the converters of onnxmltools, CatBoost's by its own export.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from pilotlight.conversion.sklearn.adapter import SklearnAdapter
from pilotlight.core.errors import ConversionError
from pilotlight.core.model_config import ModelConfig

_LIBRARIES: Final = ("lightgbm", "xgboost", "catboost")


class BoostingAdapter(SklearnAdapter):
    """The adapter of gradient boosting libraries. A model is a fitted estimator of one."""

    name = "LightGBM/XGBoost/CatBoost"
    tools = ("lightgbm", "xgboost", "xgboost-cpu", "catboost", "onnxmltools", "skl2onnx")

    def accepts(self, model: Any) -> bool:
        """Return whether a library defines the class of `model`, without importing the library."""
        return any(kind.__module__.partition(".")[0] in _LIBRARIES for kind in type(model).__mro__)

    def accepts_file(self, path: Path) -> bool:
        """Return whether the suffix of `path` is that of a model of one of the libraries."""
        return path.suffix.lower() in (".cbm", ".lgb", ".ubj", ".xgb")

    def load(self, path: Path) -> Any:
        """Raise ConversionError: a saved model lacks its classes and the names of its outputs."""
        raise ConversionError(
            str(path),
            "is not loaded: a booster's file does not say which estimator it was",
            "Train the model with train.py, or load the file there and return the estimator from train.",
        )

    def export(self, model: Any, config: ModelConfig, into: Path) -> None:
        """Write a model as model.onnx.

        Raises:
            ConversionError: The model cannot be converted, or does not fit [signature].
        """
        if not hasattr(model, "fit"):
            kind = type(model)
            raise ConversionError(
                f"model {config.name!r}",
                f"is a {kind.__module__.partition('.')[0]}.{kind.__name__}, which does not know its classes",
                "Fit an estimator such as LGBMClassifier or XGBRegressor, and return it from train.",
            )
        super().export(model, config, into)
