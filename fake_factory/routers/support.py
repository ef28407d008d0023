"""Support: reporting a problem ends the chaos that caused it."""

from fake_factory.express import Call, Doc, Refusal, Reply, Route, json_reply
from fake_factory.factory import Factory


class SupportRouter:
    """Takes reports."""

    def __init__(self, factory: Factory) -> None:
        self._factory = factory

    def routes(self) -> list[Route]:
        """List the endpoints."""
        doc = Doc(says="Report a problem.", response={"message": "what came of it"})
        return [Route("GET", "/api/support/:vendorToken/report/:fixCode", self.report, doc)]

    async def report(self, call: Call) -> Reply:
        """End a vendor's chaos, begun or not, if the code is right."""
        store = self._factory.store
        vendor = store.vendor_with_key(call.params["vendorToken"])
        chaos = None if vendor is None else store.chaos(vendor.id)
        if vendor is None or chaos is None or not chaos.is_unresolved:
            return json_reply({"message": "No chaos currently executing"})
        if call.params["fixCode"] != chaos.fix_code:
            raise Refusal(400, "Problem unresolved")
        store.set_chaos(vendor.id, chaos.resolved(self._factory.runtime.now()))
        return json_reply({"message": "Problem resolved. Pizza is back on the menu!"})
