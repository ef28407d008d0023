"""A deployment on loopback that can be broken for real at each of its layers."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

from harness.ingress.description import Balancer, Description, RecordShown, TargetShown
from harness.ingress.dns import answer
from harness.ingress.records import Address, Zone

NAME = "pizza-service.pizza.test"
VERSION = "20241201.0500"
MENU = [{"id": 1, "title": "Veggie", "image": "pizza1.png", "price": 0.0038, "description": "A garden of delight"}]
REPORT = "http://127.0.0.1:1/api/support/the-vendors-own-key/report/x7"

Replies = dict[str, tuple[int, Any]]


@dataclass
class StubSite:
    """An HTTP server whose replies are what somebody said they are."""

    url: str
    replies: Replies
    asked: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    @property
    def address(self) -> Address:
        return Address.parse(self.url.rpartition("/")[2])


def good_replies() -> Replies:
    return {
        "GET /api/docs": (200, {"version": VERSION, "endpoints": [], "config": {}}),
        "GET /api/order/menu": (200, MENU),
        "PUT /api/auth": (200, {"user": {}, "token": "a.b.c"}),
        "DELETE /api/auth": (200, {"message": "logout successful"}),
        "POST /api/order": (200, {"order": {}, "jwt": "x.y.z"}),
        "POST /api/order/verify": (200, {"message": "valid"}),
    }


@contextlib.contextmanager
def serving(replies: Replies | None = None, *, tls: ssl.SSLContext | None = None) -> Iterator[StubSite]:
    """Serve replies on a free port until the block ends; the site is its own factory."""
    scheme = "https" if tls else "http"
    site = StubSite("", good_replies() if replies is None else replies)

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            asked = f"{self.command} {self.path}"
            self.rfile.read(int(self.headers.get("content-length", 0)))
            site.asked.append(asked)
            site.hosts.add(self.headers.get("host", ""))
            status, body = site.replies.get(asked, (404, {"message": "unknown endpoint"}))
            raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            pass

    for method in ("GET", "PUT", "POST", "DELETE"):
        setattr(Handler, f"do_{method}", Handler.answer)

    class Server(ThreadingHTTPServer):
        daemon_threads = False

        def get_request(self) -> tuple[socket.socket, Any]:
            plain, peer = super().get_request()
            if tls is None:
                return plain, peer
            try:
                return tls.wrap_socket(plain, server_side=True), peer
            except BaseException:
                plain.close()
                raise

    with Server(("127.0.0.1", 0), Handler) as server:
        site.url = f"{scheme}://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005})
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def answering_dns(reply: Callable[[bytes], bytes | None]) -> Iterator[Address]:
    """Answer DNS questions over UDP until the block ends."""
    with socket.socket(type=socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        address = Address(*server.getsockname())

        def serve() -> None:
            while True:
                wire, peer = server.recvfrom(4096)
                if wire == b"enough":
                    return
                answered = reply(wire)
                if answered is not None:
                    server.sendto(answered, peer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield address
        finally:
            with socket.socket(type=socket.SOCK_DGRAM) as last:
                last.sendto(b"enough", (address.host, address.port))
            thread.join()


def pointing_at(address: Address | None, *, ttl_seconds: int = 30) -> Callable[[bytes], bytes | None]:
    """Answer as the harness' own DNS server: the name points there, or does not exist."""
    zone = Zone()
    if address is not None:
        zone.set(NAME, address, ttl=timedelta(seconds=ttl_seconds))
    return lambda wire: answer(wire, zone)


def troubled(code: dns.rcode.Rcode) -> Callable[[bytes], bytes]:
    """Answer every question with a failure."""

    def reply(wire: bytes) -> bytes:
        said = dns.message.make_response(dns.message.from_wire(wire))
        said.set_rcode(code)
        return said.to_wire()

    return reply


def another_name_for(target: str) -> Callable[[bytes], bytes]:
    """Say that the site is another name for one that does not exist."""

    def reply(wire: bytes) -> bytes:
        query = dns.message.from_wire(wire)
        said, asked = dns.message.make_response(query), query.question[0]
        if asked.name.to_text(omit_final_dot=True) == NAME:
            said.answer.append(dns.rrset.from_text(asked.name, 60, "IN", "CNAME", f"{target}."))
        if asked.name.to_text(omit_final_dot=True) != NAME or asked.rdtype == dns.rdatatype.A:
            said.set_rcode(dns.rcode.NXDOMAIN)
        said.flags |= dns.flags.AA | dns.flags.RA
        return said.to_wire()

    return reply


def console(record: Address | str, *, balancer: Address | str | None = None, **changes: Any) -> Description:
    """Describe the deployment: its record, and its one load balancer, at the same address unless it is elsewhere."""
    shown: dict[str, Any] = {
        "records": (RecordShown(name=NAME, address=str(record), ttl_seconds=30.0),),
        "balancers": (Balancer(name="balancer-2", address=str(balancer or record), state="active"),),
        "targets": (TargetShown(task="task-1", address="127.0.0.1:9001", health="healthy", reason="status 200"),),
        "health_check": "/",
    }
    return Description(site=NAME, cluster="c", service="s", **(shown | changes))
