"""The tests; each module mirrors one of the project's."""

import os

from hypothesis import HealthCheck, settings

# The same examples in every run, however slow the machine is: a failure can be seen again.
settings.register_profile(
    "project",
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("project")

os.environ["LANGUAGE"] = "en"  # whatever language the machine speaks; what tests start inherits it
