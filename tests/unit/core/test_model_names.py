import pytest

from pilotlight.core.errors import ProjectError
from pilotlight.core.model_names import check_model_name, to_logical_stem


@pytest.mark.parametrize(
    ("name", "stem"),
    [("digits", "Digits"), ("spam-filter", "SpamFilter"), ("en_de", "EnDe"), ("a1-b2_c3", "A1B2C3")],
)
def test_a_name_gives_its_logical_stem(name: str, stem: str) -> None:
    assert check_model_name(name) == name
    assert to_logical_stem(name) == stem


@pytest.mark.parametrize(
    "name", ["", "Digits", "1digits", "digits-", "-digits", "a--b", "di gits", "../up", "a/b", "ä", "x" * 41, "catalog"]
)
def test_an_impossible_name_is_refused(name: str) -> None:
    with pytest.raises(ProjectError) as caught:
        check_model_name(name)
    assert repr(name) in str(caught.value)
