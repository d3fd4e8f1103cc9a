"""moto without what no test asks for, set before the first of its backends is made."""

import os

from support.aws import keep_descriptions

# A backend of EC2 begins with thousands of images otherwise, anew in each region that a test looks into.
os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
keep_descriptions()
