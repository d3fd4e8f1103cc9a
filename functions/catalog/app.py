"""The endpoint's front page: the server's metadata, its health and the list of its models."""

from pilotlight_runtime import catalog_handler

handler = catalog_handler(__file__)
