from pathlib import Path

import pytest

from harness.alerting.conformance import run_conformance
from harness.alerting.promql import Semantics
from harness.alerting.promql.testfile import Outcome
from harness.errors import ScenarioError

EDGE = """\
load 10s
  m 1 1 1

eval instant at 20s count_over_time(m[20s])
  {} %s
"""


def directory_of(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.test").write_text(text, encoding="utf-8")
    return folder


def test_directory_is_counted_file_by_file_and_in_all(tmp_path: Path) -> None:
    found = run_conformance(directory_of(tmp_path, b=EDGE % 2, a="eval instant at 0 1\n  1\n"))
    assert list(found.lines()) == ["a.test  1/1", "b.test  1/1", "in all  2/2, as Prometheus 3.x"]
    assert found.exit_code == 0


def test_directory_that_does_not_say_its_release_is_held_against_the_one_that_passes_more(tmp_path: Path) -> None:
    assert run_conformance(directory_of(tmp_path, a=EDGE % 2)).semantics is Semantics.V3
    assert run_conformance(directory_of(tmp_path, a=EDGE % 3)).semantics is Semantics.V2
    held = run_conformance(tmp_path, semantics=Semantics.V3)
    assert (held.semantics, held.count(Outcome.FAILED)) == (Semantics.V3, 1)


def test_case_that_failed_is_told_below_its_file_with_line_and_difference(tmp_path: Path) -> None:
    found = run_conformance(directory_of(tmp_path, a=EDGE % 9, b="eval instant at 0 2\n  2\n"))
    assert list(found.lines()) == [
        "a.test  0/1",
        "  line 4: count_over_time(m[20s]): {} is [(0.0, 2.0)], not [(0.0, 9.0)]",
        "b.test  1/1",
        "in all  1/2, as Prometheus 3.x",
    ]
    assert found.exit_code == 1


def test_command_that_cannot_be_read_fails_alone(tmp_path: Path) -> None:
    found = run_conformance(directory_of(tmp_path, a="lod 5m\n  m 1\n\neval instant at 0 1\n  1\n"))
    first, *_, last = found.lines()
    assert (first, last) == ("a.test  1/2", "in all  1/2, as Prometheus 3.x")


def test_case_that_needs_native_histograms_is_counted_apart(tmp_path: Path) -> None:
    found = run_conformance(directory_of(tmp_path, a="load 5m\n  m {{sum:1}}\n\neval instant at 0 m\n  m {{sum:1}}\n"))
    assert next(found.lines()) == "a.test  0/1 (1 left out, for want of native histograms)"
    assert found.exit_code == 2  # nothing was judged, so nothing may be concluded


def test_directory_without_test_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"there are no \.test files in .*/nowhere"):
        run_conformance(tmp_path / "nowhere")


def test_file_that_is_no_text_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.test").write_bytes(b"\xff\xfe")
    with pytest.raises(ScenarioError, match=r"a\.test cannot be read: it is not UTF-8 text"):
        run_conformance(tmp_path)
