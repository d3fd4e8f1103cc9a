"""The short block, for a template whose models share a role, a log and the API's paths."""

from pathlib import Path

import pytest
from support.templates import parse_template

from pilotlight.core.errors import ProjectError
from pilotlight.scaffold import add_function
from pilotlight.scaffold.template import SHARED


@pytest.fixture
def template(request: pytest.FixtureRequest) -> str:
    """The template that `init` writes."""
    path: Path = request.config.rootpath / "pilotlight" / "scaffold" / "files" / "template.yaml"
    return path.read_text()


def paths(template: str) -> list[str]:
    """The API's paths in their order."""
    return list(parse_template(template)["Resources"]["Api"]["Properties"]["DefinitionBody"]["paths"])


def test_adds_resources_behind_those_that_are_there(template: str) -> None:
    before, after = (
        list(parse_template(text)["Resources"]) for text in (template, add_function(template, "spam-filter"))
    )
    assert after == [*before, "SpamFilterFunction", "SpamFilterPermission", "SpamFilterAlarm"]


def test_adds_routes_behind_those_that_are_there(template: str) -> None:
    assert paths(add_function(template, "spam-filter")) == [
        *paths(template),
        "/v2/models/spam-filter",
        "/v2/models/spam-filter/{proxy+}",
        "/v1/models/spam-filter",
        "/v1/models/spam-filter:predict",
        "/v1/models/spam-filter/{proxy+}",
    ]


def test_keeps_every_line_and_its_order(template: str) -> None:
    added = iter(add_function(template, "spam-filter").splitlines())
    assert all(line in added for line in template.splitlines())


def test_what_the_block_repeats_is_what_the_template_says_once(template: str) -> None:
    resources = parse_template(add_function(template, "spam-filter"))["Resources"]
    catalog, own = (resources[f"{stem}Alarm"]["Properties"] for stem in ("Catalog", "SpamFilter"))
    for name in (
        "AlarmActions",
        "OKActions",
        "EvaluationPeriods",
        "Threshold",
        "ComparisonOperator",
        "TreatMissingData",
    ):
        assert own[name] == catalog[name]
    catalog, own = (resources[f"{stem}Permission"]["Properties"] for stem in ("Catalog", "SpamFilter"))
    assert own == {**catalog, "FunctionName": {"Ref": "SpamFilterFunction.Alias"}}


def test_the_function_is_built_for_the_architecture_of_the_others(template: str) -> None:
    resources = parse_template(add_function(template, "spam-filter"))["Resources"]
    own, catalog = (resources[f"{stem}Function"]["Metadata"] for stem in ("SpamFilter", "Catalog"))
    assert own == catalog == {**own, "ContextPath": {"Fn::Sub": "layers/${Architecture}"}}


def test_a_template_from_before_the_architecture_was_a_parameter_keeps_its_makefile(template: str) -> None:
    earlier = template.replace('!Sub "layers/${Architecture}" # the folder of the Makefile', ".")
    resources = parse_template(add_function(earlier, "spam-filter"))["Resources"]
    own, catalog = (resources[f"{stem}Function"]["Metadata"] for stem in ("SpamFilter", "Catalog"))
    assert own == catalog == {**own, "ContextPath": "."}


def test_adds_nothing_twice(template: str) -> None:
    once = add_function(template, "spam-filter")
    assert add_function(once, "spam-filter") == once


@pytest.mark.parametrize("ending", ["", "\n\n"])
def test_leaves_a_template_that_has_the_model_as_it_is(template: str, ending: str) -> None:
    once = add_function(template, "spam-filter").rstrip("\n") + ending
    assert add_function(once, "spam-filter") == once


def test_adds_routes_that_are_missing_beside_the_resources(template: str) -> None:
    whole = add_function(template, "spam-filter")
    without = whole.replace(
        whole[whole.index('          "/v2/models/spam-filter"') : whole.index("\n  AccessLogGroup:")], ""
    )
    assert "/v2/models/spam-filter" not in without
    assert paths(add_function(without, "spam-filter")) == paths(whole)


def test_a_second_model_follows_the_first(template: str) -> None:
    both = add_function(add_function(template, "zebra"), "ant")
    assert list(parse_template(both)["Resources"])[-6:] == [
        *("ZebraFunction", "ZebraPermission", "ZebraAlarm"),
        *("AntFunction", "AntPermission", "AntAlarm"),
    ]
    assert paths(both).index("/v1/models/zebra/{proxy+}") < paths(both).index("/v2/models/ant")


@pytest.mark.parametrize("name", ["models", "api", "route", "any-failure", "api-may-call"])
def test_a_name_like_that_of_a_shared_part_does_no_harm(template: str, name: str) -> None:
    """Anchors are names too, and a second one of the same name would change what follows."""
    resources = parse_template(add_function(add_function(template, name), "last"))["Resources"]
    assert resources["LastAlarm"]["Properties"]["Threshold"] == 0
    assert resources["LastPermission"]["Properties"]["Action"] == "lambda:InvokeFunction"
    routes = resources["Api"]["Properties"]["DefinitionBody"]["paths"]
    uri = routes["/v2/models/last/{proxy+}"]["x-amazon-apigateway-any-method"]["x-amazon-apigateway-integration"]["uri"]
    assert "${LastFunction.Arn}:live" in uri["Fn::Sub"]


def test_refuses_a_name_that_another_resource_has(template: str) -> None:
    once = add_function(template, "spam-filter")
    with pytest.raises(ProjectError, match=r"has a resource SpamFilterAlarm already.*'spam_filter'"):
        add_function(once, "spam_filter")


@pytest.mark.parametrize("part", SHARED)
def test_says_which_shared_part_is_missing_and_where_to_find_it(template: str, part: str) -> None:
    with pytest.raises(ProjectError, match=rf"lacks {part}.*Copy .* that `pilotlight init` writes"):
        add_function(template.replace(part, part.replace("M", "N").replace("A", "B").replace("R", "S")), "spam-filter")


def test_refuses_paths_that_are_no_block_of_lines(template: str) -> None:
    with pytest.raises(ProjectError, match=r"&Route outside of the API's paths"):
        add_function(template.replace("        paths:\n", "        routes:\n"), "spam-filter")


def test_keeps_windows_line_ends(template: str) -> None:
    changed = add_function(template.replace("\n", "\r\n"), "m")
    assert changed.count("\n") == changed.count("\r\n")
    assert paths(changed)[-1] == "/v1/models/m/{proxy+}"
