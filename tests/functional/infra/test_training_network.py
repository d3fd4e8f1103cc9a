"""infra/training.yaml in a network that is there already. A file of its own, since moto holds one stack at a time."""

import pytest
from moto import mock_aws
from support.moto_infra import deployed
from support.pipeline_stack import BUCKET, client
from support.templates import read_template


def test_a_given_network_is_used_and_none_made(request: pytest.FixtureRequest) -> None:
    with mock_aws(config={"batch": {"use_docker": False}}):
        vpc = client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet = client("ec2").create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
        template = read_template(request.config.rootpath / "infra" / "training.yaml")
        given = {"StoreBucket": BUCKET, "VpcId": vpc, "SubnetIds": subnet}
        stack = deployed(client("cloudformation"), "training", template, **given)
        assert not {"Vpc", "FirstSubnet", "S3Endpoint"} & set(stack)
        found = client("batch").describe_compute_environments()["computeEnvironments"]
        assert [it["computeResources"]["subnets"] for it in found] == [[subnet], [subnet]]
