"""Templates that their owner edited: a function is added once, never twice, and no other line changes."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.templates import parse_template

from pilotlight.core.errors import ProjectError
from pilotlight.scaffold import add_function

OLD = Path(__file__).parents[2] / "fixtures" / "old_project" / "template.yaml"


@pytest.fixture(params=["of today", "of an earlier init"])
def template(request: pytest.FixtureRequest) -> str:
    """A template that `init` wrote."""
    scaffold = request.config.rootpath / "pilotlight" / "scaffold" / "files"
    return (OLD if request.param == "of an earlier init" else scaffold / "template.yaml").read_text()


def section(template: str, title: str) -> str:
    found = re.search(rf"^{title}:.*?(?=^\w|\Z)", template, re.MULTILINE | re.DOTALL)
    assert found
    return found[0]


def outputs_first(text: str) -> str:
    outputs = section(text, "Outputs")
    return text.replace(outputs, "").replace("\nParameters:\n", f"\n{outputs}\nParameters:\n", 1)


def parsed(text: str) -> dict[str, Any]:
    """YAML allows tabs between tokens, and PyYAML does not."""
    return parse_template(text.replace("\t", " "))


EDITS: dict[str, Callable[[str], str]] = {
    "Windows line ends": lambda text: text.replace("\n", "\r\n"),
    "one line with a Windows end": lambda text: text.replace("\n", "\r\n", 1),
    "no end of the last line": lambda text: text.rstrip("\n"),
    "blank lines at the end": lambda text: text + "\n\n",
    "a byte order mark": lambda text: "\ufeff" + text,
    "a tab before a comment": lambda text: text.replace("Resources:\n", "Resources:\t# mine\n"),
    "tabs in blank lines": lambda text: text.replace("\n\n", "\n\t\n"),
    "a quoted key": lambda text: text.replace("\nResources:\n", '\n"Resources":\n'),
    "an anchor": lambda text: text.replace("\nResources:\n", "\nResources: &Everything\n"),
    "the start of a document": lambda text: "---\n" + text,
    "the end of a document": lambda text: text.rstrip("\n") + "\n...\n",
    "comments at the left": lambda text: text.replace("\n  Api:\n", "\n# mine\n  Api:\n"),
    "the outputs first": outputs_first,
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_template_takes_a_model_once(template: str, edit: str) -> None:
    edited = EDITS[edit](template)
    assert edited != template
    once = add_function(edited, "junk-mail")
    assert add_function(once, "junk-mail") == once
    resources = parsed(once)["Resources"]
    assert set(resources) - set(parsed(edited)["Resources"]) >= {"JunkMailFunction", "JunkMailAlarm"}
    assert once.count("CodeUri: functions/junk-mail") == 1
    kept = iter(once.split("\n"))
    assert all(line in kept for line in edited.rstrip("\n").split("\n")[:-1])


@pytest.mark.parametrize("edit", EDITS)
def test_the_added_lines_are_those_of_the_plain_template(template: str, edit: str) -> None:
    plain = parsed(add_function(template, "junk-mail"))
    assert parsed(add_function(EDITS[edit](template), "junk-mail")) == plain


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("CodeUri: functions/junk-mail", "CodeUri: functions/junk-mail\n      MemorySize: 3538"),
        ("CodeUri: functions/junk-mail", 'CodeUri: "./functions/junk-mail/" # mine'),
        ("  JunkMailFunction:", '  "JunkMailFunction" :'),
        ("AlarmDescription: The model junk-mail", "AlarmDescription: My model"),
    ],
)
def test_a_function_that_was_edited_is_not_added_again(template: str, before: str, after: str) -> None:
    edited = add_function(template, "junk-mail").replace(before, after)
    assert after in edited
    assert add_function(edited, "junk-mail") == edited


@pytest.mark.parametrize(
    ("pattern", "replacement"),
    [
        (r'^ +"/v1/models/junk-mail.*\n', ""),
        (r'"(/v2/models/junk-mail/\{proxy\+\})"', r"\1"),
        (r"(?m)^( +)(\"/v2/models/junk-mail\":)", r"\1\2 # mine\n\1 "),
    ],
)
def test_routes_that_were_edited_are_not_added_again(
    request: pytest.FixtureRequest, pattern: str, replacement: str
) -> None:
    template = (request.config.rootpath / "pilotlight" / "scaffold" / "files" / "template.yaml").read_text()
    edited, count = re.subn(pattern, replacement, add_function(template, "junk-mail"), flags=re.MULTILINE)
    assert count
    assert add_function(edited, "junk-mail") == edited


def test_an_output_of_the_same_name_is_kept() -> None:
    edited = OLD.read_text().replace("\nOutputs:\n", "\nOutputs:\n  SpamFunctionName:\n    Value: mine\n")
    added = parsed(add_function(edited, "spam"))
    assert added["Outputs"]["SpamFunctionName"] == {"Value": "mine"}
    assert "SpamFunction" in added["Resources"]


def test_the_api_may_be_the_last_resource(request: pytest.FixtureRequest) -> None:
    template = (request.config.rootpath / "pilotlight" / "scaffold" / "files" / "template.yaml").read_text()
    api = re.search(r"^  Api:\n(?:(?:    .*)?\n)*", template, re.MULTILINE)
    assert api
    moved = template.replace(api[0], "").replace("\nOutputs:", f"\n{api[0]}\nOutputs:")
    assert add_function(add_function(moved, "spam"), "spam") == add_function(moved, "spam")
    assert parsed(add_function(moved, "spam")) == parsed(add_function(template, "spam"))


@pytest.mark.parametrize("resource", ["JunkmailFunction", "JUNKMAILFUNCTION"])
def test_functions_whose_ids_differ_in_upper_case_alone_are_refused(template: str, resource: str) -> None:
    """The SAM CLI builds each function in a folder of its id, and makes an image name of it."""
    edited = template.replace("\nResources:\n", f"\nResources:\n  {resource}:\n    Type: AWS::SNS::Topic\n")
    with pytest.raises(ProjectError, match=f"has a resource {resource} already"):
        add_function(edited, "junk-mail")


def test_an_id_that_a_parameter_has_is_refused(template: str) -> None:
    edited = template.replace("\nParameters:\n", "\nParameters:\n  SpamAlarm:\n    Type: String\n")
    with pytest.raises(ProjectError, match="has a parameter SpamAlarm already"):
        add_function(edited, "spam")


def test_resources_indented_with_tabs_are_refused() -> None:
    with pytest.raises(ProjectError, match="indented with spaces"):
        add_function("Resources:\n\tA:\n\t\tType: AWS::SNS::Topic\n", "spam")


def test_a_loop_before_the_resources_does_not_hide_their_indentation() -> None:
    loop = "  Fn::ForEach::All:\n    - Name\n    - [a]\n    - '${Name}Topic':\n        Type: T\n"
    template = f"Resources:\n{loop}  A:\n    B: 1\n"
    assert "\n  MFunction:\n" in add_function(template, "m")
