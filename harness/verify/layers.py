"""The layers of a site from outside in, each a function of what was seen of it.

DNS, the load balancer, its targets and the service tasks are judged by `harness.ingress.diagnosis`, as on-call people
do in a scenario; this file goes on from there, to the pizza and to whoever is paged.

Rules of this file: no socket and no clock; no secret that a reply holds goes into a finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from itertools import pairwise
from typing import TYPE_CHECKING

from harness.durations import spoken
from harness.ingress.diagnosis import Finding as Diagnosis
from harness.load.outcomes import REPORT_URL_NAMES
from harness.verify.findings import Finding, Standing
from harness.verify.seen import ArrivedSeen, NameSeen, ReplySeen, TelemetrySeen, TlsSeen

if TYPE_CHECKING:
    from harness.verify.watch import Drill

EXPIRES_SOON = timedelta(days=14)
"""When a certificate that is still valid is worth saying."""

SLOW_ANSWER = timedelta(milliseconds=200)
"""Wall time after which DNS is slow: whoever comes anew waits for it, in front of everything else."""

_EXPIRED, _NOT_YET_VALID, _WRONG_NAME, _WRONG_ADDRESS = 10, 9, 62, 64
"""OpenSSL's numbers: X509_V_ERR_CERT_HAS_EXPIRED and so on (x509_vfy.h)."""

_NO_TARGET = {
    502: "its target refuses connections or breaks them off",
    503: "it has no target to forward to",
    504: "its target does not answer in time",
}
"""What a load balancer says in place of a target; see harness/ingress/forwarding.py."""

RULES_STEP, PAGE_STEP = ("rules have data", "alert rules"), ("page reaches somebody", "pager")
"""The last two steps, and their layers: whether anybody would hear of an outage."""

Silent = tuple[str, tuple[str, ...]]
"""An alert rule that has nothing to judge, and the names of what it misses."""

_SECRET = re.compile(r"(/api/support/)[^/]+")


def name_resolves(seen: NameSeen, diagnosis: Diagnosis, *, serves: bool) -> Finding:
    """Judge the name: whether it leads somewhere, and to a load balancer of this deployment."""
    step, layer, evidence = "name resolves", "DNS", _aliases(seen)
    if seen.is_literal:
        return Finding(step, layer, Standing.SKIPPED, f"{seen.address} is an address: there is no name to resolve")
    if seen.trouble:
        return Finding(step, layer, Standing.BROKEN, seen.trouble, evidence)
    if diagnosis.layer == "DNS":
        # Whoever listens there serves the site today; the deployment cannot say for how long.
        standing = Standing.LATENT if serves else Standing.BROKEN
        return Finding(step, layer, standing, diagnosis.finding, (*evidence, *diagnosis.evidence))
    if seen.took > SLOW_ANSWER:
        finding = f"DNS is slow: {seen.name} was asked for twice, and the quicker answer took {spoken(seen.took)}"
        return Finding(step, layer, Standing.LATENT, finding, evidence)
    kept = f", to be kept for {spoken(seen.ttl)}" if seen.ttl is not None else ""
    return Finding(step, layer, Standing.WELL, f"{seen.name} points at {seen.address}{kept}", evidence)


def address_accepts(address: str, diagnosis: Diagnosis, *, accepts: bool) -> Finding:
    """Judge the address: whether anything listens there."""
    step, layer = "address accepts", "load balancer"
    if accepts:
        return Finding(step, layer, Standing.WELL, f"{address} accepts connections")
    return Finding(step, layer, Standing.BROKEN, diagnosis.finding, diagnosis.evidence)


def tls(seen: TlsSeen, *, host: str, now: datetime) -> Finding:
    """Judge the certificate: its chain, its name and its dates."""
    shown = _certificate(seen)
    if seen.trouble:
        return Finding("TLS", "TLS", Standing.BROKEN, _against(seen, host=host), (*shown, seen.trouble))
    left = seen.ends - now if seen.ends is not None else EXPIRES_SOON
    if left < EXPIRES_SOON:
        return Finding("TLS", "TLS", Standing.LATENT, f"the certificate expires in {_days(left)}", shown)
    return Finding("TLS", "TLS", Standing.WELL, f"{seen.version}, for {host}, for {_days(left)} more", shown)


def balancer_answers(reply: ReplySeen) -> Finding:
    """Judge the load balancer: whether it answers in HTTP at all."""
    step, layer = "balancer answers", "load balancer"
    if reply.timed_out:
        # A load balancer waits for its target longer than we do; one that is silent itself is rare.
        finding = f"it accepts connections, and nobody behind it answers: {reply.trouble}"
        return Finding(step, "target group", Standing.BROKEN, finding, (reply.asked,))
    if reply.trouble:
        finding = f"it accepts connections and gives no reply: {reply.trouble}"
        return Finding(step, layer, Standing.BROKEN, finding, (reply.asked,))
    return Finding(step, layer, Standing.WELL, f"{reply.asked} is answered with {reply.status}")


def targets_healthy(reply: ReplySeen, diagnosis: Diagnosis) -> Finding:
    """Judge what is behind the load balancer: whether there is anybody to forward to."""
    step, layer = "targets healthy", "target group"
    if reply.status in _NO_TARGET:
        layer = diagnosis.layer if diagnosis.layer == "service tasks" else layer
        phrase = HTTPStatus(reply.status).phrase
        finding = f"the load balancer answers {reply.status} {phrase}: {_NO_TARGET[reply.status]}"
        return Finding(step, layer, Standing.BROKEN, finding, diagnosis.evidence)
    if diagnosis.layer in {"target group", "service tasks"}:
        finding = f"{diagnosis.finding}, and yet it answers"
        return Finding(step, diagnosis.layer, Standing.LATENT, finding, diagnosis.evidence)
    return Finding(step, layer, Standing.WELL, "the load balancer forwards to a target")


def forwarded(step: str, reply: ReplySeen) -> Finding | None:
    """Say that the load balancer itself answered in place of the service; None when the service did.

    The service says what is wrong in JSON; a load balancer has no JSON.
    """
    if reply.status not in _NO_TARGET or isinstance(reply.body, dict):
        return None
    finding = f"the load balancer answers {reply.status} to some requests: {_NO_TARGET[reply.status]}"
    return Finding(step, "target group", Standing.BROKEN, finding, _reply(reply))


def version(reply: ReplySeen, *, expected: str) -> Finding:
    """Judge the service: whether it is the service at all, in the version that was deployed."""
    found = reply.member("version")
    if not reply.ok or not isinstance(found, str):
        finding = "what answers is not the service: its /api/docs tells no version"
        return Finding("version", "service", Standing.BROKEN, finding, _reply(reply))
    if expected and found != expected:
        finding = f"version {found} serves, and not {expected}"
        return Finding("version", "version", Standing.BROKEN, finding, _reply(reply))
    asked = ", as expected" if expected else ""
    return Finding("version", "version", Standing.WELL, f"version {found} serves{asked}")


def menu(reply: ReplySeen) -> Finding:
    """Judge the database by the menu, the cheapest request that needs it."""
    if not reply.ok:
        return Finding("menu", "database", Standing.BROKEN, f"the menu cannot be read: {_said(reply)}", _reply(reply))
    if not isinstance(reply.body, list) or not reply.body:
        return Finding("menu", "database", Standing.BROKEN, "the menu is empty: nobody can order", _reply(reply))
    return Finding("menu", "database", Standing.WELL, f"pizzas on the menu: {len(reply.body)}")


def login(reply: ReplySeen) -> Finding:
    """Judge logging in."""
    if reply.status == HTTPStatus.NOT_FOUND:
        finding = f"{_said(reply)}: there is no such user, or the password is another (--login says whom)"
        return Finding("login", "login", Standing.BROKEN, finding, _reply(reply))
    if not reply.ok or not isinstance(reply.member("token"), str):
        return Finding("login", "login", Standing.BROKEN, f"nobody can log in: {_said(reply)}", _asked(reply))
    return Finding("login", "login", Standing.WELL, "a diner can log in")


def order(reply: ReplySeen) -> Finding:
    """Judge an order, which goes through the factory."""
    reports = any(reply.member(name) for name in REPORT_URL_NAMES)
    chaos = ("the reply has a link at which to report it to the factory; following it ends this",) if reports else ()
    evidence = (*_reply(reply), *chaos)
    if reply.trouble:
        finding = f"the order was not answered, and may exist: {reply.trouble}"
        return Finding("order", "order", Standing.BROKEN, finding, evidence)
    if not reply.ok:
        return Finding("order", "order", Standing.BROKEN, f"the order failed: {_said(reply)}", evidence)
    if not isinstance(reply.member("jwt"), str):
        finding = "the order was answered with success, and without a pizza"
        return Finding("order", "order", Standing.BROKEN, finding, evidence)
    if reports:
        finding = "a pizza was delivered, and the factory asks to report a problem"
        return Finding("order", "order", Standing.LATENT, finding, chaos)
    return Finding("order", "order", Standing.WELL, "a pizza was ordered and delivered")


def pizza(reply: ReplySeen) -> Finding:
    """Judge the pizza by what the factory says of it."""
    if reply.ok and reply.member("message") == "valid":
        return Finding("pizza", "pizza", Standing.WELL, "the factory says that the pizza is its own")
    if reply.status == HTTPStatus.FORBIDDEN:
        return Finding("pizza", "pizza", Standing.BROKEN, "the factory never signed this pizza", _reply(reply))
    finding = f"the factory does not verify pizzas: {_said(reply)}"
    return Finding("pizza", "pizza", Standing.BROKEN, finding, _reply(reply))


def telemetry(seen: TelemetrySeen, *, patience: timedelta) -> Finding:
    """Judge what the deployment says of itself: whether it still arrives."""
    step, layer = "telemetry arrives", "telemetry"
    if seen.trouble:
        return Finding(step, layer, Standing.UNKNOWN, seen.trouble)
    told = tuple(_age(kind, age) for kind, age in seen.ages)
    if any(age is None or age > patience for _, age in seen.ages):
        finding = f"telemetry does not arrive, or no more: {'; '.join(told)}"
        return Finding(step, layer, Standing.BROKEN, finding, (f"looked for it at {seen.sink}",))
    if wrong := [_dating(kind, ahead) for kind, ahead in seen.ahead if abs(ahead) > patience]:
        finding = f"{'; '.join(wrong)}: is the clock of the service right?"
        return Finding(step, layer, Standing.LATENT, finding, (f"looked for it at {seen.sink}",))
    return Finding(step, layer, Standing.WELL, "; ".join(told))


def alert_rules(silent: Sequence[Silent], arrived: ArrivedSeen, *, rules: int, unjudged: int) -> Finding:
    """Judge the alert rules: whether there is anything that they could notice.

    Args:
        silent: those that have nothing to judge, and what they miss.
        arrived: what has arrived.
        rules: how many were held against it.
        unjudged: how many could not be, for they read log lines where none are kept.
    """
    step, layer = RULES_STEP
    if arrived.trouble:
        return Finding(step, layer, Standing.UNKNOWN, arrived.trouble)
    if silent:
        (name, lacks), *more = silent
        also = f", and {len(more)} more of {rules} rules have none" if more else ""
        finding = f"{name} has no data: nothing called {', '.join(lacks)} arrived{also}"
        evidence = [f"{rule} reads {', '.join(names)}, which never arrived" for rule, names in silent]
        return Finding(step, layer, Standing.LATENT, finding, (*evidence, *_to_do(arrived)))
    aside = f"{unjudged} read log lines, which {arrived.sink} does not keep" if unjudged else ""
    if not rules:
        return Finding(step, layer, Standing.UNKNOWN, f"all alert rules were left aside: {aside}")
    finding = f"what is read by {_rules(rules)} arrives"
    return Finding(step, layer, Standing.WELL, f"{finding}; {aside}" if aside else finding)


def _rules(count: int) -> str:
    return "1 alert rule" if count == 1 else f"{count} alert rules"


def _to_do(arrived: ArrivedSeen) -> Iterator[str]:
    if arrived.metrics:
        yield f"what arrives is called {', '.join(sorted(arrived.metrics))}"
    yield f"looked for it at {arrived.sink}: have the service send it, or the rule read what it sends"


def pager(drills: Sequence[Drill], replies: Sequence[tuple[str, ReplySeen]], *, paged: str | None) -> Finding:
    """Judge the way from an alert to somebody who hears of it.

    Args:
        drills: what came of each rule on paper.
        replies: what receivers answered to a page.
        paged: the rule that somebody was paged for; empty when nobody could be, None when nobody was to be.
    """
    step, layer = PAGE_STEP
    heard = [each for each in drills if each.told]
    unheard = [f"{each.rule}: {each.missing}" for each in drills if each.went_off and not each.told]
    lost = [f"{receiver}: {_said(reply)}" for receiver, reply in replies if not reply.ok]
    receivers = ", ".join(dict.fromkeys(each.receiver for drill in heard for each in drill.told))
    if lost:
        finding = f"a page for {paged} did not reach {lost[0]}"
        return Finding(step, layer, Standing.LATENT, finding, (*lost, *unheard))
    if unheard:
        return Finding(step, layer, Standing.LATENT, f"nobody is paged for {unheard[0]}", tuple(unheard))
    if not heard:
        asleep = tuple(f"{each.rule}: {each.missing}" for each in drills)
        return Finding(step, layer, Standing.UNKNOWN, "no rule could be made to go off, so nothing was tried", asleep)
    if paged is None:
        finding = f"{receivers} would hear of {_rules(len(heard))}: nothing was sent without --with-page"
        return Finding(step, layer, Standing.WELL, finding)
    if not paged:
        finding = f"nobody was paged: {receivers} has no webhook, and nothing else can be tried from here"
        return Finding(step, layer, Standing.UNKNOWN, finding)
    took = ", ".join(dict.fromkeys(receiver for receiver, _ in replies))
    return Finding(step, layer, Standing.WELL, f"{took} took a page for {paged}")


def _age(kind: str, age: timedelta | None) -> str:
    return f"no {kind} have arrived" if age is None else f"the newest {kind} are {spoken(age)} old"


def _dating(kind: str, ahead: timedelta) -> str:
    return f"the newest {kind} are dated {spoken(abs(ahead))} too {'late' if ahead > timedelta() else 'early'}"


def _aliases(seen: NameSeen) -> tuple[str, ...]:
    chain = pairwise((seen.name, *seen.aliases))
    return tuple(f"{name} is another name for {target}" for name, target in chain)


def _against(seen: TlsSeen, *, host: str) -> str:
    match seen.code:
        case 0:
            return "the address does not speak TLS as we do"
        case code if code == _EXPIRED and seen.ends:
            return f"the certificate has expired on {seen.ends:%Y-%m-%d}"
        case code if code == _NOT_YET_VALID and seen.begins:
            return f"the certificate is not valid before {seen.begins:%Y-%m-%d}"
        case code if code in {_WRONG_NAME, _WRONG_ADDRESS}:
            return f"the certificate is for {', '.join(seen.names) or 'nobody'}, and not for {host}"
        case _:
            return f"the certificate was signed by {seen.issuer or 'somebody'}, whom nobody here trusts"


def _certificate(seen: TlsSeen) -> tuple[str, ...]:
    if seen.ends is None:
        return ()
    return (f"certificate for {', '.join(seen.names)}, signed by {seen.issuer}, until {seen.ends:%Y-%m-%d %H:%M} UTC",)


def _days(left: timedelta) -> str:
    return f"{left.days} days" if left >= timedelta(days=2) else spoken(left)


def _said(reply: ReplySeen) -> str:
    if reply.trouble:
        return reply.trouble
    message = reply.member("message")
    return f"{reply.status}: {message}" if isinstance(message, str) else str(reply.status)


def _asked(reply: ReplySeen) -> tuple[str, ...]:
    return (f"{reply.asked}: {reply.trouble or reply.status}",)


def _reply(reply: ReplySeen) -> tuple[str, ...]:
    if reply.trouble:
        return _asked(reply)
    text = _SECRET.sub(r"\1***", reply.text)
    return (f"{reply.asked}: {reply.status} {text}".rstrip(),)
