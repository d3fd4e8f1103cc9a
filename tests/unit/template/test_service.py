"""The parameter Service: who asks for the key, what is throttled, and what only then is there."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.templates import Resources, Template, of_type, operations, parse_template, read_template

from pilotlight.scaffold import add_function
from pilotlight_runtime.entry import BY_FUNCTIONS, KEYS_VARIABLE

TEMPLATES = ("template.yaml", "pilotlight/scaffold/files/template.yaml")
Expand = Callable[[Template, dict[str, str]], Resources]


@pytest.fixture(params=TEMPLATES)
def template(request: pytest.FixtureRequest) -> Template:
    return read_template(request.config.rootpath / request.param)


@pytest.fixture
def firewall(request: pytest.FixtureRequest) -> Resources:
    found: Resources = read_template(request.config.rootpath / "infra" / "firewall.yaml")["Resources"]
    return found


def choose(value: Any, known: dict[str, bool]) -> Any:
    """`value` as CloudFormation makes it of these conditions; AWS::NoValue leaves a property out."""
    if isinstance(value, list):
        return [choose(each, known) for each in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Fn::If"}:
        name, yes, no = value["Fn::If"]
        return choose(yes if known.get(name, False) else no, known)
    made = {name: choose(each, known) for name, each in value.items()}
    return {name: each for name, each in made.items() if each != {"Ref": "AWS::NoValue"}}


def asks_for_key(api: dict[str, Any], operation: dict[str, Any]) -> bool:
    """Whether API Gateway asks for a key: a scheme of type apiKey with the name x-api-key. Other types it ignores."""
    schemes = api["Properties"]["Body"]["components"]["securitySchemes"]
    named = [schemes[name] for requirement in operation.get("security", []) for name in requirement]
    return any(it["type"] == "apiKey" and it["name"] == "x-api-key" and it["in"] == "header" for it in named)


@pytest.mark.parametrize("service", ["off", "on"])
def test_api_gateway_asks_for_a_key_only_where_it_is_off(template: Template, expand: Expand, service: str) -> None:
    resources = expand(template, {"Service": service})
    api = choose(resources["Api"], {"ServiceOn": service == "on"})
    assert operations(resources)
    assert {asks_for_key(api, it) for it in operations(resources).values()} == {service == "off"}
    assert not api["Properties"].get("FailOnWarnings")  # the scheme that asks for none is a warning


def test_a_model_that_is_added_asks_as_the_others_do(request: pytest.FixtureRequest, expand: Expand) -> None:
    text = (request.config.rootpath / TEMPLATES[1]).read_text()
    resources = expand(parse_template(add_function(text, "another")), {"Service": "on"})
    operation = operations(resources)["any /v2/models/another/{proxy+}"]
    assert not asks_for_key(choose(resources["Api"], {"ServiceOn": True}), operation)
    assert asks_for_key(choose(resources["Api"], {"ServiceOn": False}), operation)


@pytest.mark.parametrize("changed", [{"Service": "on"}, {"RuntimeClient": "aws"}])
def test_the_stage_is_deployed_again_where_a_parameter_changes_the_api(
    template: Template, expand: Expand, changed: dict[str, str]
) -> None:
    """SAM names the deployment after what it sees of the API, which is not what conditions make of it."""
    before, same, after = (
        set(of_type(expand(template, parameters), "AWS::ApiGateway::Deployment")) for parameters in ({}, {}, changed)
    )
    assert len(before) == 1
    assert before == same
    assert before.isdisjoint(after)


def test_the_stage_tells_the_functions_that_they_are_to_check_keys(template: Template, expand: Expand) -> None:
    (stage,) = of_type(expand(template, {}), "AWS::ApiGateway::Stage").values()
    off, on = (choose(stage, {"ServiceOn": service})["Properties"] for service in (False, True))
    assert "Variables" not in off
    assert on["Variables"] == {KEYS_VARIABLE: BY_FUNCTIONS}


UNVERSIONED = {"Code", "Role", "Description", "Tags", "LoggingConfig", "ReservedConcurrentExecutions", "Architectures"}
"""Properties of a function that no version has, that no parameter changes, or whose change is one of the code."""
NAMES = {"ProjectName", "Stage"}
"""Parameters that name resources: another one makes other resources."""


def parameters_of(value: Any, template: Template, root: Path) -> set[str]:
    """The parameters that a value depends on, those of its conditions and of nested stacks' outputs too."""
    found: set[str] = set()
    if isinstance(value, list):
        found = {name for each in value for name in parameters_of(each, template, root)}
    if isinstance(value, dict):
        found = {name for each in value.values() for name in parameters_of(each, template, root)}
        if set(value) == {"Fn::If"}:
            found |= parameters_of(template["Conditions"][value["Fn::If"][0]], template, root)
        if set(value) == {"Ref"}:
            found = {value["Ref"]}
        if set(value) == {"Fn::Sub"}:
            found |= set(re.findall(r"\$\{(\w+)\}", str(value["Fn::Sub"])))
        for stack, output in re.findall(r"(\w+Stack)\W+Outputs\W+(\w+)", str(value)):
            found |= parameters_of_output(template, root, stack, output)
    return found & set(template["Parameters"])


def parameters_of_output(template: Template, root: Path, stack: str, output: str) -> set[str]:
    properties = template["Resources"][stack]["Properties"]
    nested = read_template(root / properties["TemplateURL"])
    inner = parameters_of(nested["Outputs"][output]["Value"], nested, root)
    return {name for each in inner for name in parameters_of(properties["Parameters"][each], template, root)}


def test_a_version_is_published_where_a_parameter_changes_its_configuration(
    template: Template, expand: Expand, request: pytest.FixtureRequest
) -> None:
    """SAM sees a change of the code alone; a version whose description changes is replaced. Otherwise the alias would
    go on with functions that check no keys, behind an API that asks for none.
    """
    resources = expand(template, {})
    versions = of_type(resources, "AWS::Lambda::Version").values()
    assert {it["Properties"]["FunctionName"]["Ref"] for it in versions} == set(
        of_type(resources, "AWS::Lambda::Function")
    )
    for version in versions:
        function = resources[version["Properties"]["FunctionName"]["Ref"]]["Properties"]
        depends = {name: it for name, it in function.items() if name not in UNVERSIONED}
        wanted = parameters_of(depends, template, request.config.rootpath) - NAMES
        assert {"Service", "ExistingTable", "RuntimeClient", "Uploads"} <= wanted
        description = version["Properties"]["Description"]
        assert wanted == parameters_of(description, template, request.config.rootpath)
        (layer,) = function["Layers"]
        assert f"${{{layer['Ref']}}}" in str(description)


def test_a_version_is_not_replaced_where_its_function_is_as_before(template: Template, expand: Expand) -> None:
    """Lambda publishes no version of such a function, and the deployment would fail."""
    (text, values), *others = (
        it["Properties"]["Description"]["Fn::Sub"]
        for it in of_type(expand(template, {}), "AWS::Lambda::Version").values()
    )
    assert all(other == [text, values] for other in others)
    # With the service off, nothing of a function depends on its parameters.
    assert choose(values, {"ServiceOn": False}) == {"Of": "off"}
    of_the_service = choose(values, {"ServiceOn": True})["Of"]["Fn::Sub"]
    longest = {
        "Layer": "arn:aws-us-gov:lambda:ap-southeast-2:123456789012:layer:RuntimeLayer3a2b18d33a:1000",
        "ExistingTable": "t" * 90,
        "SnapStart": "PublishedVersions",
    }
    written = re.sub(
        r"\$\{(\w+)\}",
        lambda match: next((it for name, it in longest.items() if name in match[1]), "off"),
        text.replace("${Of}", of_the_service),
    )
    assert len(written) <= 256


def test_the_version_of_a_model_that_is_added_is_published_likewise(
    request: pytest.FixtureRequest, expand: Expand
) -> None:
    text = (request.config.rootpath / TEMPLATES[1]).read_text()
    versions = of_type(expand(parse_template(add_function(text, "another"))), "AWS::Lambda::Version").values()
    assert len({str(it["Properties"]["Description"]) for it in versions}) == 1
    assert len(versions) == 2


def test_a_template_of_before_gets_no_line_that_it_lacks_the_anchor_of(request: pytest.FixtureRequest) -> None:
    lines = (request.config.rootpath / TEMPLATES[1]).read_text().splitlines()
    at = next(number for number, line in enumerate(lines) if "&VersionDescription" in line)
    text = "\n".join(lines[:at] + lines[at + 3 :])
    assert "VersionDescription" not in str(parse_template(add_function(text, "another"))["Resources"])


def test_each_method_is_throttled_by_itself_only_where_it_is_on(template: Template, expand: Expand) -> None:
    (stage,) = of_type(expand(template, {}), "AWS::ApiGateway::Stage").values()
    (off,), (on,) = (choose(stage, {"ServiceOn": service})["Properties"]["MethodSettings"] for service in (False, True))
    assert off == {"HttpMethod": "*", "ResourcePath": "/*", "LoggingLevel": "OFF", "DataTraceEnabled": False}
    throttling = {"ThrottlingRateLimit": {"Ref": "ApiRate"}, "ThrottlingBurstLimit": {"Ref": "ApiBurst"}}
    assert on == {**off, **throttling}


def test_the_functions_get_the_tables_name_only_where_it_is_on(template: Template, expand: Expand) -> None:
    functions = of_type(expand(template, {}), "AWS::Lambda::Function")
    assert functions
    for function in functions.values():
        off, on = (choose(function, {"ServiceOn": service})["Properties"] for service in (False, True))
        assert off["Environment"]["Variables"]["PILOTLIGHT_SERVICE_TABLE"] == ""
        assert off["Environment"]["Variables"]["PILOTLIGHT_CHARGE_DIRECT"] == ""
        assert on["Environment"]["Variables"]["PILOTLIGHT_CHARGE_DIRECT"] == {"Ref": "ChargeDirect"}
        table = {"Fn::GetAtt": ["ServiceStack", "Outputs", "Table"]}
        assert on["Environment"]["Variables"]["PILOTLIGHT_SERVICE_TABLE"] == table


def test_concurrency_is_reserved_only_where_a_number_is_given(template: Template, expand: Expand) -> None:
    assert template["Parameters"]["ReservedConcurrency"]["Default"] == 0
    for function in of_type(expand(template, {}), "AWS::Lambda::Function").values():
        without, given = (choose(function, {"ConcurrencyReserved": it})["Properties"] for it in (False, True))
        assert "ReservedConcurrentExecutions" not in without
        assert given["ReservedConcurrentExecutions"] == {"Ref": "ReservedConcurrency"}


def test_it_is_off_unless_told_otherwise_and_then_adds_nothing(template: Template) -> None:
    assert template["Parameters"]["Service"]["Default"] == template["Parameters"]["Firewall"]["Default"] == "off"
    stacks = of_type(template["Resources"], "AWS::CloudFormation::Stack")
    assert (stacks["ServiceStack"]["Condition"], stacks["FirewallStack"]["Condition"]) == ("ServiceOn", "FirewallOn")
    assert {template["Outputs"][name]["Condition"] for name in ("ServiceTable", "UsageTopic")} == {"ServiceOn"}
    assert template["Outputs"]["ApiKeyCommand"]["Condition"] == "ServiceOff"  # the key opens nothing where it is on


def test_the_firewall_is_a_choice_of_its_own_and_needs_the_service(template: Template) -> None:
    service, firewall = template["Conditions"]["FirewallOn"]["Fn::And"]
    assert service == {"Fn::Equals": [{"Ref": "Service"}, "on"]}
    assert firewall == {"Fn::Equals": [{"Ref": "Firewall"}, "on"]}


def test_what_it_excludes_is_refused_before_anything_is_deployed(template: Template) -> None:
    found = {}
    for rule in template["Rules"].values():
        (assertion,) = rule["Assertions"]
        assert assertion["AssertDescription"].endswith(".")
        found[str(rule["RuleCondition"])] = assertion["Assert"]
    assert found == {
        str({"Fn::Equals": [{"Ref": "Service"}, "on"]}): {"Fn::Equals": [{"Ref": "BearerKeys"}, ""]},
        str({"Fn::Equals": [{"Ref": "Firewall"}, "on"]}): {"Fn::Equals": [{"Ref": "Service"}, "on"]},
    }


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        (
            "UsageWebhook",
            ["", "https://hooks.example.com/services/T0/B0/x?y=1"],
            ["http://a.example", "ftp://a", "https://", "https://a b", "https://a\n", "https://ä", "a https://b"],
        ),
        ("ExistingTable", ["", "a.b_c-1", "a" * 90], ["ab", "a" * 91, "a b", "a/b", "arn:aws:dynamodb:r:1:table/a"]),
        ("ProjectName", ["pilotlight", "a-1"], ["", "A", "-a", "a" * 32, "a_b"]),
        ("Stage", ["dev"], ["", "a-b", "1a", "a" * 17]),
    ],
)
def test_a_parameter_takes_what_it_says(template: Template, name: str, good: list[str], bad: list[str]) -> None:
    parameter = template["Parameters"][name]
    assert parameter["ConstraintDescription"]
    pattern = re.compile(parameter["AllowedPattern"])  # CloudFormation matches the whole value
    assert [text for text in good if not pattern.fullmatch(text)] == []
    assert [text for text in bad if pattern.fullmatch(text)] == []


OF_THE_SERVICE = ("Service", "ApiRate", "ApiBurst", "ChargeDirect", "ReservedConcurrency", "Firewall", "FirewallRate")


def test_every_parameter_of_the_service_has_bounds_and_says_what_it_does(template: Template) -> None:
    for name in (*OF_THE_SERVICE, "UsageWebhook", "ExistingTable"):
        parameter = template["Parameters"][name]
        assert {"AllowedValues", "AllowedPattern", "MinValue"} & set(parameter), name
        assert len(parameter["Description"]) > 40, name
        assert parameter["Description"].endswith("."), name


def test_each_nested_stack_gets_what_it_takes(template: Template, request: pytest.FixtureRequest) -> None:
    for name in ("ServiceStack", "FirewallStack"):
        properties = template["Resources"][name]["Properties"]
        nested = read_template(request.config.rootpath / properties["TemplateURL"])
        assert set(properties["Parameters"]) == set(nested["Parameters"])
        read = re.findall(rf"'{name}', 'Outputs', '(\w+)'", str(template))
        assert set(read) <= set(nested.get("Outputs", {}))


def test_prices_stand_in_the_descriptions(template: Template) -> None:
    parameters = template["Parameters"]
    assert "$" in parameters["Firewall"]["Description"]
    for name in ("ApiRate", "ApiBurst", "ReservedConcurrency"):
        assert "Free" in parameters[name]["Description"]


def test_the_firewall_keeps_no_samples_of_requests(firewall: Resources) -> None:
    """They would show paths, queries and keys in the console."""
    rules = firewall["Rules"]["Properties"]
    seen = [rules["VisibilityConfig"], *(rule["VisibilityConfig"] for rule in rules["Rules"])]
    assert [it["SampledRequestsEnabled"] for it in seen] == [False] * 3
    assert not of_type(firewall, "AWS::WAFv2::LoggingConfiguration")
