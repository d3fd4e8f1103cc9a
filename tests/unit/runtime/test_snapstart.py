import random
import sys
from collections.abc import Iterator
from types import ModuleType

import numpy as np
import pytest

from pilotlight_runtime.snapstart import register_after_restore, reseed

HOOKS = "snapshot_restore_py"
SNAPSHOT = {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}


@pytest.fixture
def hooks() -> Iterator[list[object]]:
    """The package that only Lambda's managed runtime brings."""
    found: list[object] = []
    before = sys.modules.get(HOOKS)
    sys.modules[HOOKS] = ModuleType(HOOKS)
    sys.modules[HOOKS].__dict__["register_after_restore"] = found.append
    yield found
    del sys.modules[HOOKS]
    if before is not None:
        sys.modules[HOOKS] = before


def nothing() -> None:
    pass


def test_registers_where_a_snapshot_is_made(hooks: list[object]) -> None:
    assert register_after_restore(SNAPSHOT, nothing)
    assert hooks == [nothing]


@pytest.mark.parametrize("environ", [{}, {"AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand"}])
def test_registers_nowhere_else(environ: dict[str, str], hooks: list[object]) -> None:
    assert not register_after_restore(environ, nothing)
    assert hooks == []


@pytest.fixture
def no_hooks() -> Iterator[None]:
    """What Python's import takes for a package that is not there."""
    before = sys.modules.pop(HOOKS, None)
    sys.modules[HOOKS] = None  # type: ignore[assignment]
    yield
    del sys.modules[HOOKS]
    if before is not None:
        sys.modules[HOOKS] = before


@pytest.mark.usefixtures("no_hooks")
def test_does_without_the_package() -> None:
    assert not register_after_restore(SNAPSHOT, nothing)


def test_reseeding_parts_restored_twins() -> None:
    kept = random.getstate(), np.random.get_state()  # noqa: NPY002  (the shared generator is what is reseeded)
    draws = []
    for _ in range(2):
        random.seed(1)
        np.random.seed(1)  # noqa: NPY002  (as above)
        reseed()
        draws.append((random.random(), np.random.random()))  # noqa: NPY002, S311  (as above; no secret)
    random.setstate(kept[0])
    np.random.set_state(kept[1])  # noqa: NPY002  (as above)
    assert draws[0][0] != draws[1][0]
    assert draws[0][1] != draws[1][1]
