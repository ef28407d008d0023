"""Logs: where some services send each of their log lines before they do anything else."""

from fake_factory.express import Call, Reply, Route, text_reply
from fake_factory.factory import Factory

_RECEIVED = "Log received"


class LogRouter:
    """Receives logs; no chaos ever touches it.

    The public pizza loggers send here first, without a key and as text/plain, and *evaluate* the reply as program text;
    so anybody is answered, with nothing. The real factory, and this one if `faithful_log` is set, answers 401 to
    callers without a key, and `Log received` to others. Once an administrator has set a reply, that one is given.
    """

    def __init__(self, factory: Factory) -> None:
        self._factory = factory
        self._is_faithful = factory.settings.faithful_log

    def routes(self) -> list[Route]:
        """List the endpoints; the factory documents neither."""
        return [
            Route("POST", "/api/log", self.receive, reads_body=self._is_faithful),
            Route("PUT", "/api/log", self.set_reply),
        ]

    async def receive(self, call: Call) -> Reply:
        """Take a log line of any kind."""
        if self._is_faithful:
            self._factory.vendor_of(call)
        reply = self._factory.store.log_reply
        return text_reply((_RECEIVED if self._is_faithful else "") if reply is None else reply)

    async def set_reply(self, call: Call) -> Reply:
        """Choose what senders of logs are told from now on."""
        self._factory.admin_of(call)
        message = call.field("message")
        reply = self._factory.store.log_reply = message if isinstance(message, str) else ""
        return text_reply(reply)
