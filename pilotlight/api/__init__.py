"""The Python API of the use cases: what the command line does, as functions. `pilotlight` exports them.

Each function builds the context of a workflow, and calls the workflow. Relative paths count from the current folder.

    training.py   train, convert, import_model
    batch.py      training on AWS Batch: runs, and the training image
    projects.py   projects, models, versions and pins
    functions.py  packaging, serving, requests and measurements
    service.py    tenants, keys, plans, usage and invoices
    arrays.py     the types of arrays, for annotations
"""
