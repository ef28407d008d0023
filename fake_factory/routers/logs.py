"""Logs: where some services send each of their log lines before they do anything else."""

from starlette.responses import Response

from fake_factory.express import Call, Route, text_reply
from fake_factory.factory import Factory


class LogRouter:
    """Receives logs; no chaos ever touches it.

    The public pizza loggers send here first, without a key and as text/plain, and *evaluate* the reply as program text;
    so anybody is answered, with nothing. The real factory answers 401 to callers without a key. Once an
    administrator has set a reply, that one is given, as at the real factory.
    """

    def __init__(self, factory: Factory) -> None:
        self._factory = factory

    def routes(self) -> list[Route]:
        """List the endpoints; the factory documents neither."""
        return [
            Route("POST", "/api/log", self.receive, reads_body=False),
            Route("PUT", "/api/log", self.set_reply),
        ]

    async def receive(self, _call: Call) -> Response:
        """Take a log line of any kind."""
        return text_reply(self._factory.store.log_reply)

    async def set_reply(self, call: Call) -> Response:
        """Choose what senders of logs are told from now on."""
        self._factory.admin_of(call)
        message = call.field("message")
        self._factory.store.log_reply = message if isinstance(message, str) else ""
        return text_reply(self._factory.store.log_reply)
