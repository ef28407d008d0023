"""The edge in a container, on a real engine: what it forwards, and what refuses once it is gone."""

from __future__ import annotations

import errno
import signal
import socket
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from harness.clock import WallClock
from harness.errors import HarnessError
from harness.events import Event, ProcessExited
from harness.faults.troubles import LinkCut
from harness.ingress.records import Address
from harness.stacks.children import Child, Launch
from harness.stacks.containers.children import ContainerChildren
from harness.stacks.containers.edge_container import EDGE, IMAGE, EdgeContainer
from harness.stacks.containers.edge_links import EdgeLinks
from harness.stacks.containers.edge_names import edge_addresses
from harness.stacks.containers.engine import engine, gateway
from harness.stacks.containers.launch import contained
from harness.stacks.containers.twin import FACTORY_IMAGE
from harness.stacks.looping import LoopThread
from harness.stacks.services.twin import factory_twin
from tests.containers.test_container import KEYS, answers, of_run
from tests.end_to_end.runs import eventually
from tests.required import required_docker

pytestmark = pytest.mark.slow


class Site:
    """An edge in a container, with a factory in another one behind it."""

    def __init__(self, client: Any, directory: Path, loop: LoopThread) -> None:
        self.recorded: list[Event] = []
        self.troubles: list[str] = []
        self.loop = loop
        clock = WallClock(datetime(2024, 12, 1, tzinfo=UTC))
        self.children = ContainerChildren(
            directory, logs=directory / "logs", environment=clock.environment(), record=self.recorded.append
        )
        self.edge = EdgeContainer(
            loop=loop, record=self.recorded.append, trouble=lambda where, what: self.troubles.append(f"{where}: {what}")
        )
        self.edge.start(self.children, host=gateway(client), seed=1, directory=directory)
        loop.call(self.edge.ready())
        twin = factory_twin(vendor_key="v", admin_key="a")
        self.factory = self.children.start(contained(twin, image=FACTORY_IMAGE, port=4000)).wait_until_ready()
        self.links = EdgeLinks(self.edge, gateway=gateway(client), directory=directory, record=self.recorded.append)

    def balancer(self) -> Child:
        """Start a load balancer, and come back when it forwards to the factory."""
        address = edge_addresses(self.edge, port=0)()
        argv = [sys.executable, "-m", "harness.ingress.balancer", "--listen", str(address)]
        child = self.children.start(self.edge.beside(Launch("balancer-1", argv)))
        assert child.wait_until_ready() == str(address)
        child.tell({"targets": [self.factory]})
        return child


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    required_docker(IMAGE)
    loop = LoopThread(trouble=lambda _where, _error: None)
    loop.start()
    with engine() as client:
        made = Site(client, tmp_path, loop)
        yield made
        made.edge.let_go()
        made.children.end()
        assert of_run(client, tmp_path) == []
    loop.stop()


def refusal(address: str) -> int:
    """Say how a connection to an address fails; 0 when it does not."""
    where = Address.parse(address)
    with socket.socket() as probe:
        probe.settimeout(5)
        return probe.connect_ex((where.host, where.port))


def test_balancer_in_the_edge_forwards_and_once_it_is_gone_its_address_refuses(site: Site) -> None:
    balancer = site.balancer()
    assert balancer.pid
    assert eventually(lambda: answers(balancer.address))
    balancer.stop(kill=True)
    assert balancer.wait(30)
    assert refusal(balancer.address) == errno.ECONNREFUSED
    (exited,) = (event for event in site.recorded if isinstance(event, ProcessExited))
    assert (exited.component, exited.expected, site.troubles) == ("balancer-1", True, [])


def test_link_in_the_edge_leads_to_another_container_and_to_this_machine_and_refuses_when_cut(site: Site) -> None:
    site.loop.call(site.links.open())
    site.loop.call(site.links.lead("factory", to=site.factory))
    own = socket.create_server(("127.0.0.1", 0))
    with own:
        own.settimeout(30)
        site.loop.call(site.links.lead("telemetry", to=f"127.0.0.1:{own.getsockname()[1]}"))
        where = Address.parse(site.links.url("telemetry").removeprefix("http://"))
        with socket.create_connection((where.host, where.port), timeout=30):
            own.accept()[0].close()
    url = site.links.url("factory")
    assert httpx.get(f"{url}{KEYS}", trust_env=False).is_success
    site.loop.call(site.links.begin(LinkCut("factory")))
    assert refusal(url.removeprefix("http://")) == errno.ECONNREFUSED
    site.loop.call(site.links.end(LinkCut("factory")))
    assert httpx.get(f"{url}{KEYS}", trust_env=False).is_success
    site.loop.call(site.links.close())


def test_edge_that_is_killed_is_trouble_and_takes_its_balancers_along(site: Site) -> None:
    balancer = site.balancer()
    edge = next(child for child in site.children._alive if child.component == EDGE)
    edge.signal(signal.SIGKILL)
    assert balancer.wait(30)
    assert eventually(lambda: site.troubles != [])
    with pytest.raises(HarnessError, match="the edge has ended"):
        site.loop.call(site.edge.ask("GET", "/version", headers={}, body=""))
    with pytest.raises(HarnessError, match=r"balancer-1 ended with code 125 before it listened"):
        site.balancer()
