"""The handler of the endpoint's front page; it answers from catalog.json, which packaging writes beside it."""

from pilotlight_runtime.catalog import catalog_handler

handler = catalog_handler(__file__)
