"""infra/*.yaml in moto's CloudFormation, and what moto leaves to the caller.

moto's AWS Batch without Docker calls every job a success, with Docker it runs the container but keeps the exit code to
itself: `describe_jobs` of AWS gives it as container.exitCode and in each attempt, moto's `Job.describe` overwrites it.
Here a function plays the container, and the job says what AWS's says. Likewise moto's CodeBuild finishes every build
at the first look; here the test says which statuses a build goes through.

moto's interpreter of the Amazon States Language comes from LocalStack. Both names of a service's fields, Step
Functions' own ("JobName") and the API's ("jobName"), are known to it and so are the ways from one to the other, but the
two methods that go them are empty in moto: they are filled in here. Everything else is moto's own.
"""

import datetime as dt
import json
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from botocore import xform_name
from botocore.model import OperationModel
from botocore.session import get_session
from moto.batch.exceptions import AWSError, ClientException
from moto.batch.models import Job
from moto.batch_simple.models import BatchSimpleBackend
from moto.codebuild.models import CodeBuildBackend, codebuild_backends
from moto.core.common_models import CloudFormationModel
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import StateTaskService

from support.templates import Template

ACCOUNT, REGION = "123456789012", "eu-central-1"


class Ended(NamedTuple):
    """How the container of a job ended. code: None where its instance went away. reason: None where AWS gives none."""

    code: int | None
    reason: str | None = "Essential container in task exited"


UNKNOWN = ("EC2::SecurityGroupEgress", "EC2::PlacementGroup", "SNS::Subscription")
"""Types of resources that moto's CloudFormation leaves out."""

Container = Callable[[Sequence[str]], Ended]
"""Plays a container: takes its command, does what it would do, says how it ended."""


class _Job(Job):  # type: ignore[misc]
    __module__ = "moto.batch.models"  # moto files a model under the service that its module names

    ended = Ended(None)

    def describe(self) -> dict[str, Any]:
        """As AWS describes a job that has ended (Batch API Reference, JobDetail, ContainerDetail, AttemptDetail)."""
        job = super().describe()
        code = {} if self.ended.code is None else {"exitCode": self.ended.code}
        job["statusReason"] = self.ended.reason
        if self.ended.reason is None:
            del job["statusReason"]
        job["container"] |= code
        for attempt in job["attempts"]:
            attempt["container"] |= code
            attempt["statusReason"] = self.ended.reason
        return job


class PlayedBatch(BatchSimpleBackend):  # type: ignore[misc]
    """moto's AWS Batch whose containers are played by a function."""

    container: Container
    busy = 0
    """How many submissions are turned away from now on, as AWS does with too many at once."""

    def submit_job(
        self, job_name: str, job_def_id: str, job_queue: str, array_properties: dict[str, Any], **given: Any
    ) -> tuple[str, str, str]:
        busy = object.__getattribute__(self, "busy")
        if busy:
            self.busy = busy - 1
            raise AWSError("Too Many Requests", exception_type="TooManyRequestsException", status=429)
        definition = self.get_job_definition(job_def_id)
        if definition is None:
            raise ClientException(f"Job definition {job_def_id} does not exist")
        job = _Job(
            job_name,
            definition,
            self.get_job_queue(job_queue),
            self,
            log_backend=self.logs_backend,
            all_jobs=self._jobs,
            array_properties=array_properties,
            **given,
        )
        self._jobs[job.job_id] = job
        job.job_started_at = dt.datetime.now()  # noqa: DTZ005  (as moto's)
        job._start_attempt()
        container = object.__getattribute__(self, "container")
        job.ended = container(job.describe()["container"]["command"])
        job._mark_stopped(success=job.ended.code == 0)
        return job_name, job.job_id, job.arn


class PlayedBuilds(CodeBuildBackend):  # type: ignore[misc]
    """moto's CodeBuild whose builds go through given statuses, one at each look."""

    statuses: Iterator[str]

    def batch_get_builds(self, ids: list[str]) -> list[dict[str, Any]]:
        builds: list[dict[str, Any]] = super().batch_get_builds(ids)
        return [build | {"buildStatus": next(self.statuses)} for build in builds]


class BuildProject(CloudFormationModel):  # type: ignore[misc]
    """AWS::CodeBuild::Project, which moto has, but not in its CloudFormation. Ref gives its name, as in AWS."""

    __module__ = "moto.codebuild.models"

    def __init__(self, name: str, arn: str) -> None:
        self._name = name
        self._arn = arn

    @property
    def physical_resource_id(self) -> str:
        return self._name

    def get_cfn_attribute(self, name: str) -> str:
        return {"Arn": self._arn}[name]

    @classmethod
    def has_cfn_attr(cls, name: str) -> bool:
        return name == "Arn"

    @staticmethod
    def cloudformation_name_type() -> str:
        return "Name"

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::CodeBuild::Project"

    @classmethod
    def create_from_cloudformation_json(
        cls, _resource_name: str, cloudformation_json: dict[str, Any], account_id: str, region_name: str, **_: Any
    ) -> "BuildProject":
        given = cloudformation_json["Properties"]
        source = given["Source"]
        environment = given["Environment"]
        variables = [{"name": it["Name"], "value": it["Value"]} for it in environment["EnvironmentVariables"]]
        project = codebuild_backends[account_id][region_name].create_project(
            project_name=given["Name"],
            description=given["Description"],
            project_source={
                "type": source["Type"],
                "location": source["Location"],
                "buildspec": source["BuildSpec"],
            },
            artifacts={"type": given["Artifacts"]["Type"]},
            environment={
                "type": environment["Type"],
                "image": environment["Image"],
                "computeType": environment["ComputeType"],
                "environmentVariables": variables,
            },
            service_role=given["ServiceRole"],
            tags=None,
            cache=None,
            timeout=given["TimeoutInMinutes"],
            queued_timeout=None,
            source_version=given.get("SourceVersion"),
            logs_config=None,
            vpc_config=None,
        )
        return cls(given["Name"], project["arn"])


def _shapes(service: str, action: str) -> OperationModel:
    model = get_session().get_service_model(service)
    (name,) = [name for name in model.operation_names if xform_name(name) == action]
    return model.operation_model(name)


def _to_api(
    task: StateTaskService,
    parameters: dict[str, Any],
    boto_service_name: str | None = None,
    service_action_name: str | None = None,
) -> None:
    """Renames the parameters of a task to what the API calls them, in place."""
    service = task._get_boto_service_name(boto_service_name)
    given = _shapes(service, task._get_boto_service_action(service_action_name)).input_shape
    if given is not None:
        task._to_boto_request(parameters, given)


def _from_api(
    task: StateTaskService,
    response: Any,
    boto_service_name: str | None = None,
    service_action_name: str | None = None,
) -> None:
    """Renames what the API answered to what Step Functions calls it, in place."""
    service = task._get_boto_service_name(boto_service_name)
    answered = _shapes(service, task._get_boto_service_action(service_action_name)).output_shape
    if answered is not None:
        task._from_boto_response(response, answered)


StateTaskService._normalise_parameters = _to_api
StateTaskService._normalise_response = _from_api


def deployed(cloudformation: Any, name: str, template: Template, **parameters: str) -> dict[str, str]:
    """Deploys `template` as the stack `name`; gives the physical ids of its resources and its outputs, by name.

    moto insists on a service role for a compute environment, where AWS takes its service-linked one, gives a launch
    template no LatestVersionNumber, and doesn't split the default of a list: these are filled in.
    """
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Batch::ComputeEnvironment":
            resource["Properties"]["ServiceRole"] = {"Fn::GetAtt": ["InstanceRole", "Arn"]}
            resource["Properties"]["ComputeResources"]["LaunchTemplate"]["Version"] = "1"
    lists = {key: it["Default"] for key, it in template["Parameters"].items() if it["Type"] == "CommaDelimitedList"}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", f"Tried to parse AWS::({'|'.join(UNKNOWN)}) but it's not supported")
        cloudformation.create_stack(
            StackName=name,
            TemplateBody=json.dumps(template),
            Parameters=[{"ParameterKey": key, "ParameterValue": it} for key, it in (lists | parameters).items()],
            Capabilities=["CAPABILITY_IAM"],
        )
    found = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
    (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    ids = {it["LogicalResourceId"]: it.get("PhysicalResourceId", "") for it in found if "LogicalResourceId" in it}
    return ids | {it["OutputKey"]: it["OutputValue"] for it in stack.get("Outputs", [])}
