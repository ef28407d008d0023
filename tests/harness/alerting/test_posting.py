from __future__ import annotations

from queue import SimpleQueue

import pytest

from harness.alerting.notifier import Notification, Notified, Receiver
from harness.alerting.posting import Postman
from harness.alerting.promql import Labels
from harness.alerting.states import Alert
from harness.errors import SafetyError, ScenarioError
from harness.events import Event, WebhookAnswered
from tests.harness.alerting.test_drilling import receiving

ALERT = Alert("Down", Labels({"alertname": "Down"}), {}, starts_at=1.0)


def notification(receiver: str) -> Notification:
    return Notification(receiver, Labels({"alertname": "Down"}), "{}:{}", (Notified(ALERT),))


def told(urls: tuple[str, ...], *names: str, waits: bool = True) -> list[Event]:
    recorded: list[Event] = []
    receivers = {"pager": Receiver("pager", urls), "mail": Receiver("mail")}
    write = lambda each: {"to": each.receiver}  # noqa: E731 - short enough
    postman = Postman(receivers, write=write, record=recorded.append, waits=waits)
    try:
        for name in names:
            postman.tell(notification(name))
    finally:
        postman.close()
        postman.close()
    return recorded


@pytest.mark.slow
def test_notification_is_posted_to_every_webhook_of_its_receiver_and_to_no_other() -> None:
    with receiving() as receiver:
        hook, lost = f"{receiver.server.url}/hook", f"{receiver.server.url}/lost"
        recorded = told((hook, lost), "pager", "mail", "unknown")
    assert receiver.got == [{"to": "pager"}]
    assert recorded == [
        WebhookAnswered(receiver="pager", url=hook, status=200),
        WebhookAnswered(receiver="pager", url=lost, status=404),
    ]


@pytest.mark.slow
def test_postman_that_does_not_wait_posts_in_order_and_records_what_came_of_it() -> None:
    with receiving() as receiver:
        hook = f"{receiver.server.url}/hook"
        recorded: SimpleQueue[Event] = SimpleQueue()
        receivers = {"pager": Receiver("pager", (hook,))}
        postman = Postman(receivers, write=lambda each: {"group": each.key}, record=recorded.put, waits=False)
        postman.tell(notification("pager"))
        assert recorded.get(timeout=10) == WebhookAnswered(receiver="pager", url=hook, status=200)
        postman.close()
    assert receiver.got == [{"group": "{}:{}"}]


def test_webhook_that_nobody_listens_at_is_recorded_with_the_reason() -> None:
    (answered,) = told(("http://127.0.0.1:1/hook",), "pager")
    assert isinstance(answered, WebhookAnswered)
    assert (answered.status, bool(answered.trouble)) == (0, True)


@pytest.mark.parametrize(("url", "error"), [("http://10.0.0.1/x", SafetyError), ("ftp://127.0.0.1/x", ScenarioError)])
def test_webhook_that_may_not_be_posted_to_is_refused_before_anything_runs(url: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        told((url,))
