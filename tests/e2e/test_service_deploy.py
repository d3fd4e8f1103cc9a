"""`sam deploy` of a service against moto's server: the table, what the roles may do, and what the functions get.

moto keeps nothing of an API's keys and throttling: tests/unit/template/test_service.py has these.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from support.local_service import ACCOUNT, Operator
from support.project import Desk
from support.sam import Sam, SamProject, resource_of
from support.sam_deploy import BUCKET, REGION, Clients, clients_of, deploy, list_resources, moto_for_sam

STACK = "serviced"
PARAMETERS = ("Service=on", "ChargeDirect=on", "ReservedConcurrency=5")


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
    return deploy(project, endpoint, STACK, *PARAMETERS)


@pytest.fixture(scope="module")
def service(deployed: dict[str, str], aws: Clients) -> dict[str, str]:
    """The same of the nested stack."""
    return list_resources(aws, deployed["ServiceStack"])


@pytest.fixture(scope="module")
def table(service: dict[str, str], aws: Clients) -> dict[str, Any]:
    """The table as DynamoDB describes it."""
    described: dict[str, Any] = aws("dynamodb").describe_table(TableName=service["Table"])["Table"]
    return described


def test_the_table_is_billed_by_the_request_and_protected(table: dict[str, Any]) -> None:
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert [(key["AttributeName"], key["KeyType"]) for key in table["KeySchema"]] == [("pk", "HASH"), ("sk", "RANGE")]
    assert table["DeletionProtectionEnabled"] is True


def test_every_function_gets_the_table_and_the_parameters(
    desk: Desk, deployed: dict[str, str], table: dict[str, Any], aws: Clients
) -> None:
    awslambda = aws("lambda")
    for name in (*map(resource_of, desk.list_models()), "CatalogFunction"):
        function = deployed[name]
        found = awslambda.get_function_configuration(FunctionName=function, Qualifier="live")
        variables = found["Environment"]["Variables"]
        assert variables["PILOTLIGHT_SERVICE_TABLE"] == table["TableName"]
        assert variables["PILOTLIGHT_CHARGE_DIRECT"] == "on"
        assert awslambda.get_function_concurrency(FunctionName=function)["ReservedConcurrentExecutions"] == 5


@pytest.mark.parametrize(
    ("role", "actions"),
    [("ModelsRole", ["dynamodb:GetItem", "dynamodb:UpdateItem"]), ("CatalogRole", ["dynamodb:GetItem"])],
)
def test_the_roles_may_do_to_the_table_what_metering_needs(
    deployed: dict[str, str], table: dict[str, Any], aws: Clients, role: str, actions: list[str]
) -> None:
    policy = aws("iam").get_role_policy(RoleName=deployed[role], PolicyName="metering")["PolicyDocument"]
    allowed = [statement for statement in policy["Statement"] if statement["Effect"] == "Allow"]
    assert [statement["Action"] for statement in allowed] == actions
    assert {statement["Resource"] for statement in policy["Statement"]} == {table["TableArn"]}
    for statement in allowed:
        assert statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"] == ["????????"]


def test_the_commands_administer_the_table_that_was_deployed(
    desk: Desk, endpoint: str, table: dict[str, Any], aws: Clients
) -> None:
    (desk.root / "plans.toml").write_text("[plans.free]\nmonth = 40\n")
    operator = Operator(desk.root, {**ACCOUNT, "AWS_ENDPOINT_URL": endpoint}, table["TableName"])
    assert operator.create_key("acme", "free").startswith("plk_live_")
    assert [each["tenant"] for each in operator("tenants", "list", "--json").json["tenants"]] == ["acme"]
    items = aws("dynamodb").scan(TableName=table["TableName"])["Items"]
    partitions = Counter(item["pk"]["S"].partition("#")[0] for item in items)
    tenant = next(item["pk"]["S"] for item in items if item["sk"]["S"] == "state")
    assert partitions == {"names": 1, "audit": 2, tenant: 1}
