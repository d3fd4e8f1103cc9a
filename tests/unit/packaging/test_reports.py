import pytest

from pilotlight.core.errors import PackagingError
from pilotlight.packaging import LayerReport, PackageReport, check_size

LIMIT = 250 * 1024 * 1024


def test_exactly_the_limit_passes() -> None:
    check_size(LIMIT - 1000, 1000)


def test_one_byte_more_fails_with_the_figures() -> None:
    with pytest.raises(PackagingError) as caught:
        check_size(LIMIT - 42_000_000 + 1, 42_000_000)
    assert "are 220.1 MB and 42.0 MB unzipped, 262.1 MB together; Lambda takes 262.1 MB" in str(caught.value)


def test_reports_read_as_sentences() -> None:
    function = PackageReport("digits", "0123456789ab", 4, 2_400_000, bytecode=True, note="byte-compiled by Python 3.13")
    assert str(function) == "digits@0123456789ab, 4 files, 2.4 MB unzipped; byte-compiled by Python 3.13"
    layer = LayerReport(300, 42_000_000, {}, 59_000_000, bytecode=False, note="not byte-compiled", cached=True)
    assert str(layer) == "300 files, 42.0 MB unzipped (from the cache), 59.0 MB pruned; not byte-compiled"
