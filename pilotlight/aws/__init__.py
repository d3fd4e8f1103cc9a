"""The only package that talks to AWS: a store in S3, objects downloaded from it, and training on AWS Batch.

s3.py                 S3Blobs: a prefix of a bucket as the place of a store
download.py           objects and prefixes of S3 as files
multipart.py          large objects, sent in parts
objects.py            ETags and sizes of objects, which tell whether data have changed
batch.py              queues, job definitions and jobs of AWS Batch
logs.py               the log of a job's container
log_lines.py          the lines of a log group that a pattern selects
dynamodb.py           the service's table
capture_objects.py    captured requests in a bucket
data_keys.py          data keys of KMS, one for each tenant
identity.py           who the credentials are
stacks.py             the outputs of a CloudFormation stack
images.py             images in Amazon ECR
instances.py          EC2 instances and instance types
prices.py             spot and on-demand prices
quotas.py             vCPU quotas of the account
client.py             boto3's clients and s3:// addresses
error_translation.py  botocore's exceptions as errors that a person can act on

Importing this package does not import boto3, which takes 300 ms and is an extra.
"""

from pilotlight.aws.batch import BatchService
from pilotlight.aws.capture_objects import BucketObjects
from pilotlight.aws.client import Clients, create_s3_client, parse_s3_url
from pilotlight.aws.data_keys import DataKeyService
from pilotlight.aws.download import download_object, download_prefix
from pilotlight.aws.dynamodb import DynamoTable
from pilotlight.aws.identity import read_identity
from pilotlight.aws.images import Images
from pilotlight.aws.instances import Instances
from pilotlight.aws.log_lines import LogLines
from pilotlight.aws.logs import LogStreams
from pilotlight.aws.objects import Objects
from pilotlight.aws.prices import Prices
from pilotlight.aws.quotas import Quotas
from pilotlight.aws.s3 import S3Blobs
from pilotlight.aws.stacks import Stacks

__all__ = [
    "BatchService",
    "BucketObjects",
    "Clients",
    "DataKeyService",
    "DynamoTable",
    "Images",
    "Instances",
    "LogLines",
    "LogStreams",
    "Objects",
    "Prices",
    "Quotas",
    "S3Blobs",
    "Stacks",
    "create_s3_client",
    "download_object",
    "download_prefix",
    "parse_s3_url",
    "read_identity",
]
