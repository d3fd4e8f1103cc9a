"""infra/training.yaml in moto's CloudFormation: what is there then, and what its roles may do.

moto's CloudFormation knows neither job definitions of several nodes nor placement groups, so those are handed to moto's
AWS Batch itself, or read in the template.
"""

import ast
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core import set_initial_no_auth_action_count
from support.moto_infra import ACCOUNT, REGION, deployed
from support.pipeline_stack import BUCKET, client
from support.templates import read_template

DATA = "the-data"


@pytest.fixture(scope="module")
def stack(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """The ids and outputs of the deployed stack."""
    with mock_aws(config={"batch": {"use_docker": False}}):
        for bucket in (BUCKET, DATA):
            client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        template = read_template(request.config.rootpath / "infra" / "training.yaml")
        yield deployed(client("cloudformation"), "training", template, StoreBucket=BUCKET, DataBucket=DATA)


def test_its_outputs_are_what_the_command_line_reads(stack: dict[str, str]) -> None:
    assert stack["TrainingQueue"] == f"arn:aws:batch:{REGION}:{ACCOUNT}:job-queue/pilotlight-dev-training"
    assert stack["TrainingJobDefinition"] == "pilotlight-dev-training"
    assert stack["TrainingRepository"].endswith("/pilotlight-dev-training")
    assert stack["TrainingLogGroup"] == "/pilotlight/dev/training"


def test_the_queue_asks_for_spot_first_and_both_environments_go_down_to_nothing(stack: dict[str, str]) -> None:
    (queue,) = client("batch").describe_job_queues(jobQueues=[stack["TrainingQueue"]])["jobQueues"]
    order = [it["computeEnvironment"] for it in sorted(queue["computeEnvironmentOrder"], key=lambda it: it["order"])]
    assert order == [stack["TrainingSpotEnvironment"], stack["TrainingOnDemandEnvironment"]]
    found = client("batch").describe_compute_environments(computeEnvironments=order)["computeEnvironments"]
    spot, on_demand = (it["computeResources"] for arn in order for it in found if it["computeEnvironmentArn"] == arn)
    assert (spot["type"], spot["allocationStrategy"]) == ("SPOT", "SPOT_PRICE_CAPACITY_OPTIMIZED")
    assert (on_demand["type"], on_demand["allocationStrategy"]) == ("EC2", "BEST_FIT_PROGRESSIVE")
    for resources in (spot, on_demand):
        assert resources["minvCpus"] == 0
        assert len({name.split(".")[0] for name in resources["instanceTypes"]}) >= 3
        assert resources["ec2Configuration"] == [{"imageType": "ECS_AL2023_NVIDIA"}]
        assert len(resources["subnets"]) == 2


def test_the_job_definition_gives_a_gpu_shared_memory_and_no_root(stack: dict[str, str]) -> None:
    (definition,) = client("batch").describe_job_definitions(jobDefinitionName=stack["TrainingJobDefinition"])[
        "jobDefinitions"
    ]
    container = definition["containerProperties"]
    needs = {it["type"]: int(it["value"]) for it in container["resourceRequirements"]}
    assert needs == {"GPU": 1, "VCPU": 4, "MEMORY": 14336}
    assert container["linuxParameters"]["sharedMemorySize"] == 4096
    assert (container["user"], container["privileged"]) == ("1000:1000", False)
    assert {it["name"]: it["value"] for it in container["environment"]} == {
        "PILOTLIGHT_STORE": f"s3://{BUCKET}/models",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
    }
    assert container["logConfiguration"]["options"]["awslogs-group"] == stack["TrainingLogGroup"]
    assert container["image"].startswith(f"{stack['TrainingRepository']}:")
    attempts = definition["retryStrategy"]
    assert attempts["attempts"] == 5
    assert [{name: value.upper() for name, value in it.items()} for it in attempts["evaluateOnExit"]] == [
        {"action": "RETRY", "onStatusReason": "HOST EC2*"},
        {"action": "RETRY", "onExitCode": "75"},
        {"action": "EXIT", "onReason": "*"},
    ]


def test_the_disk_is_encrypted_and_the_instance_asks_for_tokens(stack: dict[str, str]) -> None:
    (version,) = client("ec2").describe_launch_template_versions(LaunchTemplateId=stack["LaunchTemplate"])[
        "LaunchTemplateVersions"
    ]
    data = version["LaunchTemplateData"]
    (disk,) = data["BlockDeviceMappings"]
    assert (disk["Ebs"]["Encrypted"], disk["Ebs"]["VolumeType"], int(disk["Ebs"]["VolumeSize"])) == (True, "gp3", 100)
    assert data["MetadataOptions"]["HttpTokens"] == "required"
    assert int(data["MetadataOptions"]["HttpPutResponseHopLimit"]) == 1


def test_nothing_is_let_in_and_s3_is_reached_without_a_gateway_that_costs(stack: dict[str, str]) -> None:
    (group,) = client("ec2").describe_security_groups(GroupIds=[stack["SecurityGroup"]])["SecurityGroups"]
    assert group["IpPermissions"] == []
    assert client("ec2").describe_nat_gateways()["NatGateways"] == []
    (endpoint,) = client("ec2").describe_vpc_endpoints()["VpcEndpoints"]
    assert (endpoint["VpcEndpointType"], endpoint["ServiceName"]) == ("Gateway", f"com.amazonaws.{REGION}.s3")


def test_images_never_change_are_scanned_and_end_and_so_do_logs(
    stack: dict[str, str], request: pytest.FixtureRequest
) -> None:
    (repository,) = client("ecr").describe_repositories(repositoryNames=[stack["Repository"]])["repositories"]
    assert repository["imageTagMutability"] == "IMMUTABLE"
    # moto's CloudFormation leaves these two out.
    template = read_template(request.config.rootpath / "infra" / "training.yaml")
    properties = template["Resources"]["Repository"]["Properties"]
    assert properties["ImageScanningConfiguration"] == {"ScanOnPush": True}
    (rule,) = json.loads(
        properties["LifecyclePolicy"]["LifecyclePolicyText"]["Fn::Sub"].replace("${ImagesKept}", "100")
    )["rules"]
    assert (rule["selection"]["countType"], rule["selection"]["countNumber"]) == ("imageCountMoreThan", 100)
    (group,) = client("logs").describe_log_groups(logGroupNamePrefix=stack["LogGroup"])["logGroups"]
    assert group["retentionInDays"] == 30


@pytest.fixture(scope="module")
def as_job(stack: dict[str, str]) -> Any:
    """S3 for a job, which has assumed its role.

    moto holds a role to its policies only where they came as JSON, as through the API; those of CloudFormation it
    keeps, and gives back, as Python writes them. So each is put once more as it is.
    """
    iam = client("iam")
    for policy in iam.list_role_policies(RoleName=stack["JobRole"])["PolicyNames"]:
        document = iam.get_role_policy(RoleName=stack["JobRole"], PolicyName=policy)["PolicyDocument"]
        iam.put_role_policy(
            RoleName=stack["JobRole"], PolicyName=policy, PolicyDocument=json.dumps(ast.literal_eval(document))
        )
    given = client("sts").assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/{stack['JobRole']}", RoleSessionName="run")
    keys = given["Credentials"]
    return boto3.client(
        "s3",
        region_name=REGION,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


@pytest.mark.parametrize(
    ("call", "bucket", "key", "answer"),
    [
        ("get_object", DATA, "data/train.npz", "allowed"),
        ("get_object", DATA, "payroll/2026.csv", "AccessDenied"),
        ("put_object", DATA, "data/train.npz", "AccessDenied"),
        ("delete_object", DATA, "data/train.npz", "AccessDenied"),
        ("get_object", BUCKET, "models/digits/5be1f0c2a7d4/model.onnx", "allowed"),
        ("put_object", BUCKET, "models/digits/5be1f0c2a7d4/model.onnx", "allowed"),
        ("delete_object", BUCKET, "models/digits/5be1f0c2a7d4/model.onnx", "AccessDenied"),
        ("put_object", BUCKET, "models/.runs/0a1b2c3d4e5f/checkpoints/3", "allowed"),
        ("delete_object", BUCKET, "models/.runs/0a1b2c3d4e5f/checkpoints/3", "allowed"),
        ("get_object", BUCKET, "another/model.onnx", "AccessDenied"),
        ("put_object", BUCKET, "another/model.onnx", "AccessDenied"),
        ("put_object", BUCKET, "models/.live/digits.json", "AccessDenied"),
        ("get_object", "a-third-bucket", "data/train.npz", "AccessDenied"),
    ],
)
def test_a_run_reads_its_data_and_writes_its_store_and_nothing_else(
    as_job: Any, call: str, bucket: str, key: str, answer: str
) -> None:
    if bucket not in {BUCKET, DATA}:
        client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    client("s3").put_object(Bucket=bucket, Key=key, Body=b"")

    @set_initial_no_auth_action_count(0)
    def asked() -> str:
        try:
            getattr(as_job, call)(Bucket=bucket, Key=key)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "allowed"

    assert asked() == answer


def test_a_run_may_replace_nothing_but_what_is_of_runs(request: pytest.FixtureRequest) -> None:
    """Read in the template, since moto knows neither condition. S3 documents both with its conditional writes."""
    resources = read_template(request.config.rootpath / "infra" / "training.yaml")["Resources"]
    (store,) = [it for it in resources["JobRole"]["Properties"]["Policies"] if it["PolicyName"] == "store"]
    may_put: dict[tuple[str, str], list[Any]] = {}
    for statement in store["PolicyDocument"]["Statement"]:
        if "s3:PutObject" in statement["Action"]:
            where = statement["Resource"]["Fn::Sub"].split("/", 1)[1]
            may_put.setdefault((statement["Effect"], where), []).append(statement.get("Condition"))
    assert may_put == {
        ("Allow", "${StorePrefix}/.runs/*"): [None],
        ("Allow", "${StorePrefix}/*"): [
            {"Null": {"s3:if-none-match": "false"}},
            {"Bool": {"s3:ObjectCreationOperation": "false"}},
        ],
        ("Deny", "${StorePrefix}/.live/*"): [None],
    }


def test_several_nodes_share_one_definition_that_aws_batch_takes(request: pytest.FixtureRequest) -> None:
    resources = read_template(request.config.rootpath / "infra" / "training.yaml")["Resources"]
    alone = resources["JobDefinition"]["Properties"]
    several = resources["NodeJobDefinition"]["Properties"]
    (group,) = several["NodeProperties"]["NodeRangeProperties"]
    assert group["Container"] == alone["ContainerProperties"]
    assert several["RetryStrategy"] == alone["RetryStrategy"]
    assert several["Timeout"] == alone["Timeout"]
    (queued,) = resources["NodeQueue"]["Properties"]["ComputeEnvironmentOrder"]
    environment = resources[queued["ComputeEnvironment"]["Ref"]]["Properties"]["ComputeResources"]
    assert environment["Type"] == "EC2"  # AWS Batch takes no spot instances for them
    assert len(environment["Subnets"]) == 1
    conditional = {name for name, it in resources.items() if it.get("Condition") == "SeveralNodes"}
    assert conditional == {
        "NodesIn", "NodesOut", "PlacementGroup", "NodeEnvironment", "NodeQueue", "NodeJobDefinition",
    }  # fmt: skip
