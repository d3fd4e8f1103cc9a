"""The exit codes of a training run."""

from typing import Final

EXIT_FAILED: Final = 1
"""The person's own code, data or settings: another attempt would fail the same way."""
EXIT_REFUSED: Final = 65
"""The gate refused the model (EX_DATAERR of sysexits.h): nothing was published."""
EXIT_DEFECT: Final = 70
"""A defect of Pilotlight's (EX_SOFTWARE)."""
EXIT_INTERRUPTED: Final = 75
"""Told to stop, with a checkpoint kept (EX_TEMPFAIL): the next attempt goes on from there."""
