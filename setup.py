"""Packaging that pyproject.toml cannot say: a Twisted plugin beside the package."""

from setuptools import find_packages, setup

setup(
    # "twisted.plugins" has no __init__.py on purpose: one would shadow Twisted's own.
    packages=[*find_packages(include=["simplechat*"]), "twisted.plugins"],
    # twisted.plugin looks for folders on sys.path, so an editable install needs a plain path entry.
    options={"editable_wheel": {"mode": "compat"}},
)
