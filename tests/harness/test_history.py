import json
import resource
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from harness.clock import WallClock
from harness.errors import HarnessError
from harness.events import AnyEvent, DinersChanged, Event, Jumped, PageSent, RunStarted, StepStarted
from harness.history import EVENTS_HELD, History, Recorder, history_of

DAWN = datetime(2024, 12, 1, 5, 24, tzinfo=UTC)


def a_page() -> PageSent:
    return PageSent(page="g1", responder="Jaquelyn", level=1, channel="phone", alerts=["Heartbeat"])


def a_run(schema: int = 1) -> RunStarted:
    return RunStarted(
        schema=schema,
        scenario="s",
        hypothesis="h",
        seed=1,
        stack="processes",
        speed=1,
        zone="UTC",
        versions={},
        rerun="pizza-chaos run s",
    )


def test_recorder_stamps_and_numbers_events_and_the_file_gives_them_back(tmp_path: Path) -> None:
    clock = WallClock(DAWN)
    with Recorder(tmp_path / "history.jsonl", clock=clock) as recorder:
        first, second = recorder.record(StepStarted(name="dark")), recorder.record(a_page())
    read = History.read(tmp_path / "history.jsonl")
    assert read.events == (first, second)
    assert [event.seq for event in read] == [0, 1]
    assert read.events[0].at - DAWN < timedelta(seconds=5)
    assert read.damage == ()


def test_recorder_after_a_jump_stamps_incident_time_beyond_it(tmp_path: Path) -> None:
    clock = WallClock(DAWN)
    clock.jump(DAWN + timedelta(hours=5))
    with Recorder(tmp_path / "history.jsonl", clock=clock) as recorder:
        event = recorder.record(StepStarted(name="ten o'clock"))
    assert event.at - DAWN >= timedelta(hours=5)
    assert event.steady - DAWN.timestamp() < 5


def test_recorder_keeps_the_time_that_an_event_brings(tmp_path: Path) -> None:
    with Recorder(tmp_path / "history.jsonl", clock=WallClock(DAWN)) as recorder:
        event = recorder.record(StepStarted(name="earlier", steady=DAWN.timestamp() - 60))
    assert event.at == DAWN - timedelta(minutes=1)


def test_history_that_has_lost_lines_says_how_many_and_from_where(tmp_path: Path) -> None:
    with Recorder(tmp_path / "history.jsonl", clock=WallClock(DAWN)) as recorder:
        for number in range(6):
            recorder.record(StepStarted(name=str(number)))
    lines = recorder.path.read_bytes().splitlines(keepends=True)
    recorder.path.write_bytes(b"".join((*lines[:2], *lines[4:])))
    assert History.read(recorder.path).damage == ("2 events of history.jsonl are missing, the first of them number 2",)
    recorder.path.write_bytes(b"".join(lines[3:]))
    assert History.read(recorder.path).damage == ("3 events of history.jsonl are missing, the first of them number 0",)


def test_recorder_is_readable_before_it_is_closed(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "history.jsonl", clock=WallClock(DAWN))
    recorder.record(a_page())
    assert len(History.read(recorder.path)) == 1
    recorder.close()


def test_recorder_tells_its_listeners(tmp_path: Path) -> None:
    heard: list[Event] = []
    with Recorder(tmp_path / "history.jsonl", clock=WallClock(DAWN)) as recorder:
        recorder.listen(heard.append)
        recorder.record(DinersChanged(count=3))
        assert tuple(heard) == recorder.so_far().events


def test_recorder_that_holds_few_events_reads_the_others_back_and_numbers_on(tmp_path: Path) -> None:
    with Recorder(tmp_path / "history.jsonl", clock=WallClock(DAWN)) as recorder:
        recorded = [recorder.record(StepStarted(name=str(number))) for number in range(5)]
        recorder.hold_at_most(2)
        recorded += [recorder.record(StepStarted(name=str(number))) for number in range(5, 9)]
        assert recorder.so_far().events == tuple(recorded)
        recorder.path.write_bytes(b"")
        assert recorder.so_far().events == tuple(recorded[-2:])
    assert [event.seq for event in recorded] == list(range(9))


def test_recorder_that_holds_few_events_holds_all_that_the_disk_refuses(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    with Recorder(path, clock=WallClock(DAWN)) as recorder:
        recorder.hold_at_most(2)
        recorded = [recorder.record(StepStarted(name=str(number))) for number in range(5)]
        usual = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 10, usual[1]))
        try:
            recorded += [recorder.record(StepStarted(name=str(number))) for number in range(5, 9)]
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, usual)
        assert recorder.trouble
        assert recorder.so_far().events == tuple(recorded)


def test_recorder_that_gathers_writes_with_a_flush_or_when_it_is_asked_or_closed(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    with Recorder(path, clock=WallClock(DAWN)) as recorder:
        recorder.gather()
        recorder.record(a_page())
        assert path.read_bytes() == b""
        recorder.flush()
        assert len(History.read(path)) == 1
        recorder.record(a_page())
        recorder.so_far()
        assert len(History.read(path)) == 2
        recorder.record(a_page())
    assert len(History.read(path)) == 3


def test_recorder_that_gathers_much_writes_before_any_of_it_is_held_no_more(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    with Recorder(path, clock=WallClock(DAWN)) as recorder:
        recorder.gather()
        recorder.hold_at_most(EVENTS_HELD)
        for _ in range(EVENTS_HELD):
            recorder.record(a_page())
        assert 0 < recorder.recorded - len(History.read(path)) + 1 < EVENTS_HELD / 2


def test_recorder_that_gathers_says_from_which_line_on_the_disk_was_full(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    with Recorder(path, clock=WallClock(DAWN)) as recorder:
        recorder.record(a_page())
        line = path.stat().st_size
        recorder.gather()
        for _ in range(4):
            recorder.record(a_page())
        usual = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (line * 3 + 10, usual[1]))
        try:
            recorder.flush()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, usual)
        assert recorder.trouble.startswith("history.jsonl could not be written from line 4 on")
        assert len(recorder.so_far()) == 5


def test_recorder_that_cannot_write_says_so(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "history.jsonl", clock=WallClock(DAWN))
    recorder.close()
    with pytest.raises(HarnessError, match="could not be written"):
        recorder.record(a_page())


def test_recorder_on_a_full_disk_goes_on_in_memory_and_says_from_which_line_on(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    with Recorder(full, clock=WallClock(DAWN)) as recorder:
        recorder.record(a_page())
        recorder.record(a_page())
        assert len(recorder.so_far()) == 2
        assert recorder.trouble == "full could not be written from line 1 on: No space left on device"


def test_recorder_whose_disk_takes_half_a_line_writes_nothing_after_it(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    with Recorder(path, clock=WallClock(DAWN)) as recorder:
        recorder.record(a_page())
        room = path.stat().st_size + 10
        usual = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, usual[1]))
        try:
            recorder.record(a_page())
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, usual)
        recorder.record(a_page())
        assert recorder.trouble.startswith("history.jsonl could not be written from line 2 on")
    assert path.stat().st_size == room
    read = History.read(path)
    assert len(read) == 1
    assert read.damage[0].startswith("line 2 of history.jsonl is cut off after 10 bytes")


def test_history_with_a_corrupt_line_names_it_and_keeps_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    with Recorder(path, clock=WallClock(DAWN)) as recorder:
        for _ in range(3):
            recorder.record(a_page())
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + b'{"kind": "page_snet"}\n' + b"\xff\xfe\n" + lines[2])
    read = History.read(path)
    assert len(read) == 2
    assert [said.split(" cannot be read")[0] for said in read.damage] == [
        "line 2 of history.jsonl",
        "line 3 of history.jsonl",
    ]


def test_history_with_a_torn_last_line_names_it_and_keeps_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    with Recorder(path, clock=WallClock(DAWN)) as recorder:
        recorder.record(a_page())
        recorder.record(a_page())
    path.write_bytes(path.read_bytes()[:-20])
    read = History.read(path)
    assert len(read) == 1
    assert read.damage[0].startswith("line 2 of history.jsonl is cut off after")


def test_history_of_a_newer_schema_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    with Recorder(path, clock=WallClock(DAWN)) as recorder:
        recorder.record(a_run(schema=99))
    assert "schema 99" in History.read(path).damage[0]


def test_history_that_is_not_there_says_where_it_looked(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match=r"no history to read at .*history\.jsonl"):
        History.read(tmp_path / "history.jsonl")


def test_history_without_a_run_says_so() -> None:
    with pytest.raises(HarnessError, match=r"no run_started event. Nothing can be judged"):
        _ = history_of([a_page()]).run
    with pytest.raises(HarnessError, match=r"no run_started event \(it is empty\)"):
        _ = History(()).run


def test_history_between_two_moments_has_the_first_and_not_the_last() -> None:
    moments = [DAWN, DAWN + timedelta(minutes=1), DAWN + timedelta(minutes=2)]
    history = history_of([StepStarted(name=str(number), at=at) for number, at in enumerate(moments)])
    assert [step.name for step in history.between(moments[0], moments[2]).of(StepStarted)] == ["0", "1"]


def test_events_in_json_are_flat_and_named_by_their_kind() -> None:
    line = msgspec.json.encode(Jumped(at=DAWN, leaves=DAWN - timedelta(hours=1), length_seconds=3600))
    assert json.loads(line) == {
        "kind": "jumped",
        "at": "2024-12-01T05:24:00Z",
        "leaves": "2024-12-01T04:24:00Z",
        "length_seconds": 3600.0,
    }


def test_every_event_class_is_in_the_union_that_the_reader_knows() -> None:
    assert set(AnyEvent.__args__) == set(Event.__subclasses__())


def test_history_whose_first_line_is_corrupt_names_it_when_asked_for_its_run() -> None:
    with pytest.raises(HarnessError, match=r"no run_started event \(line 1 of history.jsonl cannot be read\)"):
        _ = History((), ("line 1 of history.jsonl cannot be read",)).run
