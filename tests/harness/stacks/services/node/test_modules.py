from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import HarnessError
from harness.stacks.services.node.checkout import Checkout
from harness.stacks.services.node.modules import Node, cache_directory, installed

NODE = Node("v20.1.0")
INSTALLS = 'mkdir node_modules; echo "$@" >> ../../calls; cp package.json ../..'
"""What npm does, and a note of it beside the cache's entries."""

FAILS = "echo first; echo 'npm error code E404'; echo 'npm error 404 no-such-pizza'; exit 1"


def program(directory: Path, name: str, script: str) -> None:
    directory.mkdir(exist_ok=True)
    (directory / name).write_text(f"#!/bin/sh\n{script}\n")
    (directory / name).chmod(0o755)


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Put an npm of our own on the path, and give a checkout."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def put(script: str) -> Path:
        program(tmp_path / "bin", "npm", script)
        monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
        checkout = tmp_path / "fork"
        checkout.mkdir()
        (checkout / "package.json").write_text(
            '{"name": "fork", "scripts": {"prepare": "husky", "start": "node x.js"}}'
        )
        (checkout / "package-lock.json").write_text("{}")
        return checkout

    return put


def calls() -> list[str]:
    return (cache_directory() / "calls").read_text().splitlines()


def test_modules_are_installed_once_for_a_lock_file(npm: Callable[[str], Path]) -> None:
    checkout, said = npm(INSTALLS), list[str]()
    first = installed(Checkout.at(checkout), node=NODE, say=said.append)
    again = installed(Checkout.at(checkout), node=NODE, say=said.append)
    assert first == again
    assert first.is_dir()
    assert [call.split()[0] for call in calls()] == ["ci"]
    assert said == ["npm ci: installing what fork needs (once for this package-lock.json)"]


def test_modules_are_installed_anew_for_another_lock_file_or_another_node(npm: Callable[[str], Path]) -> None:
    checkout = npm(INSTALLS)
    first = installed(Checkout.at(checkout), node=NODE, say=print)
    other_node = installed(Checkout.at(checkout), node=Node("v22.0.0"), say=print)
    (checkout / "package-lock.json").write_text('{"lockfileVersion": 3}')
    assert len({first, other_node, installed(Checkout.at(checkout), node=NODE, say=print)}) == 3


def test_modules_of_a_lock_file_that_lacks_something_are_installed_by_what_package_json_asks_for(
    npm: Callable[[str], Path],
) -> None:
    strict = "if [ $1 = ci ]; then echo 'your package.json and package-lock.json are in sync'; exit 1; fi; "
    said = list[str]()
    assert installed(Checkout.at(npm(strict + INSTALLS)), node=NODE, say=said.append).is_dir()
    assert [call.split()[0] for call in calls()] == ["install"]
    assert said[1] == "npm install: package-lock.json lacks something that package.json asks for"


def test_modules_without_a_lock_file_are_installed_by_what_package_json_asks_for(npm: Callable[[str], Path]) -> None:
    checkout = npm(INSTALLS)
    (checkout / "package-lock.json").unlink()
    installed(Checkout.at(checkout), node=NODE, say=print)
    assert [call.split()[0] for call in calls()] == ["install"]


@pytest.mark.parametrize(("start", "option"), [("node x.js", "--omit=dev"), ("tsx x.ts", "--include=dev")])
def test_tools_of_development_are_installed_only_where_the_service_runs_on_them(
    npm: Callable[[str], Path], start: str, option: str
) -> None:
    checkout = npm(INSTALLS)
    manifest = f'{{"scripts": {{"start": "{start}"}}, "devDependencies": {{"jest": "1", "tsx": "4"}}}}'
    (checkout / "package.json").write_text(manifest)
    installed(Checkout.at(checkout), node=NODE, say=print)
    assert [call.split()[1] for call in calls()] == [option]


def test_scripts_of_the_package_itself_are_not_run_by_an_installation(npm: Callable[[str], Path]) -> None:
    installed(Checkout.at(npm(INSTALLS)), node=NODE, say=print)
    assert "husky" not in (cache_directory() / "package.json").read_text()


def test_installation_that_fails_is_an_error_with_its_last_words_and_leaves_nothing(
    npm: Callable[[str], Path],
) -> None:
    checkout = npm(FAILS)
    with pytest.raises(HarnessError, match=r"npm ci failed with code 1.*E404 \| npm error 404 no-such-pizza"):
        installed(Checkout.at(checkout), node=NODE, say=print)
    assert list(cache_directory().iterdir()) == []


def test_installation_that_fails_is_told_by_what_npm_says_first_and_not_by_its_manual(
    npm: Callable[[str], Path],
) -> None:
    checkout = npm(
        "echo npm warn old; echo npm error code EUSAGE; echo npm error; echo npm error no lock file;"
        " for line in 1 2 3 4 5 6 7 8; do echo npm error option $line; done; exit 1"
    )
    with pytest.raises(HarnessError, match=r"words: npm error code EUSAGE \| npm error no lock file \| ") as refused:
        installed(Checkout.at(checkout), node=NODE, say=print)
    assert "option 8" not in str(refused.value)


def test_node_that_is_missing_is_named_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(HarnessError, match=r"there is no 'node' on this machine's PATH\. Install Node 18 or newer"):
        Node.found()


def test_npm_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "bin", "node", "echo v20.1.0")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(HarnessError, match="there is no 'npm'"):
        Node.found()


def test_node_that_is_too_old_is_named_with_its_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "bin", "node", "echo v16.20.0")
    program(tmp_path / "bin", "npm", "true")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(HarnessError, match=r"'v16\.20\.0'; the service needs 18 or newer"):
        Node.found()
