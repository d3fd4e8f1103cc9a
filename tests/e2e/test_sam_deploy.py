"""`sam deploy` against moto's server; what Lambda was given there is fetched back and answers under the emulator."""

import base64
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.emulated import Unpacked, ask, in_container
from support.project import Desk
from support.sam import SMALLER, Sam, SamProject, contents, resource_of
from support.sam_deploy import BUCKET, REGION, Clients, clients_of, deploy, moto_for_sam

STACK = "deployed"


@pytest.fixture(scope="module")
def endpoint(sam: Sam, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with moto_for_sam(sam, tmp_path_factory.mktemp("moto") / "moto.log") as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def aws(endpoint: str) -> Clients:
    return clients_of(endpoint)


@pytest.fixture(scope="module")
def deployed(project: SamProject, endpoint: str, aws: Clients) -> dict[str, str]:
    """The stack's physical ids by logical id."""
    aws("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    return deploy(project, endpoint, STACK)


def uploaded(aws: Clients, sha256: str) -> bytes:
    """The zip whose digest Lambda reports as that of its code, out of what `sam deploy` uploaded."""
    s3 = aws("s3")
    for entry in s3.list_objects_v2(Bucket=BUCKET)["Contents"]:
        content: bytes = s3.get_object(Bucket=BUCKET, Key=entry["Key"])["Body"].read()
        if base64.b64encode(hashlib.sha256(content).digest()).decode() == sha256:
            return content
    raise AssertionError(f"no uploaded file has the digest {sha256}")


@pytest.fixture(scope="module")
def functions(desk: Desk) -> list[str]:
    """The logical ids of all functions."""
    return [*map(resource_of, desk.list_models()), "CatalogFunction"]


def extract(archive: zipfile.ZipFile, into: Path) -> None:
    """Unpacks an archive as Lambda does, with the modes of its files."""
    archive.extractall(into)
    for entry in archive.infolist():
        if not entry.is_dir():
            (into / entry.filename).chmod(entry.external_attr >> 16 & 0o777)


@pytest.fixture(scope="module")
def fetched(
    deployed: dict[str, str],
    functions: list[str],
    aws: Clients,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A folder for each function and for the layer, with what Lambda was given."""
    place = tmp_path_factory.mktemp("fetched")
    awslambda = aws("lambda")
    digests = {
        name: awslambda.get_function(FunctionName=deployed[name], Qualifier="live")["Configuration"]["CodeSha256"]
        for name in functions
    }
    (layer,) = awslambda.list_layers()["Layers"]
    newest = awslambda.get_layer_version(LayerName=layer["LayerName"], VersionNumber=1)
    digests["RuntimeLayer"] = newest["Content"]["CodeSha256"]
    for name, digest in digests.items():
        with zipfile.ZipFile(io.BytesIO(uploaded(aws, digest))) as archive:
            extract(archive, place / name)
    return place


def test_functions_layer_roles_logs_and_api_exist(deployed: dict[str, str], functions: list[str], aws: Clients) -> None:
    found = {it["FunctionName"]: it for it in aws("lambda").list_functions()["Functions"]}
    for name in functions:
        function = found[deployed[name]]
        assert function["Runtime"] == "python3.13"
        assert function["Handler"] == "app.handler"
        shared = "Catalog" if name == "CatalogFunction" else "Models"
        assert function["Role"].endswith(f"/{deployed[f'{shared}Role']}")
    groups = {group["logGroupName"]: group for group in aws("logs").describe_log_groups()["logGroups"]}
    for name in ("models", "catalog", "access"):
        assert groups[f"/pilotlight/dev/{name}"]["retentionInDays"] == 30
    assert {"Api", "Observability", "CodeDeployServiceRole"} <= set(deployed)


def test_memory_and_timeout_are_a_functions_own(desk: Desk, deployed: dict[str, str], aws: Clients) -> None:
    for name in desk.list_models():
        found = aws("lambda").get_function_configuration(FunctionName=deployed[resource_of(name)])
        expected = (1024, 10) if name == SMALLER else (1769, 29)
        assert (found["MemorySize"], found["Timeout"]) == expected, name


def test_a_canary_goes_back_when_the_models_own_alarm_goes_off(
    desk: Desk, deployed: dict[str, str], aws: Clients
) -> None:
    codedeploy, cloudwatch = aws("codedeploy"), aws("cloudwatch")
    (topic,) = aws("sns").list_topics()["Topics"]
    for name in desk.list_models():
        function = deployed[resource_of(name)]
        group = codedeploy.get_deployment_group(
            applicationName=deployed["ServerlessDeploymentApplication"],
            deploymentGroupName=deployed[f"{resource_of(name)}DeploymentGroup"],
        )["deploymentGroupInfo"]
        assert group["deploymentConfigName"] == "CodeDeployDefault.LambdaCanary10Percent5Minutes"
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["autoRollbackConfiguration"]["events"]
        assert group["alarmConfiguration"]["enabled"]
        (alarm,) = group["alarmConfiguration"]["alarms"]
        (found,) = cloudwatch.describe_alarms(AlarmNames=[alarm["name"]])["MetricAlarms"]
        metrics = {
            metric["Id"]: metric["MetricStat"]["Metric"] for metric in found["Metrics"] if "MetricStat" in metric
        }
        dimensions = {id_: {it["Name"]: it["Value"] for it in metric["Dimensions"]} for id_, metric in metrics.items()}
        assert dimensions == {
            "crashes": {"FunctionName": function, "Resource": f"{function}:live"},
            "failures": {"model": name},
        }
        assert found["AlarmActions"] == [topic["TopicArn"]]


@pytest.mark.usefixtures("deployed")
def test_one_metric_filter_counts_the_failures_of_each_model(aws: Clients) -> None:
    (found,) = aws("logs").describe_metric_filters()["metricFilters"]
    assert found["logGroupName"] == "/pilotlight/dev/models"
    (counted,) = found["metricTransformations"]
    assert (counted["metricNamespace"], counted["metricName"]) == ("pilotlight/dev", "Failures")
    assert counted["dimensions"] == {"model": "$.model"}


def test_every_function_has_a_version_behind_its_alias(
    deployed: dict[str, str], functions: list[str], aws: Clients
) -> None:
    for name in functions:
        (alias,) = aws("lambda").list_aliases(FunctionName=deployed[name])["Aliases"]
        assert (alias["Name"], alias["FunctionVersion"]) == ("live", "1")


def test_the_api_routes_each_path_to_its_function(desk: Desk, deployed: dict[str, str], aws: Clients) -> None:
    resources = aws("apigateway").get_resources(restApiId=deployed["Api"], limit=500)["items"]
    calls = {
        (method, resource["path"]): settings["methodIntegration"]["uri"]
        for resource in resources
        for method, settings in resource.get("resourceMethods", {}).items()
    }
    for name in desk.list_models():
        function = f"function:{deployed[resource_of(name)]}:live"
        assert function in calls["ANY", f"/v2/models/{name}/{{proxy+}}"]
        assert function in calls["POST", f"/v1/models/{name}:predict"]
    assert f"function:{deployed['CatalogFunction']}:live" in calls["ANY", "/{proxy+}"]


def test_what_was_deployed_is_what_was_built(project: SamProject, functions: list[str], fetched: Path) -> None:
    for name in (*functions, "RuntimeLayer"):
        assert contents(fetched / name) == project.files(name), name


def variables_of(function: str, aws: Clients) -> dict[str, str]:
    settings = aws("lambda").get_function_configuration(FunctionName=function, Qualifier="live")
    found: dict[str, str] = settings["Environment"]["Variables"]
    return found


CLIENTS = {"own": "/opt/python/pilotlight_runtime/lambda_client/start.py", "aws": "/var/runtime/bootstrap.py"}
"""What the interpreter runs, by the parameter RuntimeClient."""


@pytest.mark.parametrize("client", CLIENTS)
def test_what_was_deployed_answers_under_the_emulator(
    fetched: Path, deployed: dict[str, str], aws: Clients, sam: Sam, base_image: str, client: str
) -> None:
    unpacked = Unpacked(fetched / "DigitsFunction", fetched / "RuntimeLayer")
    given = variables_of(deployed["DigitsFunction"], aws)
    assert given["AWS_LAMBDA_EXEC_WRAPPER"] == "/opt/pilotlight-start"
    if client == "aws":  # as the template sets it then
        given["AWS_LAMBDA_EXEC_WRAPPER"] = ""
    body = {"inputs": [{"name": "image", "datatype": "FP32", "shape": [1, 28, 28, 1], "data": [0.0] * 784}]}
    with in_container(unpacked, sam.emulator(), base_image, given) as running:
        request, resource = ("POST", "/v2/models/digits/infer"), "/v2/models/digits/{proxy+}"
        status, answer = ask(running.url, request, resource, json.dumps(body).encode())
        assert status == 200, answer
        assert answer["outputs"][0]["shape"] == [1, 10]
        assert sum(answer["outputs"][0]["data"]) == pytest.approx(1)
        assert ask(running.url, request, resource, b"{")[0] == 400
        assert CLIENTS[client] in running.commands()


def test_the_deployed_catalog_answers_under_the_emulator(
    fetched: Path, deployed: dict[str, str], aws: Clients, sam: Sam, base_image: str
) -> None:
    unpacked = Unpacked(fetched / "CatalogFunction", fetched / "RuntimeLayer")
    given = variables_of(deployed["CatalogFunction"], aws)
    with in_container(unpacked, sam.emulator(), base_image, given) as running:
        assert ask(running.url, ("GET", "/v2/health/ready"), "/v2/{proxy+}") == (200, {"ready": True})
