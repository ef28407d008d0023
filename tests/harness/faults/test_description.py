import json
import re

import pytest
from typer.testing import CliRunner

from harness.cli import app
from harness.errors import ScenarioError
from harness.faults import CATALOGUE, FactoryMisbehaves, LinkDown, Noop, OnLink, toxics
from harness.faults.description import (
    Described,
    as_table,
    described,
    described_toxics,
    each_of,
    find,
    in_columns,
    in_detail,
    seen_by_choice,
    variants,
)
from harness.faults.toxics import TOXICS
from harness.faults.toxics.examples import EXAMPLES


def test_catalogue_is_described_once_for_each_name_that_its_faults_go_by() -> None:
    names = [one.name for one in described()]
    assert len(set(names)) == len(names)
    assert {kind().name for kind in CATALOGUE} <= set(names)
    assert {"factory_throttle", "factory_hang"} <= set(names)


@pytest.mark.parametrize("said", described(), ids=lambda said: said.name)
def test_fault_says_what_it_does_and_shows_and_what_proves_that_it_hit(said: Described) -> None:
    assert said.about[0]
    assert said.sees
    assert said.evidence or said.name == "noop"
    assert all(each.meaning and each.range for each in said.parameters)


def test_fault_with_several_names_is_written_as_a_scenario_does() -> None:
    first, *_ = variants(FactoryMisbehaves)
    assert (first.name, first.written) == ("factory_oven_full", 'FactoryMisbehaves("oven_full")')
    (only,) = variants(LinkDown)
    assert only.written == 'LinkDown(link="factory")'


def test_what_a_user_sees_is_given_by_choice_only_where_it_differs() -> None:
    assert seen_by_choice(LinkDown)["telemetry"].startswith("nothing")
    assert seen_by_choice(Noop) == {}


def test_docstring_is_taken_apart_into_paragraphs_and_what_stands_under_headings() -> None:
    missing = find("balancer_missing")
    assert missing.about[0] == "Remove the load balancer and leave the DNS record as it is."
    assert missing.cleanup == "creates a load balancer if there is none, and updates the record."
    assert find("factory_killed").evidence.endswith("who could not reach the factory to verify a pizza.")


def test_columns_are_as_wide_as_their_longest_word() -> None:
    assert in_columns([("a", "b"), ("longer", "c")]) == ["a       b", "longer  c"]


def test_table_names_each_fault_its_target_and_what_a_user_sees() -> None:
    head, *lines = as_table()
    assert head.split() == ["FAULT", "TARGET", "A", "USER", "SEES"]
    assert any(line.startswith("task_paused ") and "  service  " in line for line in lines)


def test_detail_names_each_parameter_with_its_range_and_default() -> None:
    lines = "\n".join(in_detail(find("slow_dns")))
    assert 'with scenario.fault(SlowDns(by="5s")):' in lines
    assert '    by  how late answers come  100 ms to 10 min  default "5s"' in lines


def test_every_toxic_is_described_once_with_settings_that_can_be_read_again() -> None:
    assert tuple(type(toxic) for toxic in EXAMPLES) == TOXICS
    for one in described_toxics():
        scenario = {**vars(toxics), "OnLink": OnLink}
        assert eval(one.written, scenario).toxic in EXAMPLES
        assert one.about[0]
        assert one.kind == "toxic"
        assert all(each.meaning and each.range and each.attribute for each in one.parameters)


def test_toxic_is_found_by_its_name_and_told_with_both_names_of_its_settings() -> None:
    lines = "\n".join(in_detail(find("http_delay")))
    assert 'with scenario.fault(OnLink(toxic=HttpDelay(path="/api/order", held="8s"))):' in lines
    words = r"held +how long a response is held back +0 ms or more +default \"0s\" +in the API delay, in ms"
    assert re.search(words, lines)
    assert find("noop").kind == "fault"


def test_fault_that_does_not_exist_is_refused_with_the_one_meant() -> None:
    with pytest.raises(ScenarioError, match=r"unknown fault 'task_pausd'\. Did you mean 'task_paused'\?"):
        find("task_pausd")


@pytest.mark.slow
def test_command_prints_the_catalogue_one_fault_and_either_as_json() -> None:
    runner = CliRunner()
    assert "balancer_missing" in runner.invoke(app, ["faults"]).stdout
    assert "1 to 16" in runner.invoke(app, ["faults", "cpu_burn"]).stdout
    assert json.loads(runner.invoke(app, ["faults", "cpu_burn", "--json"]).stdout)["target"] == "service"
    assert len(json.loads(runner.invoke(app, ["faults", "--json"]).stdout)) == len(described()) + len(
        described_toxics()
    )
    assert "\nTOXIC " in runner.invoke(app, ["faults"]).stdout
    assert "in the API jitter, in ms" in runner.invoke(app, ["faults", "latency"]).stdout
    assert json.loads(runner.invoke(app, ["faults", "latency", "--json"]).stdout)["parameters"][0]["unit"] == "ms"


def test_each_of_a_kind_makes_the_faults_that_are_described() -> None:
    for kind in CATALOGUE:
        assert [fault.name for fault in each_of(kind)] == [one.name for one in variants(kind)]
