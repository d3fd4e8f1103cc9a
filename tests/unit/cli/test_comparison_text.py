"""What `pilotlight show` says of the values that inputs take."""

from support.manifests import manifest_of

from pilotlight.cli.comparison_text import list_ranges


def test_ranges_and_categories_are_described() -> None:
    ranges = {
        "ids": {"least": -10, "most": 9, "exact": True},
        "often": {"least": 0, "most": 7, "exact": False},
        "sex": {"categories": [{"column": None, "values": ["f", "m"]}]},
        "words": {"categories": [{"column": 0, "values": ["x"]}, {"column": 1, "values": None}]},
    }
    manifest = manifest_of([("x", "FP32", ())], [("y", "FP32", ())])._replace(ranges=ranges)
    assert dict(list_ranges(manifest)) == {
        "ids": "-10 to 9",
        "often": "0 to 7 in the samples of the gate",
        "sex": "only 2 categories",
        "words": "only 1 category in column 0, only the categories of training in column 1",
    }
