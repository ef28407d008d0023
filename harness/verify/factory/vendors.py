"""The contract of everything around orders: documentation, the vendor's own account, and chaos from begin to end."""

from __future__ import annotations

import re
from functools import partial
from urllib.parse import urlsplit

from harness.durations import spoken
from harness.verify.factory.conversation import Answer, Ask, Case, ContractBroken, NotSeen, Talk, Terms
from harness.verify.factory.orders import ordering, pizza_of
from harness.verify.factory.pizzas import KEY_SET, verified

RESOLVED = {"message": "Problem resolved. Pizza is back on the menu!"}
UNRESOLVED = {"message": "Problem unresolved"}
NO_CHAOS = {"message": "No chaos currently executing"}

WRONG_CODE = "00000000"
"""Fix codes are drawn from 36 letters and digits; this one comes up once in 2.8 million million times."""

_REPORT_PATH = re.compile(r"/api/support/[^/]+/report/[^/]+")


def report_path(answer: Answer) -> str:
    """Give the path of the reportUrl in an answer, which leads to the factory that was asked; empty without one.

    The real factory's link is https without its port, so only its path can be followed everywhere.
    """
    url = answer.body.get("reportUrl") if isinstance(answer.body, dict) else None
    path = urlsplit(url).path if isinstance(url, str) else ""
    return path if _REPORT_PATH.fullmatch(path) else ""


def _documented(_: Terms) -> Talk:
    answer = yield Ask("GET", "/api/docs")
    docs = answer.must_be(200)
    answer.must(isinstance(docs.get("version"), str), "the documentation must tell a version")
    listed = docs.get("endpoints")
    answer.must(isinstance(listed, list) and listed, "the documentation must list endpoints")
    paths = {(each.get("method"), each.get("path")) for each in listed or () if isinstance(each, dict)}
    for wanted in (("POST", "/api/order"), ("POST", "/api/order/verify"), ("GET", "/.well-known/jwks.json")):
        answer.must(wanted in paths, f"the documentation must list {' '.join(wanted)}")


def _unknown_path(_: Terms) -> Talk:
    answer = yield Ask("GET", "/api/pineapple")
    answer.must_be(404, {"message": "unknown endpoint"})


def _own_account(terms: Terms) -> Talk:
    answer = yield Ask("GET", "/api/vendor", key=terms.vendor_key)
    vendor = answer.must_be(200)
    answer.must(vendor.get("apiKey") == terms.vendor_key, "a vendor must see its own key")
    answer.must("vendor" in vendor.get("roles", ()), "a vendor must have the role of one")
    exists = yield Ask("GET", f"/api/vendor/{vendor.get('id')}")
    exists.must_be(200, {"exists": True})


def _foreign_account(terms: Terms) -> Talk:
    for key in ("", f"not-{terms.vendor_key}"):
        answer = yield Ask("GET", "/api/vendor", key=key)
        answer.must_be(401, {"message": "invalid authentication"})


def _unknown_chaos(terms: Terms) -> Talk:
    answer = yield Ask("PUT", "/api/vendor/chaos/pineapple", key=terms.vendor_key)
    answer.must_be(400, {"message": "Invalid chaos type"})


def _chaos(mode: str, terms: Terms) -> Talk:
    began = yield Ask("PUT", f"/api/vendor/chaos/{mode}", key=terms.vendor_key)
    began.must_be(200, {"message": "Chaos initiated"})
    account = yield Ask("GET", "/api/vendor", key=terms.vendor_key)
    chaos = account.must_be(200).get("chaos")
    account.must(isinstance(chaos, dict) and chaos.get("type") == mode, f"a vendor must see that its chaos is {mode}")
    account.must("fixCode" not in (chaos or {}), "a vendor must not be told the fixCode without an order")
    order = yield ordering(terms)
    path = report_path(order)
    if order.status == 200 and not path and "reportUrl" not in (order.body or {}):
        raise NotSeen(f"chaos {mode} begins at {(chaos or {}).get('startDate')}: no order is hurt before, nor healed")
    order.must(path, "an order in chaos must be answered with a reportUrl of /api/support/KEY/report/CODE")
    if mode == "fail":
        order.must(order.status == 500, "an order must fail with 500 in this chaos")
        order.must(order.must_be(500).get("message") == "chaos monkey", "and with the message 'chaos monkey'")
    else:
        _delivered(mode, order, terms, keys=(yield KEY_SET))
    wrong = yield Ask("GET", f"{path.rpartition('/')[0]}/{WRONG_CODE}")
    wrong.must_be(400, UNRESOLVED)
    right = yield Ask("GET", path)
    right.must_be(200, RESOLVED)
    again = yield Ask("GET", path)
    again.must_be(200, NO_CHAOS)
    pizza_of((yield ordering(terms)))


def _delivered(mode: str, order: Answer, terms: Terms, *, keys: Answer) -> None:
    token = order.must_be(200).get("jwt")
    order.must(isinstance(token, str), "an order in this chaos must be answered with a jwt")
    if mode == "throttle":
        verified(str(token), keys)
        order.must(order.took > terms.budget, f"a throttled order must take longer than {spoken(terms.budget)}")
        order.must(order.took <= terms.patience, f"a throttled order must be done within {spoken(terms.patience)}")
        return
    try:
        verified(str(token), keys)
    except ContractBroken:
        return
    raise ContractBroken(f"{order.asked}: a bad pizza must not be signed by the factory's key; it answered {order}")


CASES = (
    Case("documentation lists the endpoints", "vendors", _documented),
    Case("unknown endpoint is refused", "vendors", _unknown_path),
    Case("vendor sees its own account", "vendors", _own_account),
    Case("account needs its key", "vendors", _foreign_account),
    Case("unknown chaos is refused", "vendors", _unknown_chaos),
)

CHAOS_CASES = tuple(
    Case(f"chaos {mode} begins, is reported and ends", "chaos", partial(_chaos, mode))
    for mode in ("fail", "badjwt", "throttle")
)
