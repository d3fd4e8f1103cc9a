"""What starts the pipeline where its parameters ask for it: a file of its own, since moto holds one pipeline."""

import json

import pytest
from support.moto_infra import ACCOUNT, REGION
from support.pipeline_stack import BUCKET, client, deploy_stacks

MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:pilotlight-dev-train-digits"


@pytest.mark.usefixtures("played_aws")
def test_the_clock_and_new_data_start_it_where_asked_to(request: pytest.FixtureRequest) -> None:
    asked = {"Schedule": "cron(0 3 ? * MON *)", "Data": "s3://the-store/data/week.npz", "TriggerPrefix": "data/digits/"}
    stacks = deploy_stacks(request.config.rootpath, **asked)
    clock = client("events").describe_rule(Name=stacks.ids["Clock"])
    assert clock["ScheduleExpression"] == asked["Schedule"]
    (by_clock,) = client("events").list_targets_by_rule(Rule=stacks.ids["Clock"])["Targets"]
    assert json.loads(by_clock["Input"]) == {"data": asked["Data"]}
    new = json.loads(client("events").describe_rule(Name=stacks.ids["NewData"])["EventPattern"])
    assert new["detail-type"] == ["Object Created"]
    assert new["detail"] == {"bucket": {"name": [BUCKET]}, "object": {"key": [{"prefix": "data/digits/"}]}}
    (by_data,) = client("events").list_targets_by_rule(Rule=stacks.ids["NewData"])["Targets"]
    given = by_data["InputTransformer"]
    assert given["InputPathsMap"] == {"bucket": "$.detail.bucket.name", "key": "$.detail.object.key"}
    filled = given["InputTemplate"].replace("<bucket>", BUCKET).replace("<key>", "data/digits/new.npz")
    assert json.loads(filled) == {"data": "s3://the-store/data/digits/new.npz"}
    assert by_clock["Arn"] == by_data["Arn"] == MACHINE
