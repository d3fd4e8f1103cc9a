"""Paths as text: pathlib would take 2 ms of every cold start."""

import os

StrPath = str | os.PathLike[str]
