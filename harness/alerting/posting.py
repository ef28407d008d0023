"""Posts notifications to the webhooks of their receivers, one after another, from a thread of its own.

The thread knows no incident time: what it takes to post is the wall's. A run on a virtual clock waits for each answer,
so that its history is the same whenever the receivers' answers are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

from harness.alerting.notifier import Notification, Receiver
from harness.alerting.sender import Delivery, check_address, deliver
from harness.alerting.webhooks import Payload
from harness.events import Event, WebhookAnswered


class Postman:
    """Takes notifications to the webhooks of their receivers.

    Args:
        receivers: those that there are, by name.
        write: makes a notification a payload.
        record: keeps what came of each; called from the thread, unless it is waited for.
        waits: whether `tell` comes back only when every receiver has answered.

    Cleanup: `close`; what has not been posted by then is not posted any more.

    Raises:
        SafetyError: when a webhook is not on this machine.
        ScenarioError: when a webhook is no address.

    Evidence: WebhookAnswered for each post.
    """

    def __init__(
        self,
        receivers: Mapping[str, Receiver],
        *,
        write: Callable[[Notification], Payload],
        record: Callable[[Event], object],
        waits: bool,
    ) -> None:
        self._urls = {name: receiver.urls for name, receiver in receivers.items() if receiver.urls}
        self._write = write
        self._record = record
        self._waits = waits
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="webhooks")
        for urls in self._urls.values():
            for url in urls:
                check_address(url)
        if self._urls:
            # A simulated run lets no thread start once it has begun, so this one begins before it.
            self._thread.submit(str).result()

    def tell(self, notification: Notification) -> None:
        """Post a notification to every webhook of its receiver."""
        for url in self._urls.get(notification.receiver, ()):
            posted = self._thread.submit(_post, self._write(notification), url)
            if self._waits:
                self._note(notification.receiver, posted.result())
            else:
                posted.add_done_callback(lambda done: self._note_done(notification.receiver, done))

    def close(self) -> None:
        """Let go of the thread; closing twice is fine."""
        self._thread.shutdown(cancel_futures=True)

    def _note_done(self, receiver: str, done: Future[Delivery]) -> None:
        if not done.cancelled():
            self._note(receiver, done.result())

    def _note(self, receiver: str, delivery: Delivery) -> None:
        self._record(
            WebhookAnswered(receiver=receiver, url=delivery.url, status=delivery.status, trouble=delivery.trouble)
        )


def _post(payload: Payload, url: str) -> Delivery:
    return asyncio.run(deliver(payload, url=url))
