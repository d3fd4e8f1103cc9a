"""New projects, new models and their block in template.yaml: plain files that belong to the person from then on.

files/ is what a new project holds. Most of them are links to this repository's own files, so that the two cannot
differ; a wheel has copies. kinds/ holds what a new model begins with. blocks/ is what a model adds to template.yaml:
resources.yaml and paths.yaml, or complete.yaml and complete_outputs.yaml where the template is of an earlier `init`;
zip.yaml or image.yaml is a part of either.
"""

from pilotlight.scaffold.addition import Addition
from pilotlight.scaffold.create import KINDS, init_project, new_model, plan_import, plan_model, plan_project
from pilotlight.scaffold.function_needs import NO_NEEDS, FunctionNeeds
from pilotlight.scaffold.template import add_function
from pilotlight.scaffold.template_parts import (
    IMAGES,
    PACKAGE_TYPE,
    TEMPLATE_NAME,
    FunctionText,
    describe_image,
    describe_zip,
    read_function,
)

__all__ = [
    "IMAGES",
    "KINDS",
    "NO_NEEDS",
    "PACKAGE_TYPE",
    "TEMPLATE_NAME",
    "Addition",
    "FunctionNeeds",
    "FunctionText",
    "add_function",
    "describe_image",
    "describe_zip",
    "init_project",
    "new_model",
    "plan_import",
    "plan_model",
    "plan_project",
    "read_function",
]
