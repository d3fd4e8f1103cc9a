"""The one metric filter of all models reads what the functions write: a line's level, and its model as a dimension."""

import io
import json
import re
from pathlib import Path

import pytest
from support.templates import Template, read_template

from pilotlight_runtime.line_observer import LineObserver
from pilotlight_runtime.observer import Record


def record(status: int) -> Record:
    """A request that was answered with `status`."""
    return Record("id-1", "gw-1", "infer", status, False, {"x": (1, 2)}, {}, 4.5, None)  # noqa: FBT003  (a row)


@pytest.fixture
def failures(request: pytest.FixtureRequest) -> Template:
    template = read_template(request.config.rootpath / "template.yaml")
    properties: Template = template["Resources"]["ModelsFailures"]["Properties"]
    return properties


def test_it_counts_each_line_of_level_error_that_names_a_model(failures: Template) -> None:
    assert failures["LogGroupName"] == {"Ref": "ModelsLogGroup"}
    assert failures["FilterPattern"] == '{ ($.level = "ERROR") && ($.model = "*") }'
    (counted,) = failures["MetricTransformations"]
    assert counted["MetricValue"] == "1"
    assert counted["Dimensions"] == [{"Key": "model", "Value": "$.model"}]


@pytest.mark.parametrize(("status", "level"), [(200, "INFO"), (400, "INFO"), (500, "ERROR")])
def test_the_fields_that_it_reads_are_in_the_line_of_a_request(failures: Template, status: int, level: str) -> None:
    stream = io.StringIO()
    observer = LineObserver(stream, "spam-filter", "0123456789ab", lambda: "an instance", environ={})
    observer.request(record(status))
    line, metrics = (json.loads(text) for text in stream.getvalue().splitlines())
    read = re.findall(r"\$\.(\w+)", json.dumps(failures))
    assert {name: line[name] for name in read} == {"level": level, "model": "spam-filter"}
    # The line of the metrics is no second match: it has no level.
    assert "level" not in metrics


def test_the_dashboard_shows_the_metrics_of_this_stage_by_model(request: pytest.FixtureRequest) -> None:
    root: Path = request.config.rootpath
    variables = read_template(root / "template.yaml")["Globals"]["Function"]["Environment"]["Variables"]
    assert variables["POWERTOOLS_METRICS_NAMESPACE"] == {"Fn::Sub": "${ProjectName}/${Stage}"}
    dashboard = read_template(root / "infra" / "observability.yaml")["Resources"]["Dashboard"]["Properties"]
    widgets = json.loads(dashboard["DashboardBody"]["Fn::Sub"])["widgets"]
    metrics = [metric[0] for widget in widgets for metric in widget["properties"]["metrics"]]
    searches = [metric["expression"] for metric in metrics if "expression" in metric]
    # CloudWatch wants quotes around a namespace with other characters than letters and digits.
    assert [re.findall(r"SEARCH\('\{(.*)\} MetricName=\"(\w+)\"'", search) for search in searches] == [
        [('"${ProjectName}/${Stage}",model,version', "Latency")],
        [('"${ProjectName}/${Stage}",model,version', "ColdStart")],
        [('"${ProjectName}/${Stage}",model', "Failures")],
    ]
