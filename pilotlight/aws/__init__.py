"""The only room that talks to AWS: a store in S3, objects fetched from it, training on AWS Batch.

s3.py         S3Blobs, fetch_object, fetch_prefix
multipart.py  large objects, in parts
objects.py    what says whether an object has changed
batch.py      queues, job definitions and jobs
logs.py       what a job's container writes
stacks.py     the outputs of a CloudFormation stack
images.py     whether an image is in ECR
machines.py   instance types, and the instance that a container ran on
prices.py     spot and on-demand prices
quotas.py     how many vCPUs an account may run
client.py     the clients and s3:// addresses
errors.py     what botocore raises, as errors that a person can act on

Importing this room does not import boto3, which costs 300 ms and is an extra.
"""

from pilotlight.aws.batch import BatchEngine
from pilotlight.aws.client import Clients, parse_s3_url, s3_client
from pilotlight.aws.images import Images
from pilotlight.aws.logs import LogStreams
from pilotlight.aws.machines import Machines
from pilotlight.aws.objects import Objects
from pilotlight.aws.prices import Prices
from pilotlight.aws.quotas import Quotas
from pilotlight.aws.s3 import S3Blobs, fetch_object, fetch_prefix
from pilotlight.aws.stacks import Stacks

__all__ = [
    "BatchEngine",
    "Clients",
    "Images",
    "LogStreams",
    "Machines",
    "Objects",
    "Prices",
    "Quotas",
    "S3Blobs",
    "Stacks",
    "fetch_object",
    "fetch_prefix",
    "parse_s3_url",
    "s3_client",
]
