"""What converts: models of every framework through the stages of `pilotlight train`, for docs/what-converts.md."""
