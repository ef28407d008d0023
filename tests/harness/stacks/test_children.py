import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event as Flag

import psutil
import pytest

from harness.errors import HarnessError
from harness.events import Event, ProcessExited, ProcessStarted
from harness.stacks.children import Children, Ears, Launch

pytestmark = pytest.mark.slow

LISTENS = "import json,sys,time; print(json.dumps({'event':'listening','host':'127.0.0.1','port':7}), flush=True); "
UNTIL_TOLD = "[print(line.strip(), flush=True) for line in sys.stdin]; time.sleep(60)"


def soon(true: Callable[[], bool], within: float = 10.0) -> bool:
    deadline = time.monotonic() + within
    while not true():
        if time.monotonic() > deadline:
            return False
        Flag().wait(0.01)
    return True


@pytest.fixture
def recorded() -> list[Event]:
    return []


@pytest.fixture
def children(tmp_path: Path, recorded: list[Event]) -> Iterator[Children]:
    family = Children(logs=tmp_path, environment={"FAMILY": "pizza"}, record=recorded.append)
    yield family
    family.end()


def program(code: str) -> Launch:
    return Launch("oven", [sys.executable, "-c", code])


def test_child_that_listens_is_ready_and_recorded_with_its_address(children: Children, recorded: list[Event]) -> None:
    child = children.start(program(LISTENS + UNTIL_TOLD))
    assert child.wait_until_ready() == "127.0.0.1:7"
    started = recorded[0]
    assert isinstance(started, ProcessStarted)
    assert (started.component, started.pid, started.address) == ("oven", child.pid, "127.0.0.1:7")


def test_child_that_is_told_something_hears_it_and_answers(children: Children) -> None:
    said: list[dict[str, object]] = []
    child = children.start(program(LISTENS + UNTIL_TOLD), ears=Ears(line=said.append))
    child.wait_until_ready()
    child.tell({"pizza": 1})
    assert soon(lambda: said == [{"pizza": 1}])


def test_child_that_ends_before_it_listens_is_an_error_with_its_last_words(children: Children) -> None:
    child = children.start(program("import sys; sys.exit('port 4000 is taken')"))
    with pytest.raises(HarnessError, match=r"oven ended with code 1 before it listened.*port 4000 is taken"):
        child.wait_until_ready()


def test_child_that_says_nothing_is_ready_once_it_answers(children: Children) -> None:
    asked: list[int] = []

    def answers() -> str:
        asked.append(1)
        return "127.0.0.1:7" if len(asked) == 3 else ""

    child = children.start(
        Launch("oven", [sys.executable, "-c", f"import sys, time; print(5); {UNTIL_TOLD}"], answers=answers)
    )
    assert child.wait_until_ready() == "127.0.0.1:7"
    assert len(asked) == 3


def test_child_that_is_asked_has_all_it_writes_kept(children: Children) -> None:
    code = "import sys; print('spoken'); sys.exit('and shouted')"
    child = children.start(Launch("oven", [sys.executable, "-c", code], answers=lambda: ""))
    with pytest.raises(HarnessError, match="oven ended with code 1 before it listened"):
        child.wait_until_ready()
    assert set(children.log("oven").read_text().split("\n")) == {"spoken", "and shouted", ""}


def test_child_runs_where_it_is_told(children: Children, tmp_path: Path) -> None:
    code = "import os, sys; sys.exit(os.getcwd())"
    launch = Launch("oven", [sys.executable, "-c", code], directory=tmp_path)
    with pytest.raises(HarnessError, match=str(tmp_path)):
        children.start(launch).wait_until_ready()


def test_last_words_leave_out_stack_frames_and_brackets(children: Children) -> None:
    children.log("oven").write_text(
        "Error: cold\n    at Oven.heat (oven.js:3)\nRequire stack:\n- /x/oven.js\n{\n  code: 'COLD',\n"
        "  requireStack: [\n    '/x/oven.js'\n  ]\n}\n\nNode.js v20\n"
    )
    assert children.last_words("oven") == "Its last words: Error: cold | code: 'COLD',"
    assert children.last_words("nobody") == "Its last words: none."


def test_child_that_cannot_be_started_is_an_error_that_names_the_program(children: Children) -> None:
    with pytest.raises(HarnessError, match="oven cannot be started with 'no-such-program'"):
        children.start(Launch("oven", ["no-such-program"]))


def test_child_that_is_killed_is_recorded_as_ended_and_not_expected(children: Children, recorded: list[Event]) -> None:
    codes: list[int] = []
    child = children.start(program(LISTENS + UNTIL_TOLD), ears=Ears(exited=codes.append))
    child.wait_until_ready()
    child.signal(signal.SIGKILL)
    assert soon(lambda: codes == [-signal.SIGKILL])
    ended = recorded[-1]
    assert isinstance(ended, ProcessExited)
    assert not ended.expected


def test_what_a_child_has_started_ends_with_it_however_deaf_it_is(children: Children) -> None:
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    )
    starts = (
        f"import subprocess, sys; made = subprocess.Popen([sys.executable, '-c', {deaf!r}], stdout=subprocess.PIPE)"
    )
    told = "made.stdout.readline(); print(json.dumps({'event': 'made', 'pid': made.pid}), flush=True)"
    said: list[dict[str, object]] = []
    child = children.start(program(f"import json; {starts}; {told}; sys.stdin.read()"), ears=Ears(line=said.append))
    assert soon(lambda: len(said) == 1)
    grandchild = psutil.Process(int(str(said[0]["pid"])))
    child.stop()
    assert soon(lambda: not child.is_alive)
    assert soon(lambda: not grandchild.is_running() or grandchild.status() == psutil.STATUS_ZOMBIE)


def test_children_that_will_not_end_are_killed(children: Children) -> None:
    stubborn = children.start(
        program("import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + LISTENS + UNTIL_TOLD)
    )
    stubborn.wait_until_ready()
    children.end()
    assert not psutil.pid_exists(stubborn.pid)


def test_harness_killed_without_warning_leaves_no_child_behind(tmp_path: Path) -> None:
    harness = f"""
import sys, time
from pathlib import Path
from harness.stacks.children import Children, Launch
family = Children(logs=Path({str(tmp_path)!r}), environment={{}}, record=lambda event: None)
child = family.start(Launch("oven", [sys.executable, "-c", {LISTENS + UNTIL_TOLD!r}]))
child.wait_until_ready()
print(child.pid, flush=True)
time.sleep(60)
"""
    process = subprocess.Popen([sys.executable, "-c", harness], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    orphan = int(process.stdout.readline())
    assert psutil.pid_exists(orphan)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert soon(lambda: not psutil.pid_exists(orphan) or psutil.Process(orphan).status() == psutil.STATUS_ZOMBIE)
