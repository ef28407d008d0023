from __future__ import annotations

from harness.aws.service_events import KEPT, ServiceEvents
from harness.events import DeploymentChanged, NoteTaken, TaskChanged


def heard(*events: TaskChanged | DeploymentChanged | NoteTaken) -> list[str]:
    service = ServiceEvents()
    for event in events:
        service.hear(event)
    return [each.what for each in service.kept]


def test_task_living_and_dying_is_told_in_a_line_each_but_for_its_beginning_to_listen() -> None:
    told = heard(
        TaskChanged(task="t", state="starting", reason="pushed", revision="s:1"),
        TaskChanged(task="t", state="running", reason="listening", revision="s:1"),
        TaskChanged(task="t", state="healthy", reason="passed", revision="s:1"),
        TaskChanged(task="t", state="draining", reason="replaced by s:2", revision="s:1"),
        TaskChanged(task="t", state="stopped", reason="replaced by s:2", revision="s:1"),
    )
    assert told == [
        "has started 1 tasks: (task t)",
        "registered 1 targets in its target group: (task t)",
        "has begun draining connections on 1 tasks: (task t)",
        "has stopped 1 running tasks: (task t), because it was told to: replaced by s:2",
    ]


def test_task_that_fails_is_told_with_the_reason() -> None:
    (told,) = heard(TaskChanged(task="t", state="stopped", reason="exited by itself with code 1", revision="s:1"))
    assert told == "has stopped 1 running tasks: (task t), because it exited by itself with code 1"


def test_what_is_none_of_the_services_is_not_told() -> None:
    assert heard(NoteTaken(by="Ana", text="hm")) == []


def test_only_the_newest_are_kept_and_each_keeps_its_number() -> None:
    service = ServiceEvents()
    for _ in range(KEPT + 5):
        service.hear(DeploymentChanged(revision="s:1", state="completed", reason=""))
    assert len(service.kept) == KEPT
    assert (service.kept[0].number, service.kept[-1].number) == (6, KEPT + 5)
