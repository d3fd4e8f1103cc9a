"""Starts the metering of a function, while ONNX Runtime starts."""

from __future__ import annotations

import sys
import time

from pilotlight_runtime.background import BackgroundTask
from pilotlight_runtime.environment import CAPTURES_VARIABLE, SERVICE_VARIABLE
from pilotlight_runtime.errors import LoadError
from pilotlight_runtime.light_typing import TYPE_CHECKING, Any, Callable, Final, Mapping, TextIO
from pilotlight_runtime.metering.store import StoreFailed

if TYPE_CHECKING:
    from pilotlight_runtime.entry import Entry
    from pilotlight_runtime.metering.captures.sampling import Sampler
    from pilotlight_runtime.metering.store import MeterStore
    from pilotlight_runtime.metering.tariff import Tariff

    Capturing = Callable[[MeterStore], Sampler]

DIRECT_VARIABLE: Final = "PILOTLIGHT_CHARGE_DIRECT"
"""`on` where direct invocations are metered too."""
CAPTURE_FIELD: Final = "capture"
"""The field of a function's manifest.json that says how the model captures requests."""


class Metering:
    """The metering of one function. Its store is opened in a thread, from start() on or else from meter() on.

    Args:
        environ: The function's environment variables.
        clock: Seconds since the epoch.
        modules: The loaded modules; see captures.start.start_captures.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        clock: Callable[[], float] = time.time,
        modules: Mapping[str, Any] = sys.modules,
    ) -> None:
        self._environ = environ
        self._clock = clock
        self._modules = modules
        self._captures: Sampler | None = None
        self._opening = BackgroundTask(self._open_store)
        self._started = False

    def start(self) -> None:
        """Begins to open the store."""
        if not self._started:
            self._started = True
            self._opening.start()

    def meter_model(self, entry: Entry, model: str, folder: str, stream: TextIO | None, *, openai: bool) -> None:
        """Meters the requests of a model's handler.

        Args:
            entry: The handler.
            model: The model's name.
            folder: The folder with the version's files.
            stream: Where the lines about charges go; stdout where None.
            openai: Whether the function answers OpenAI's API.

        Raises:
            LoadError: The store cannot be used, the manifest's tariff is wrong, or requests cannot be captured.
        """
        tariff, capturing = read_folder_tariff(folder), self._find_captures(folder, stream or sys.stdout)
        self.meter(entry, model, tariff, stream, openai=openai, capturing=capturing)

    def meter(
        self,
        entry: Entry,
        model: str,
        tariff: Tariff,
        stream: TextIO | None,
        *,
        openai: bool = False,
        capturing: Capturing | None = None,
    ) -> None:
        """Meters the requests of a handler.

        Args:
            entry: The handler.
            model: The model's name; "" for the catalog.
            tariff: What a request costs.
            stream: Where the lines about charges go; stdout where None.
            openai: Whether the function answers OpenAI's API.
            capturing: Starts what captures requests; None where nothing is captured.

        Raises:
            LoadError: The store cannot be used, or requests cannot be captured.
        """
        self.start()
        from pilotlight_runtime.metering.accounts import Accounts
        from pilotlight_runtime.metering.ledger import Ledger
        from pilotlight_runtime.metering.meter import Meter

        try:
            store: MeterStore = self._opening.result()
        except (StoreFailed, ValueError) as error:
            raise LoadError(f"the table of {SERVICE_VARIABLE} cannot be used: {error}") from error
        accounts = Accounts(model, tariff, store, Ledger(stream or sys.stdout), self._clock)
        direct = self._environ.get(DIRECT_VARIABLE) == "on"
        try:
            self._captures = None if capturing is None else capturing(store)
        except LoadError:
            store.close()
            raise
        entry.wrap(Meter(accounts, model, direct=direct, openai=openai, captures=self._captures).wrap)

    def close(self) -> None:
        """Closes the store and what captures, for a process that goes on after the function."""
        self._opening.result().close()
        if self._captures is not None:
            self._captures.close()

    def _find_captures(self, folder: str, log: TextIO) -> Capturing | None:
        """What starts the captures of a model; None where the model or the stack has none."""
        if not self._environ.get(CAPTURES_VARIABLE):
            return None
        from pilotlight_runtime.assets import read_json
        from pilotlight_runtime.manifest import MANIFEST_NAME
        from pilotlight_runtime.paths import join

        manifest = read_json(join(folder, MANIFEST_NAME))
        if manifest.get(CAPTURE_FIELD) is None:
            return None
        from pilotlight_runtime.metering.captures.start import start_captures

        return lambda store: start_captures(manifest, self._environ, store.read, log, self._clock, self._modules)

    def _open_store(self) -> MeterStore:
        """Opens the store, and imports what the first request needs."""
        from pilotlight_runtime.metering.opening import open_store

        store = open_store(self._environ, self._clock)
        for name in ("accounts", "ledger", "meter"):
            __import__(f"pilotlight_runtime.metering.{name}")
        return store


def read_folder_tariff(folder: str) -> Tariff:
    """The tariff of the version in a folder.

    Args:
        folder: Of the version.

    Returns:
        The tariff.

    Raises:
        ManifestError: The manifest's tariff is wrong.
    """
    from pilotlight_runtime.assets import read_json
    from pilotlight_runtime.manifest import MANIFEST_NAME
    from pilotlight_runtime.metering.tariff import read_tariff
    from pilotlight_runtime.paths import join

    return read_tariff(read_json(join(folder, MANIFEST_NAME)))
