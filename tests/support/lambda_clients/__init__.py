"""Pilotlight's client of the Runtime API beside AWS's: both run the same handlers, and what an app sees is compared."""
