"""Virtual time and a network in memory, for tests of your own service.

    import httpx
    from harness.testing import Address, Network, NetworkTransport, run_virtual
    from my_service import app

    def test_order_at_a_silent_factory_is_given_up_after_ten_seconds() -> None:
        async def scenario() -> int:
            network = Network()
            async with network.serving(Address("127.0.0.1", 3000), app):
                async with httpx.AsyncClient(transport=NetworkTransport(network), timeout=60) as diner:
                    reply = await diner.post("http://127.0.0.1:3000/api/order", json={})
                    return reply.status_code

        assert run_virtual(scenario()) == 504

Ten seconds, or ten hours, take milliseconds, and each run is like the last. Your code runs unmodified as long as it
reaches the outside through asyncio and httpx: asyncio's sleeps and timeouts are exact, tasks are cancelled in the order
in which they were made, threads are done away with, Python's own chance comes from a seed. What reaches for the real
world all the same is a `Leak` that names the call; a test in which everybody waits for what nobody will do is a
`Deadlock` at once.

Code takes no virtual time, however much it computes, and a network in memory has no bytes: this proves logic (timeouts,
retries, alerts, order of events), never capacity.
"""

from __future__ import annotations

from harness.ingress.records import Address
from harness.testing.clients import BlockingTransport, NetworkTransport
from harness.testing.exchange import Application, Exchange, HangUp, Headers, Request
from harness.testing.lifespan import Lifespan
from harness.testing.network import Connection, Listener, Network
from harness.testing.sealing import Leak, Seal
from harness.testing.virtual_loop import Deadlock, TimeStandsStill, VirtualLoop, run_virtual

__all__ = [
    "Address",
    "Application",
    "BlockingTransport",
    "Connection",
    "Deadlock",
    "Exchange",
    "HangUp",
    "Headers",
    "Leak",
    "Lifespan",
    "Listener",
    "Network",
    "NetworkTransport",
    "Request",
    "Seal",
    "TimeStandsStill",
    "VirtualLoop",
    "run_virtual",
]
