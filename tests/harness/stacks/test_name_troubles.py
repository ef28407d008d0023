import asyncio
from datetime import timedelta

from harness.events import Event, Hurt, RecordChanged
from harness.faults.troubles import NameServerFailing, NameServerSlow, RecordAstray, RecordGone
from harness.ingress.control_plane import Site
from harness.ingress.dns import DnsServer
from harness.ingress.records import Address, Zone
from harness.stacks.name_troubles import NameTroubles

SITE = Site("pizza.test", service="pizza")
THERE = Address("127.0.0.1", 8080)


class Setting:
    """A zone with the site's record, its server (which is never started), and what was recorded."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.zone = Zone()
        self.zone.set(SITE.name, THERE, ttl=SITE.ttl)
        self.server = DnsServer(self.zone, record=self.events.append)
        self.troubles = NameTroubles(SITE, zone=self.zone, server=self.server, speed=20.0, record=self.events.append)


def test_record_that_is_gone_stands_until_there_is_one_again() -> None:
    setting = Setting()
    asyncio.run(setting.troubles.begin(RecordGone()))
    assert setting.zone.find(SITE.name) is None
    assert setting.troubles.stands(RecordGone())
    setting.zone.set(SITE.name, THERE, ttl=SITE.ttl)
    assert not setting.troubles.stands(RecordGone())
    assert isinstance(setting.events[0], RecordChanged)


def test_record_that_leads_astray_leads_to_a_server_that_ends_with_the_trouble() -> None:
    setting = Setting()

    async def story() -> None:
        await setting.troubles.begin(RecordAstray())
        assert setting.troubles.stands(RecordAstray())
        await setting.troubles.end(RecordAstray())

    asyncio.run(story())
    setting.zone.set(SITE.name, THERE, ttl=SITE.ttl)
    assert not setting.troubles.stands(RecordAstray())


def test_name_server_fails_and_says_so_until_the_trouble_ends() -> None:
    setting = Setting()
    asyncio.run(setting.troubles.begin(NameServerFailing()))
    assert setting.troubles.stands(NameServerFailing())
    setting.server.manner.noticed()
    (hurt,) = setting.events
    assert isinstance(hurt, Hurt)
    assert hurt.trouble == "DNS/fails"
    asyncio.run(setting.troubles.end(NameServerFailing()))
    assert not setting.troubles.stands(NameServerFailing())


def test_name_server_is_late_in_incident_time() -> None:
    setting = Setting()
    slow = NameServerSlow(timedelta(seconds=5))
    asyncio.run(setting.troubles.begin(slow))
    assert setting.troubles.stands(slow)
    assert setting.server.manner.delay_seconds == 0.25
    asyncio.run(setting.troubles.end(slow))
    assert not setting.troubles.stands(slow)
