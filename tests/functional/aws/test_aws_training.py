"""What AWS answers about queues, images, prices and machines: moto where it plays them, else botocore's Stubber."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws
from support.batch_account import IMAGE_MANIFEST, REGION

from pilotlight.aws import (
    BatchService,
    Clients,
    Images,
    Instances,
    LogStreams,
    Objects,
    Prices,
    Quotas,
    Stacks,
    create_s3_client,
)
from pilotlight.core.errors import DataError, RunError

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.delenv("AWS_REGION", raising=False)
    with mock_aws(config={"batch": {"use_docker": False}}):
        yield


def stubbed(service: str) -> tuple[Any, Stubber]:
    client: Any = boto3.client(service, REGION)
    stub = Stubber(client)
    stub.activate()
    return client, stub


@pytest.mark.parametrize(
    ("code", "message", "action"),
    [
        (
            "AccessDeniedException",
            "User: arn:aws:iam::1:user/u is not authorized to perform: batch:TagResource on resource: arn:aws:batch:*",
            "batch:TagResource",
        ),
        ("AccessDeniedException", "", "batch:SubmitJob"),
    ],
)
def test_a_refusal_names_the_action_that_is_needed(code: str, message: str, action: str) -> None:
    client, stub = stubbed("batch")
    stub.add_client_error("submit_job", code, message, http_status_code=403)
    with pytest.raises(RunError) as caught:
        BatchService(client).submit_job({"jobName": "n", "jobQueue": "training", "jobDefinition": "d"})
    told = f" ({message})" if message else ""
    assert str(caught.value) == (
        f"job queue training: AWS Batch answered {code}{told}. The credentials need {action} there."
    )


def test_the_message_that_only_sts_can_read_is_left_out() -> None:
    """EC2 API Reference, UnauthorizedOperation."""
    client, stub = stubbed("ec2")
    message = (
        "You are not authorized to perform this operation. User: arn:aws:iam::1:user/u is not authorized to perform: "
        "ec2:DescribeSpotPriceHistory because no identity-based policy allows it. Encoded authorization failure "
        f"message: {'x' * 500}"
    )
    stub.add_client_error("describe_spot_price_history", "UnauthorizedOperation", message, http_status_code=403)
    with pytest.raises(RunError) as caught:
        Prices(client, lambda: client, REGION).list_spot(["g5.xlarge"])
    assert "x" * 10 not in str(caught.value)
    assert caught.value.hint == "The credentials need ec2:DescribeSpotPriceHistory there."


def test_a_page_of_html_is_left_out() -> None:
    client, stub = stubbed("batch")
    stub.add_client_error("describe_job_queues", "502", "<html>\n<title>Bad Gateway</title>\n" + "x" * 900)
    with pytest.raises(RunError) as caught:
        BatchService(client).describe_queue("training")
    assert caught.value.what == "AWS Batch answered 502"


def test_a_service_is_called_by_its_own_name() -> None:
    client, stub = stubbed("logs")
    stub.add_client_error("get_log_events", "ThrottlingException", "Rate exceeded", http_status_code=400)
    with pytest.raises(
        RunError, match=r"log group g: CloudWatch Logs answered ThrottlingException \(Rate exceeded\)\."
    ):
        LogStreams(client).read("g", "s", None)


def test_credentials_that_have_run_out() -> None:
    client, stub = stubbed("batch")
    stub.add_client_error("describe_job_queues", "ExpiredTokenException", http_status_code=403)
    with pytest.raises(RunError, match="Log in again, for instance with `aws sso login`"):
        BatchService(client).describe_queue("training")


def test_a_client_without_a_region_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    clients = Clients()
    assert clients.region == ""
    with pytest.raises(RunError, match=r"AWS Batch: no usable AWS credentials: You must specify a region"):
        _ = clients.batch


def test_one_session_makes_every_client() -> None:
    clients = Clients()
    assert clients.region == REGION
    made = (clients.batch, clients.cloudformation, clients.ec2, clients.ecr, clients.ecs, clients.logs, clients.s3)
    assert {client.meta.region_name for client in made} == {REGION}
    assert clients.quotas.meta.region_name == REGION
    assert clients.pricing.meta.region_name == "us-east-1"


def test_the_region_of_the_other_tools_is_taken_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-3")
    assert Clients().region == "eu-west-3"
    assert create_s3_client().meta.region_name == "eu-west-3"


def test_images_by_their_tag() -> None:
    ecr = boto3.client("ecr", REGION)
    uri = ecr.create_repository(repositoryName="training")["repository"]["repositoryUri"]
    ecr.put_image(repositoryName="training", imageManifest=IMAGE_MANIFEST, imageTag="abc")
    images = Images(ecr)
    assert (images.has(uri, "abc"), images.has(uri, "abd")) == (True, False)
    with pytest.raises(RunError, match="ECR answered RepositoryNotFoundException"):
        images.has(uri.replace("training", "nothing"), "abc")


def test_the_outputs_of_a_stack() -> None:
    cloudformation = boto3.client("cloudformation", REGION)
    template = {"Resources": {"T": {"Type": "AWS::SNS::Topic"}}, "Outputs": {"Queue": {"Value": "training"}}}
    cloudformation.create_stack(StackName="s", TemplateBody=json.dumps(template))
    stacks = Stacks(cloudformation)
    assert stacks.read_outputs("s") == {"Queue": "training"}
    assert stacks.read_outputs("none") is None


def test_a_log_is_read_on_from_where_it_was() -> None:
    logs = boto3.client("logs", REGION)
    logs.create_log_group(logGroupName="g")
    streams = LogStreams(logs)
    assert streams.read("g", "s", None) is None
    assert streams.read("none", "s", None) is None
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    at = int(datetime.now(UTC).timestamp() * 1000)
    logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=[{"timestamp": at, "message": "one"}])
    page = streams.read("g", "s", None)
    assert page is not None
    assert page[0] == ["one"]
    following = streams.read("g", "s", page[1])
    assert following == ([], page[1])


def test_objects_without_their_content() -> None:
    s3 = boto3.client("s3", REGION)
    s3.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    for key in ("data/a.npz", "data/x/b.npz", "database"):
        s3.put_object(Bucket="data", Key=key, Body=key.encode())
    objects = Objects(s3)
    found = objects.find("s3://data/data/a.npz")
    assert found is not None
    assert (found[1], '"' in found[0]) == (10, False)
    assert objects.find("s3://data/data") is None
    assert objects.find("s3://data/data/") is None
    below = objects.list_prefix("s3://data/data")
    assert [(key, size) for key, _, size in below] == [("data/a.npz", 10), ("data/x/b.npz", 12)]
    assert objects.list_prefix("s3://data/data/") == below


def test_an_object_that_may_not_be_read() -> None:
    client, stub = stubbed("s3")
    stub.add_client_error("head_object", "403", "Forbidden", http_status_code=403)
    with pytest.raises(DataError, match=r"s3://b/a: S3 answered 403 \(Forbidden\)\. The credentials need s3:GetObject"):
        Objects(client).find("s3://b/a")


def test_a_family_is_all_its_sizes() -> None:
    kinds = Instances(boto3.client("ec2", REGION), boto3.client("ecs", REGION)).describe_types(["g4dn", "g5.2xlarge"])
    names = {kind["InstanceType"] for kind in kinds}
    assert {"g4dn.xlarge", "g4dn.12xlarge", "g5.2xlarge"} <= names
    assert "g5.xlarge" not in names


def test_the_instance_that_a_container_ran_on() -> None:
    ec2, ecs = boto3.client("ec2", REGION), boto3.client("ecs", REGION)
    image = ec2.register_image(Name="an image")["ImageId"]
    made = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, InstanceType="g4dn.xlarge")["Instances"][0]
    client, stub = stubbed("ecs")
    asked = {"cluster": "gpu", "containerInstances": ["0a1b"]}
    stub.add_response(
        "describe_container_instances", {"containerInstances": [{"ec2InstanceId": made["InstanceId"]}]}, asked
    )
    arn = "arn:aws:ecs:eu-west-1:1:container-instance/gpu/0a1b"
    found = Instances(ec2, client).describe_instance(arn)
    assert found is not None
    assert found["InstanceType"] == "g4dn.xlarge"
    assert Instances(ec2, ecs).describe_instance("TBD") is None
    assert Instances(ec2, ecs).describe_instance(arn) is None, "the cluster is gone"
    stub.add_response(
        "describe_container_instances", {"containerInstances": [{"ec2InstanceId": "i-0123456789abcdef0"}]}
    )
    assert Instances(ec2, client).describe_instance(arn) is None, "the instance is gone"
    stub.add_response("describe_container_instances", {"containerInstances": []})
    assert Instances(ec2, client).describe_instance(arn) is None, "the container instance is gone"


def test_the_newest_spot_price_of_each_zone() -> None:
    client, stub = stubbed("ec2")
    prices = [
        {"InstanceType": "g5.xlarge", "AvailabilityZone": "a", "SpotPrice": "0.5", "Timestamp": NOW.replace(hour=1)},
        {"InstanceType": "g5.xlarge", "AvailabilityZone": "a", "SpotPrice": "0.4", "Timestamp": NOW},
        {"InstanceType": "g5.xlarge", "AvailabilityZone": "b", "SpotPrice": "0.6", "Timestamp": NOW},
    ]
    expected = {"InstanceTypes": ["g5.xlarge"], "ProductDescriptions": ["Linux/UNIX"], "StartTime": NOW}
    stub.add_response("describe_spot_price_history", {"SpotPriceHistory": prices}, expected)
    found = Prices(client, lambda: client, REGION, lambda: NOW).list_spot(["g5.xlarge"])
    assert found == [("g5.xlarge", "a", 0.5), ("g5.xlarge", "b", 0.6)]


def test_the_on_demand_price_in_the_price_list() -> None:
    """The shape of AWS Price List's answer: a JSON text a product (AWS Billing, "Finding prices")."""
    client, stub = stubbed("pricing")
    dimension = {"unit": "Hrs", "pricePerUnit": {"USD": "1.0060000000"}, "description": "$1.006 per On Demand"}
    product = {"terms": {"OnDemand": {"X.J": {"priceDimensions": {"X.J.6": dimension}}}}}
    stub.add_response("get_products", {"PriceList": [json.dumps(product)]})
    stub.add_response("get_products", {"PriceList": []})
    prices = Prices(boto3.client("ec2", REGION), lambda: client, REGION)
    assert prices.read_on_demand("g5.xlarge") == 1.006
    assert prices.read_on_demand("none.xlarge") is None


def test_quotas() -> None:
    client, stub = stubbed("service-quotas")
    expected = {"ServiceCode": "ec2", "QuotaCode": "L-DB2E81BA"}
    stub.add_response("get_service_quota", {"Quota": {"Value": 8.0}}, expected)
    stub.add_client_error("get_service_quota", "NoSuchResourceException")
    stub.add_client_error("get_service_quota", "AccessDeniedException", "no", http_status_code=400)
    quotas = Quotas(client)
    assert quotas.read_value("L-DB2E81BA") == 8.0
    assert quotas.read_value("L-DB2E81BA") is None
    with pytest.raises(RunError, match=r"The credentials need servicequotas:GetServiceQuota there"):
        quotas.read_value("L-DB2E81BA")


def test_definitions_by_name_and_by_arn() -> None:
    client = boto3.client("batch", REGION)
    properties: Any = {"image": "i", "vcpus": 1, "memory": 128}
    first, second = (
        client.register_job_definition(jobDefinitionName="d", type="container", containerProperties=properties)
        for _ in range(2)
    )
    engine = BatchService(client)
    by_arn, by_name = engine.describe_definition(first["jobDefinitionArn"]), engine.describe_definition("d")
    assert by_arn is not None
    assert by_name is not None
    assert (by_arn["revision"], by_name["revision"]) == (1, second["revision"])
    assert engine.describe_definition("none") is None


def test_jobs_are_described_a_hundred_at_once() -> None:
    client, stub = stubbed("batch")
    for size in (100, 1):
        stub.add_response("describe_jobs", {"jobs": []}, {"jobs": [f"job-{place}" for place in range(size)]})
    ids = [f"job-{place}" for place in range(100)] + ["job-0"]
    assert BatchService(client).describe_jobs(ids) == []
    stub.assert_no_pending_responses()
