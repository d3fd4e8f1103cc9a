import re

import pytest

from pilotlight.core.errors import ProjectError
from pilotlight.scaffold import add_function

TEMPLATE = """\
# a comment at the top
Resources:

  # the first
  First: # kept
    Type: AWS::SNS::Topic

# about the outputs
Outputs:
  Zero:
    Value: 0
"""
IDS = ["SpamFilterFunction", "SpamFilterRole", "SpamFilterLogGroup", "SpamFilterFailures", "SpamFilterAlarm"]


def ids(template: str, indent: str = "  ") -> list[str]:
    return re.findall(rf"^{indent}(\w+):", template, re.MULTILINE)


def test_adds_resources_and_output_behind_those_that_are_there() -> None:
    assert ids(add_function(TEMPLATE, "spam-filter")) == ["First", *IDS, "Zero", "SpamFilterFunctionName"]


def test_keeps_every_line_and_its_order() -> None:
    added = iter(add_function(TEMPLATE, "spam-filter").splitlines())
    assert all(line in added for line in TEMPLATE.splitlines())


def test_names_the_folder_and_the_paths_after_the_model() -> None:
    changed = add_function(TEMPLATE, "spam-filter")
    assert "CodeUri: functions/spam-filter\n" in changed
    assert "Path: /v2/models/spam-filter}" in changed
    assert '"/v1/models/spam-filter:predict"' in changed
    assert "@" not in changed


def test_adds_nothing_twice() -> None:
    once = add_function(TEMPLATE, "spam-filter")
    assert add_function(once, "spam-filter") == once


def test_a_second_model_follows_the_first() -> None:
    both = add_function(add_function(TEMPLATE, "zebra"), "ant")
    assert ids(both).index("ZebraFunction") < ids(both).index("AntFunction")
    assert both.index("ZebraFunctionName") < both.index("AntFunctionName")


def test_refuses_a_name_that_another_resource_has() -> None:
    once = add_function(TEMPLATE, "spam-filter")
    with pytest.raises(ProjectError, match=r"has a resource SpamFilterAlarm already.*'spam_filter'"):
        add_function(once, "spam_filter")


def test_refuses_a_model_whose_block_was_changed() -> None:
    changed = add_function(TEMPLATE, "spam-filter").replace("functions/spam-filter", "elsewhere")
    with pytest.raises(ProjectError, match="already"):
        add_function(changed, "spam-filter")


@pytest.mark.parametrize("template", ["", "Outputs:\n  A: 1\n", "Resources: {}\n", '{"Resources": {}}\n'])
def test_refuses_a_template_without_a_block_of_resources(template: str) -> None:
    with pytest.raises(ProjectError, match=r"template.yaml: has no Resources"):
        add_function(template, "spam-filter")


def test_refuses_an_impossible_name() -> None:
    with pytest.raises(ProjectError, match="lower-case"):
        add_function(TEMPLATE, "Spam Filter")


def test_a_template_without_outputs_gets_none() -> None:
    assert "Outputs:" not in add_function("Resources:\n  A:\n    Type: AWS::SNS::Topic\n", "m")


def test_resources_at_the_end_without_a_newline() -> None:
    changed = add_function("Resources:\n  A:\n    Type: AWS::SNS::Topic", "m")
    assert changed.startswith("Resources:\n  A:\n    Type: AWS::SNS::Topic\n\n  # ---- model m\n")
    assert changed.endswith("notBreaching\n")


def test_takes_the_indentation_of_the_entries_that_are_there() -> None:
    changed = add_function("Resources:\n    A:\n        Type: AWS::SNS::Topic\n", "m")
    assert ids(changed, "    ")[:2] == ["A", "MFunction"]


def test_keeps_windows_line_ends() -> None:
    changed = add_function(TEMPLATE.replace("\n", "\r\n"), "m")
    assert changed.count("\n") == changed.count("\r\n")
