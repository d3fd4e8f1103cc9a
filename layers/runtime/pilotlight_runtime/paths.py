"""Paths as the runtime handles them: as text, because pathlib takes 2 ms of every cold start."""

import os

StrPath = str | os.PathLike[str]
