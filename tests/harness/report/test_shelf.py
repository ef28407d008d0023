import os
from pathlib import Path

import pytest

from harness.errors import HarnessError, ScenarioError
from harness.report.shelf import INDEX_FILE, indexed, no_verdict, pruned, verdict_of
from tests.harness.report.shelves import kept


def test_index_finds_each_run_once_oldest_first(tmp_path: Path) -> None:
    kept(tmp_path, "24T030000", verdict="failed")
    kept(tmp_path, "23T030000", mttd_seconds=12.5)
    (tmp_path / "latest").symlink_to("20261124T030000-100-a")
    for _ in range(2):
        runs = indexed(tmp_path)
        assert [(run.night, run.verdict) for run in runs] == [
            ("20261123T030000", "passed"),
            ("20261124T030000", "failed"),
        ]
    assert runs[0].mttd_seconds == 12.5
    assert (tmp_path / INDEX_FILE).is_file()


def test_index_forgets_what_is_gone_and_waits_for_what_has_no_verdict(tmp_path: Path) -> None:
    gone, going = kept(tmp_path, "23T030000"), kept(tmp_path, "24T030000")
    (going / "verdict.json").unlink()
    assert len(indexed(tmp_path)) == 1
    for file in gone.iterdir():
        file.unlink()
    gone.rmdir()
    assert indexed(tmp_path) == ()


def test_runs_that_were_killed_are_named_where_no_run_has_a_verdict(tmp_path: Path) -> None:
    assert "Run a scenario first" in no_verdict(tmp_path)
    killed, going = kept(tmp_path, "23T030000"), kept(tmp_path, "24T030000")
    for run in (killed, going):
        (run / "verdict.json").unlink()
        (run / "history.jsonl").touch()
    (going / "harness.pid").write_text(str(os.getpid()))
    assert f"1 run was killed before. Judge it: pizza-chaos judge {killed}." in no_verdict(tmp_path)


def test_index_that_is_no_database_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / INDEX_FILE).write_text("no database, but long enough to be taken for a broken one" * 20)
    with pytest.raises(HarnessError, match="Delete it; it is made anew"):
        indexed(tmp_path)
    with pytest.raises(HarnessError, match="there are no runs"):
        indexed(tmp_path / "nowhere")


def test_prune_keeps_the_newest_of_each_scenario_and_what_is_not_a_run(tmp_path: Path) -> None:
    nights = [kept(tmp_path, f"2{number}T030000") for number in range(5)]
    other = kept(tmp_path, "19T030000", scenario="another")
    notes = tmp_path / "notes"
    notes.mkdir()
    assert list(pruned(tmp_path, keep=2)) == [nights[2], nights[1], nights[0]]
    assert all(path.is_dir() for path in (nights[3], nights[4], other, notes))
    assert len(indexed(tmp_path)) == 3


def test_prune_never_removes_a_run_that_lives(tmp_path: Path) -> None:
    old, _ = kept(tmp_path, "20T030000"), kept(tmp_path, "21T030000")
    indexed(tmp_path)
    (old / "verdict.json").unlink()
    (old / "harness.pid").write_text(str(os.getpid()))
    assert list(pruned(tmp_path, keep=1)) == []
    assert old.is_dir()


def test_prune_to_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="at least 1 run"):
        list(pruned(tmp_path, keep=0))


def test_verdict_that_cannot_be_read_says_how_to_make_one(tmp_path: Path) -> None:
    run = kept(tmp_path, "20T030000")
    whole = (run / "verdict.json").read_text()
    edited = (
        whole.replace('"passed"', "4"),
        whole.replace('"checks": []', '"checks": [6]'),
        whole.replace("60.0", "[]"),
    )
    assert whole not in edited
    for text in ("{", "[]", "{}", *edited):
        (run / "verdict.json").write_text(text)
        with pytest.raises(HarnessError, match="pizza-chaos judge"):
            verdict_of(run)


def test_runs_of_a_scenario_with_parameters_are_kept_and_pruned_as_others_are(tmp_path: Path) -> None:
    for night in ("20261120T030000", "20261121T030000"):
        for name in ("link-9s", "link[9s]"):  # the second as they were called once
            kept(tmp_path, "20T030000", scenario=name).rename(tmp_path / f"{night}-100-{name}")
    (tmp_path / "20261120T030000-100-link-9s").rename(tmp_path / "20261120T030000-100-link-9s.bak")
    assert len(indexed(tmp_path)) == 3
    assert [path.name for path in pruned(tmp_path, keep=1)] == ["20261120T030000-100-link[9s]"]
