"""The Python API of the use cases: what the command line does, as functions. `pilotlight` exports them.

Each function builds the context of a workflow, and calls the workflow. Relative paths count from the current folder.

    training.py   train, convert, import_model
    batch.py      training on AWS Batch: runs, and the training image
    projects.py   projects, models, versions and pins
    functions.py  packaging, serving, requests and measurements
    tenants.py    tenants of the service
    keys.py       their keys
    billing.py    their plans, usage and invoices, and what the service costs
    arrays.py     the types of arrays, for annotations
"""
