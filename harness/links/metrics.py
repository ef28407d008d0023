"""What the links have done so far, as Prometheus reads it.

Toxiproxy's two counters under its own names, live where it counts only connections that have ended, and what a toxic
really did to how many connections, or replies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.links.link import Direction
from harness.links.running import RunningLink

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Sample = tuple[dict[str, str], int]


def exposition(links: Iterable[RunningLink]) -> str:
    """Write every counter of these links in Prometheus' text format."""
    links = list(links)
    families = (
        ("toxiproxy_proxy_received_bytes_total", "counter", "Bytes read from senders.", _flows(links, sent=False)),
        ("toxiproxy_proxy_sent_bytes_total", "counter", "Bytes written to receivers.", _flows(links, sent=True)),
        ("pizza_chaos_link_connections_total", "counter", "Connections accepted.", _opened(links)),
        ("pizza_chaos_link_open_connections", "gauge", "Connections open now.", _open(links)),
        ("pizza_chaos_toxic_hits_total", "counter", "Connections or replies that a toxic spoilt.", _hits(links)),
    )
    return "".join(line for family in families for line in _family(*family))


def _family(name: str, kind: str, what: str, samples: Iterable[Sample]) -> Iterator[str]:
    yield f"# HELP {name} {what}\n# TYPE {name} {kind}\n"
    for labels, value in samples:
        written = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
        yield f"{name}{{{written}}} {value}\n"


def _flows(links: Iterable[RunningLink], *, sent: bool) -> Iterator[Sample]:
    for link in links:
        for direction in Direction:
            flow = link.link.flows[direction]
            labels = {
                "direction": direction.value,
                "listener": link.listen,
                "proxy": link.name,
                "upstream": link.upstream,
            }
            yield labels, flow.sent_bytes if sent else flow.received_bytes


def _opened(links: Iterable[RunningLink]) -> Iterator[Sample]:
    for link in links:
        yield {"proxy": link.name}, link.link.opened


def _open(links: Iterable[RunningLink]) -> Iterator[Sample]:
    for link in links:
        yield {"proxy": link.name}, link.open_connections


def _hits(links: Iterable[RunningLink]) -> Iterator[Sample]:
    for link in links:
        for settings in link.link.toxics:
            labels = {
                "proxy": link.name,
                "toxic": settings.name,
                "type": settings.toxic.type,
                "stream": settings.direction.value,
            }
            yield labels, link.link.hits[settings.name]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
