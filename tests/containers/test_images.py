"""What the images of the twins install: nothing that the twins import may be missing, and nothing fails before CI."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions

import pytest

from tests.house import ROOT

INSTALLED = re.compile(r"--constraint /wheels/constraints\.txt \\\n(?P<names>[^\\]+)\\")


def imported(package: str) -> Iterator[str]:
    """Give the first name of each module that a package imports."""
    for file in (ROOT / package).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                yield from (name.name.split(".")[0] for name in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module.split(".")[0]


def installed(package: str) -> set[str]:
    """Give what the Dockerfile of a package installs, and what comes along with `pyjwt[crypto]`."""
    found = INSTALLED.search((ROOT / package / "Dockerfile").read_text())
    assert found is not None
    names = found["names"].replace('"', "").split()
    return {name.split("[")[0] for name in names} | ({"cryptography"} if "pyjwt[crypto]" in names else set())


@pytest.mark.parametrize(("package", "brought"), [("fake_factory", set()), ("pizza_service", {"pymysql"})])
def test_image_of_a_twin_installs_whatever_it_imports(package: str, brought: set[str]) -> None:
    foreign = set(imported(package)) - set(sys.stdlib_module_names) - {package}
    distributions = {names[0].lower() for module, names in packages_distributions().items() if module in foreign}
    assert distributions
    assert distributions - installed(package) - brought == set()
