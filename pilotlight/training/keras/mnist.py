"""MNIST from keras.datasets: 60,000 and 10,000 images, downloaded on first use and cached by Keras."""

from collections.abc import Callable
from typing import Any

from pilotlight.core.errors import DataError
from pilotlight.training.data.arrays import Arrays

_HINT = "Check the connection, or download mnist.npz on another machine and give its path with --data PATH.npz."


def _keras_mnist() -> Any:
    from keras.datasets import mnist

    return mnist.load_data()


def load_mnist(download: Callable[[], Any] = _keras_mnist) -> Arrays:
    """Images of uint8 0..255, shape (n, 28, 28), as x; digits 0..9 as y.

    Raises:
        DataError: Keras is not installed, or the download fails.
    """
    try:
        (x_train, y_train), (x_test, y_test) = download()
    except ImportError as error:
        raise DataError(
            "data source 'mnist'", "needs Keras", "Install it with `pip install 'pilotlight[train]'`."
        ) from error
    except Exception as error:
        # Keras wraps each network failure in a plain Exception.
        reason = str(error).strip() or type(error).__name__
        raise DataError("data source 'mnist'", f"could not be downloaded ({reason})", _HINT) from error
    return Arrays(x_train, y_train, x_test, y_test)
