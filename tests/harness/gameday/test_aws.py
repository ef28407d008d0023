from __future__ import annotations

import re
import signal
import subprocess
from pathlib import Path

import boto3
import pytest

from harness.errors import ScenarioError
from harness.events import BalancerRemoved, RemedyPerformed
from harness.gameday import aws
from harness.gameday.aws import require_aws, settings_to_call
from harness.history import History
from harness.kept import HISTORY_FILE
from tests.end_to_end.runs import ROOT, command, environment, latest, left_alive


def test_settings_to_call_name_the_endpoint_and_nobodys_real_credentials() -> None:
    lines = settings_to_call("http://127.0.0.1:4566")
    assert lines[0] == "export AWS_ENDPOINT_URL=http://127.0.0.1:4566"
    assert [line.partition("=")[0] for line in lines[1:]] == [
        "export AWS_ACCESS_KEY_ID",
        "export AWS_SECRET_ACCESS_KEY",
        "export AWS_DEFAULT_REGION",
    ]


def test_aws_without_its_extra_is_refused_with_the_command_that_gets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    require_aws("processes")
    monkeypatch.setattr(aws, "find_spec", lambda _: None)
    with pytest.raises(ScenarioError, match=r"pip install 'pizza-chaos\[aws\]'"):
        require_aws("processes")


def test_aws_of_an_attached_system_is_refused() -> None:
    with pytest.raises(ScenarioError, match="deployed by others"):
        require_aws("attached")


@pytest.mark.slow
def test_call_to_a_game_day_really_does_what_it_says_and_stands_under_its_callers_name(tmp_path: Path) -> None:
    words = ("gameday", "free", "--aws", "--no-browser", "--port", "0", "--speed", "20", "--diners", "1")
    with subprocess.Popen(
        command(*words, "--runs", tmp_path / "runs"), cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True
    ) as game:
        assert game.stdout is not None
        url = next(found[1] for line in game.stdout if (found := re.search(r"AWS_ENDPOINT_URL=(\S+)", line)))
        keys = {"aws_access_key_id": "Ana", "aws_secret_access_key": "anything"}
        elb = boto3.client("elbv2", endpoint_url=url, region_name="eu-west-1", **keys)
        there = elb.describe_load_balancers()["LoadBalancers"][0]
        elb.delete_load_balancer(LoadBalancerArn=there["LoadBalancerArn"])
        assert elb.describe_load_balancers()["LoadBalancers"] == []
        game.send_signal(signal.SIGINT)
        game.stdout.read()
    history = History.read(latest(tmp_path) / HISTORY_FILE)
    assert [each.name for each in history.of(BalancerRemoved)] == [there["LoadBalancerName"]]
    assert [(each.by, each.remedy) for each in history.of(RemedyPerformed)] == [
        ("Ana", "aws elbv2 delete-load-balancer")
    ]
    assert left_alive(latest(tmp_path)) == []
