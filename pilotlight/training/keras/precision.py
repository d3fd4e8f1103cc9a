"""In which numbers a network is fitted. It is served in float32 always: its weights are kept so."""

from typing import Final

FLOAT32: Final = "float32"
MIXED_FLOAT16: Final = "mixed_float16"
