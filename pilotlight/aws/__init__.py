"""The only room that talks to AWS: a store in S3, objects fetched from it, the client for both.

s3.py       S3Blobs, fetch_object, fetch_prefix
multipart.py  large objects, in parts
client.py   the client and s3:// addresses
errors.py   what botocore raises, as errors that a person can act on

Importing this room does not import boto3, which costs 300 ms and is an extra.
"""

from pilotlight.aws.client import parse_s3_url, s3_client
from pilotlight.aws.s3 import S3Blobs, fetch_object, fetch_prefix

__all__ = ["S3Blobs", "fetch_object", "fetch_prefix", "parse_s3_url", "s3_client"]
