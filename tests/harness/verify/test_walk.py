"""Each layer broken for real on loopback, and the layer that is named: a table, every row asserted."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from ssl import SSLContext
from typing import Any

import dns.rcode
import httpx
import pytest

from harness.errors import SafetyError, ScenarioError
from harness.ingress.description import Balancer, TargetShown, TaskShown
from harness.ingress.diagnosis import Finding as Diagnosis
from harness.ingress.records import Address
from harness.verify.findings import Report, Standing
from harness.verify.layers import name_resolves
from harness.verify.seen import NameSeen
from harness.verify.walk import PATIENCE_SECONDS, verify
from harness.verify.wanted import Wanted
from harness.verify.ways import Sockets
from tests.harness.verify.authority import Authority
from tests.harness.verify.site import (
    NAME,
    REPORT,
    VERSION,
    Replies,
    StubSite,
    another_name_for,
    answering_dns,
    console,
    pointing_at,
    serving,
    troubled,
)

NOW = datetime.now(UTC)  # noqa: TID251 - OpenSSL compares certificates with the wall
SICK = TargetShown(task="task-1", address="127.0.0.1:9001", health="unhealthy", reason="status 500")
STOPPED = TaskShown(name="task-1", revision="pizza-service:1", state="stopped", reason="exited with code 1")


@dataclass
class World:
    """What is up, and what is wanted of it."""

    site: StubSite
    wanted: dict[str, Any]

    def verify(self) -> Report:
        return verify(Wanted(**self.wanted), now=NOW)


@contextmanager
def world(replies: Replies | None = None, **wanted: Any) -> Iterator[World]:
    """Bring a site and its DNS up; the site is asked for by name, an order included."""
    with serving(replies) as site, answering_dns(pointing_at(site.address)) as server:
        given = {"url": f"http://{NAME}", "dns": server, "factory": site.url, "with_order": True} | wanted
        yield World(site, given)


def closed() -> Address:
    """Give an address at which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return Address(*probe.getsockname())


def test_walk_nothing_broken_reaches_the_pizza_by_name_and_logs_out_again() -> None:
    with world(version=VERSION) as up:
        report = up.verify()
    assert (report.exit_code, report.named) == (0, None), report.verdict
    assert [found.standing for found in report.findings].count(Standing.WELL) == 9
    assert "to be kept for 30 s" in report.findings[0].finding
    assert up.site.asked[-1] == "DELETE /api/auth"
    assert up.site.hosts >= {NAME}


def test_walk_without_leave_orders_nothing() -> None:
    with world(with_order=False) as up:
        report = up.verify()
    assert report.exit_code == 0
    assert not any("POST" in asked for asked in up.site.asked)


# The table. Each row breaks one thing, and names the layer and words that the finding must hold.

Break = Callable[[World, ExitStack], None]


def dns_says(reply: Callable[[World], Callable[[bytes], bytes | None]]) -> Break:
    def apply(up: World, stack: ExitStack) -> None:
        up.wanted["dns"] = stack.enter_context(answering_dns(reply(up)))

    return apply


def replies(asked: str, status: int, body: Any) -> Break:
    def apply(up: World, _: ExitStack) -> None:
        up.site.replies[asked] = (status, body)

    return apply


def shows(**changes: Any) -> Break:
    def apply(up: World, _: ExitStack) -> None:
        up.wanted["console"] = console(up.site.address, **changes)

    return apply


def wants(**changes: Any) -> Break:
    return lambda up, _: up.wanted.update(changes)


def nothing_listens(up: World, stack: ExitStack) -> None:
    up.wanted["dns"] = stack.enter_context(answering_dns(pointing_at(closed())))


def moved_away(up: World, stack: ExitStack) -> None:
    gone = closed()
    up.wanted["dns"] = stack.enter_context(answering_dns(pointing_at(gone)))
    was = Balancer(name="balancer-1", address=str(gone), exists=False)
    ours = Balancer(name="balancer-2", address=str(up.site.address))
    up.wanted["console"] = console(gone, balancers=(was, ours))


def refuses_with_a_console(up: World, stack: ExitStack) -> None:
    gone = closed()
    up.wanted["dns"] = stack.enter_context(answering_dns(pointing_at(gone)))
    up.wanted["console"] = console(gone)


def wrong_address(up: World, stack: ExitStack) -> None:
    other = stack.enter_context(serving({}))
    up.wanted["dns"] = stack.enter_context(answering_dns(pointing_at(other.address)))
    up.wanted["console"] = console(other.address, balancer=up.site.address)


def says_nothing(up: World, stack: ExitStack) -> None:
    listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    up.wanted["dns"] = stack.enter_context(answering_dns(pointing_at(Address(*listener.getsockname()))))


@contextmanager
def dripping() -> Iterator[Address]:
    """Answer with a header that never ends, a byte at a time, until nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            while not over.is_set():
                with suppress(OSError), listener.accept()[0] as peer:
                    peer.sendall(b"HTTP/1.1 200 OK\r\nx-slow: ")
                    while not over.wait(0.2):
                        peer.sendall(b"a")

        over, thread = threading.Event(), threading.Thread(target=answer)
        thread.start()
        try:
            yield Address(*listener.getsockname())
        finally:
            over.set()
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def is_no_web_server(up: World, stack: ExitStack) -> None:
    listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

    def greet_each() -> None:
        for _ in range(2):  # the connection that is only tried, and the one that is used
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"220 smtp.pizza.test ready\r\n")

    thread = threading.Thread(target=greet_each)
    thread.start()
    stack.callback(thread.join)
    up.wanted["dns"] = stack.enter_context(answering_dns(pointing_at(Address(*listener.getsockname()))))


ROWS: dict[str, tuple[Break, str, str]] = {
    "NXDOMAIN": (dns_says(lambda _: pointing_at(None)), "DNS", "has no DNS record"),
    "SERVFAIL": (dns_says(lambda _: troubled(dns.rcode.SERVFAIL)), "DNS", "SERVFAIL"),
    "REFUSED by DNS": (dns_says(lambda _: troubled(dns.rcode.REFUSED)), "DNS", "REFUSED"),
    "CNAME to nowhere": (dns_says(lambda _: another_name_for("gone.elb.test")), "DNS", "gone.elb.test, which does not"),
    "record of a removed balancer": (moved_away, "DNS", "no longer exists"),
    "wrong address": (wrong_address, "DNS", "not a load balancer of ours"),
    "refused": (nothing_listens, "load balancer", "accepts no connections"),
    "refused, balancer is ours": (refuses_with_a_console, "load balancer", "exists and accepts no connections"),
    "no HTTP": (is_no_web_server, "load balancer", "gives no reply"),
    "no targets": (replies("GET /api/docs", 503, "<html>"), "target group", "no target to forward to"),
    "target refuses": (replies("GET /api/docs", 502, "<html>"), "target group", "refuses connections"),
    "target hangs": (replies("GET /api/docs", 504, "<html>"), "target group", "does not answer in time"),
    "not the service": (replies("GET /api/docs", 200, {"hello": "nginx"}), "service", "not the service"),
    "service without docs": (replies("GET /api/docs", 404, {"message": "unknown"}), "service", "not the service"),
    "wrong version": (wants(version="20241130.2203"), "version", "and not 20241130.2203"),
    "menu 500": (
        replies("GET /api/order/menu", 500, {"message": "connect ECONNREFUSED 127.0.0.1:3306"}),
        "database",
        "500: connect ECONNREFUSED",
    ),
    "half of the targets refuse": (
        replies("GET /api/order/menu", 502, "<html>"),
        "target group",
        "answers 502 to some requests",
    ),
    "login without a target": (replies("PUT /api/auth", 503, "<html>"), "target group", "no target to forward to"),
    "order without a target": (replies("POST /api/order", 504, "<html>"), "target group", "does not answer in time"),
    "menu empty": (replies("GET /api/order/menu", 200, []), "database", "empty"),
    "login 404": (replies("PUT /api/auth", 404, {"message": "unknown user"}), "login", "no such user"),
    "login 500": (replies("PUT /api/auth", 500, {"message": "Too many connections"}), "login", "Too many"),
    "login without a token": (replies("PUT /api/auth", 200, {"user": {}}), "login", "nobody can log in"),
    "order 500 with reportUrl": (
        replies("POST /api/order", 500, {"message": "Failed to fulfill", "followLinkToEndChaos": REPORT}),
        "order",
        "500: Failed to fulfill",
    ),
    "order without a pizza": (replies("POST /api/order", 200, {"order": {}}), "order", "without a pizza"),
    "bad pizza": (replies("POST /api/order/verify", 403, {"message": "invalid"}), "pizza", "never signed"),
    "factory gone": (lambda up, _: up.wanted.update(factory=f"http://{closed()}"), "pizza", "does not verify"),
}


@pytest.mark.parametrize("row", ROWS)
def test_walk_one_layer_broken_names_it_and_goes_no_further(row: str) -> None:
    breaks, layer, words = ROWS[row]
    with ExitStack() as stack:
        up = stack.enter_context(world())
        breaks(up, stack)
        report = up.verify()
    assert report.named is not None, report.verdict
    assert (report.named.layer, report.exit_code) == (layer, 1), "\n".join(report.lines())
    assert words in report.named.finding
    reached = [found.standing for found in report.findings[:10]]
    last = reached.index(Standing.BROKEN)
    assert set(reached[last + 1 :]) <= {Standing.SKIPPED}
    assert report.took_seconds < 5


@pytest.mark.parametrize(
    ("changes", "layer"),
    [({"targets": (SICK,)}, "target group"), ({"targets": (), "tasks": (STOPPED,)}, "service tasks")],
)
def test_walk_no_target_and_a_console_names_the_deepest_cause(changes: dict[str, Any], layer: str) -> None:
    with world() as up, ExitStack() as stack:
        replies("GET /api/docs", 503, "<html>")(up, stack)
        shows(**changes)(up, stack)
        report = up.verify()
    assert report.named is not None
    assert (report.named.layer, report.named.standing) == (layer, Standing.BROKEN)
    assert any("task-1" in line for line in report.named.evidence)


def test_walk_report_url_is_told_of_and_its_key_is_not() -> None:
    with world() as up, ExitStack() as stack:
        ROWS["order 500 with reportUrl"][0](up, stack)
        report = up.verify()
    assert report.named is not None
    assert "report it to the factory" in report.named.evidence[-1]
    assert "the-vendors-own-key" not in str(report)


# What is latent: nobody is turned away yet

LATENT: dict[str, tuple[Break, str, str]] = {
    "record of somebody else": (shows(balancer="127.0.0.1:7"), "DNS", "not a load balancer of ours"),
    "no health checks": (shows(health_check=""), "target group", "no health checks"),
    "balancer in the wrong state": (
        lambda up, _: up.wanted.update(
            console=console(
                up.site.address,
                balancers=(Balancer(name="b-2", address=str(up.site.address), state="active_impaired"),),
            )
        ),
        "load balancer",
        "active_impaired",
    ),
    "sick target": (shows(targets=(SICK,)), "target group", "and yet it answers"),
    "factory in trouble": (
        replies("POST /api/order", 200, {"order": {}, "jwt": "x.y.z", "followLinkToEndChaos": REPORT}),
        "order",
        "asks to report",
    ),
}


@pytest.mark.parametrize("row", LATENT)
def test_walk_latent_fault_is_named_once_while_orders_still_work(row: str) -> None:
    breaks, layer, words = LATENT[row]
    with world() as up, ExitStack() as stack:
        breaks(up, stack)
        report = up.verify()
    assert report.exit_code == 1
    assert report.named is not None
    assert (report.named.layer, words in report.named.finding) == (layer, True), report.verdict
    not_well = [found.standing for found in report.findings if found.standing not in {Standing.WELL, Standing.SKIPPED}]
    assert not_well == [Standing.LATENT]
    assert next(found for found in report.findings if found.step == "pizza").standing is Standing.WELL


def test_walk_slow_dns_is_latent_and_says_how_slow() -> None:
    seen = NameSeen(NAME, "127.0.0.1:80", took=timedelta(seconds=0.6))
    found = name_resolves(seen, Diagnosis("none found", "", ()), serves=True)
    assert (found.layer, found.standing) == ("DNS", Standing.LATENT)
    assert "the quicker answer took 600 ms" in found.finding


# TLS

TLS: dict[str, tuple[str, int, bool, Standing, str]] = {
    "good": (NAME, 20, True, Standing.WELL, f"for {NAME}"),
    "expired": (NAME, -1, True, Standing.BROKEN, "has expired on"),
    "wrong name": ("other.pizza.test", 20, True, Standing.BROKEN, f"is for other.pizza.test, and not for {NAME}"),
    "nobody's authority": (NAME, 20, False, Standing.BROKEN, "signed by Throwaway CA, whom nobody here trusts"),
    "expires soon": (NAME, 3, True, Standing.LATENT, "expires in"),
}


@pytest.mark.parametrize("row", TLS)
def test_walk_certificate_is_judged_by_chain_name_and_date(row: str, tmp_path: Path) -> None:
    name, days, is_trusted, standing, words = TLS[row]
    authority = Authority(tmp_path, NOW)
    context = authority.server(name, lasts=timedelta(days=days))
    with serving(tls=context) as site, answering_dns(pointing_at(site.address)) as server:
        wanted = Wanted(
            url=f"https://{NAME}:{site.address.port}", dns=server, authority=authority.file if is_trusted else None
        )
        report = verify(wanted, now=NOW)
    found = next(found for found in report.findings if found.layer == "TLS")
    assert (found.standing, words in found.finding) == (standing, True), found
    assert report.exit_code == (0 if standing is Standing.WELL else 1)
    if standing is not Standing.BROKEN:
        assert report.findings[7].standing is Standing.WELL


def test_walk_plain_http_where_tls_is_expected_names_tls() -> None:
    with world() as up:
        up.wanted["url"] = f"https://{NAME}:{up.site.address.port}"
        report = up.verify()
    assert report.named is not None
    assert (report.named.layer, report.named.finding) == ("TLS", "the address does not speak TLS as we do")


# Waiting, and what nobody can know


@pytest.mark.slow
def test_walk_site_that_accepts_and_says_nothing_is_over_in_five_seconds() -> None:
    with world() as up, ExitStack() as stack:
        says_nothing(up, stack)
        report = up.verify()
    assert report.named is not None
    assert (report.named.layer, "no reply within" in report.named.finding) == ("target group", True)
    assert report.took_seconds < 5


@pytest.mark.slow
def test_walk_reply_that_comes_a_byte_at_a_time_is_over_in_five_seconds() -> None:
    with dripping() as address:
        report = verify(Wanted(url=f"http://{address}"), now=NOW)
    assert report.named is not None
    assert (report.named.layer, report.named.step) == ("target group", "balancer answers")
    assert report.took_seconds < PATIENCE_SECONDS


class Dawdling(Sockets):
    """Every request takes so long that the walk's time is over before its end."""

    lost = 0.0

    def now(self) -> float:
        return super().now() + self.lost

    def transport(self, *, within: timedelta, context: SSLContext | None) -> httpx.BaseTransport:
        self.lost += 1.7
        return super().transport(within=within, context=context)


def test_walk_whose_time_is_over_says_of_what_was_not_reached_that_nobody_knows_and_logs_out() -> None:
    with world() as up:
        report = verify(Wanted(**up.wanted), now=NOW, ways=Dawdling())
    standings = {found.step: found.standing for found in report.findings}
    assert (report.exit_code, report.named) == (2, None)
    assert report.verdict == "unknown: order: not reached: login took until the time was over"
    assert (standings["login"], standings["pizza"]) == (Standing.WELL, Standing.UNKNOWN)
    assert up.site.asked[-1] == "DELETE /api/auth"


@pytest.mark.slow
def test_walk_dns_that_never_answers_is_over_in_five_seconds() -> None:
    with world() as up, answering_dns(lambda _: None) as silent:
        up.wanted["dns"] = silent
        report = up.verify()
    assert report.named is not None
    assert (report.named.layer, report.took_seconds < PATIENCE_SECONDS) == ("DNS", True)


def test_walk_pizza_that_nobody_may_verify_is_unknown_and_never_green() -> None:
    with world(factory="https://pizza-factory.cs329.click") as up:
        report = up.verify()
    assert (report.exit_code, report.named) == (2, None)
    assert "public pizza site" in report.verdict


@pytest.mark.parametrize(
    ("wanted", "error", "words"),
    [
        ({"url": "https://pizza-service.cs329.click"}, SafetyError, "public pizza site"),
        ({"url": "http://pizza.example"}, SafetyError, "to this machine.* add --allow-target pizza.example"),
        ({"url": "ftp://127.0.0.1"}, ScenarioError, "not the URL of a site"),
        ({"url": "http://127.0.0.1:99999"}, ScenarioError, "not the URL of a site"),
        ({"url": "http://127.0.0.1", "login": "me"}, ScenarioError, "a colon between"),
        ({"url": "http://127.0.0.1", "factory": "zzz"}, ScenarioError, "'zzz' is not the URL of a factory"),
        ({"url": "https://127.0.0.1", "authority": Path("none.pem")}, ScenarioError, "--ca none.pem holds no cert"),
        ({"url": "http://127.0.0.1", "sink": "http://127.0.0.1:1"}, ScenarioError, "--metrics-of"),
        ({"url": "http://127.0.0.1", "sink": "http://127.0.0.1:1", "series": "up{"}, ScenarioError, "is no PromQL"),
        ({"url": "http://127.0.0.1", "sink": "http://10.0.0.1", "series": "up"}, SafetyError, "this machine"),
        ({"url": f"http://{NAME}", "dns": Address("8.8.8.8", 53)}, SafetyError, "--allow-target 8.8.8.8"),
        ({"url": "http://other.test", "console": console("127.0.0.1:1"), "dns": Address("127.0.0.1", 1)},
         ScenarioError, "another site"),
    ],
)  # fmt: skip
def test_walk_mistake_or_somebody_else_is_refused_beforehand(
    wanted: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        verify(Wanted(**wanted), now=NOW)


def test_walk_name_that_leads_off_this_machine_is_refused_before_anything_connects() -> None:
    with (
        answering_dns(pointing_at(Address("10.9.8.7", 80))) as server,
        pytest.raises(SafetyError, match=r"10\.9\.8\.7"),
    ):
        verify(Wanted(url=f"http://{NAME}", dns=server), now=NOW)


def test_walk_alias_of_a_public_site_is_refused() -> None:
    reply = another_name_for("pizza-service.cs329.click")
    with answering_dns(reply) as server, pytest.raises(SafetyError, match="public pizza site"):
        verify(Wanted(url=f"http://{NAME}", dns=server), now=NOW)
