import pytest
from support.manifests import manifest_of

from pilotlight.core.progress import CallbackProgress, ProgressEvent
from pilotlight.workflows.verify import report_reading
from pilotlight_runtime.manifest import ArtifactFile


@pytest.mark.parametrize(("size", "reported"), [(60_000_000, True), (49_999_999, False)])
def test_the_reading_of_a_large_version_is_reported(size: int, *, reported: bool) -> None:
    files = (ArtifactFile("a", "0" * 64, size), ArtifactFile("b", "0" * 64, size))
    manifest = manifest_of([("x", "FP32", (1,))], [("y", "FP32", (1,))])._replace(files=files)
    events: list[ProgressEvent] = []
    report = report_reading(manifest, CallbackProgress(events.append))
    for _ in range(3):
        report(size)  # a file may be longer than it was published
    steps = [(event.done, event.total) for event in events if event.total]
    stages = [event.stage for event in events if not event.total]
    assert steps == ([(size, 2 * size), (2 * size, 2 * size), (2 * size, 2 * size)] if reported else [])
    assert stages == ([f"verify tiny@{manifest.version}"] if reported else [])
