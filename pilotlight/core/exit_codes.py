"""The exit codes of a training run. AWS Batch decides by them whether another attempt makes sense."""

from typing import Final

EXIT_FAILED: Final = 1
"""The person's code, data or settings are wrong. Another attempt would fail in the same way."""
EXIT_REFUSED: Final = 65
"""The gate rejected the model (EX_DATAERR of sysexits.h). Nothing was published."""
EXIT_DEFECT: Final = 70
"""A defect of Pilotlight (EX_SOFTWARE)."""
EXIT_INTERRUPTED: Final = 75
"""The run was stopped on request and kept a checkpoint (EX_TEMPFAIL). The next attempt resumes from it."""
