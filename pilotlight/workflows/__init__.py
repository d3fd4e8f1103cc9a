"""Use cases, one file each. A workflow takes a request and a Context, and returns a value.

A workflow composes the rooms and reads from top to bottom as the list of its stages. It neither parses arguments nor
prints: `pilotlight.cli` and `pilotlight.api` do that.
"""
