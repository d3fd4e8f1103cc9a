"""`sam deploy` against a moto server that expands templates of AWS SAM."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import requests

from support.emulated import free_port, wait
from support.sam import Sam, SamProject

BUCKET, REGION = "uploads", "eu-central-1"
Clients = Callable[[str], Any]
"""boto3's client of a service, by its name."""
_SERVER = Path(__file__).parents[1] / "e2e" / "moto_with_sam.py"


@contextmanager
def moto_for_sam(sam: Sam, log: Path) -> Iterator[str]:
    """Where moto's server answers. It takes the path of a template's URL for the bucket's only at `localhost`."""
    port = free_port()
    environ = sam.environ({"S3_IGNORE_SUBDOMAIN_BUCKETNAME": "true"})
    with log.open("w") as said:
        process = subprocess.Popen([sys.executable, _SERVER, str(port)], env=environ, stdout=said, stderr=said)
        try:
            wait(lambda: requests.get(f"http://127.0.0.1:{port}/moto-api/", timeout=10).ok, 60, log.read_text)
            yield f"http://localhost:{port}"
        finally:
            process.terminate()
            process.wait(30)


def clients_of(endpoint: str) -> Clients:
    """boto3's clients of the server."""

    def client(service: str) -> Any:
        session = boto3.Session("invented", "invented", region_name=REGION)
        return session.client(service, endpoint_url=endpoint)

    return client


def deploy(project: SamProject, endpoint: str, stack: str, *parameters: str) -> dict[str, str]:
    """Deploys a project; the stack's physical ids by logical id. The bucket must exist.

    moto takes no --resolve-s3, which is what samconfig.toml says. parameters: of the template, as NAME=VALUE.
    """
    options = ["--stack-name", stack, "--s3-bucket", BUCKET, "--config-env", "none", "--no-confirm-changeset"]
    options += ["--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
    if parameters:
        options += ["--parameter-overrides", *parameters]
    said = project.sam.run(project.root, "deploy", *options, AWS_ENDPOINT_URL=endpoint)
    assert "Successfully created/updated stack" in said
    return list_resources(clients_of(endpoint), stack)


def list_resources(aws: Clients, stack: str) -> dict[str, str]:
    """The physical ids of a stack's resources by logical id."""
    found = aws("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
    # Resources that moto's CloudFormation does not know stand there without a name.
    named = [resource for resource in found if "LogicalResourceId" in resource]
    return {resource["LogicalResourceId"]: resource.get("PhysicalResourceId", "") for resource in named}
