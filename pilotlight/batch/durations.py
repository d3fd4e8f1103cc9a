"""Durations as text."""


def format_duration(seconds: float) -> str:
    """Return seconds as text with two digits or so: 40 s, 12 min, 3.2 h."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 90 * 60 else f"{seconds / 3600:.1f} h"
